"""Whose is the DOI that stands at DataCite already? Nothing of somebody else's, or of a person's, is overwritten."""

from __future__ import annotations

from dataclasses import replace

from doitui_core import ledger, reservations, states
from doitui_core.datacite.answer import Answer
from doitui_core.desk import Desk
from doitui_core.endings import Change
from doitui_core.models import Doi
from doitui_core.outcomes import Kind, Outcome
from doitui_core.states import Facts, Remote


def refusal(row: Doi, found: Answer, desk: Desk, *, but: int = 0) -> Outcome | None:
    """Why a DOI that exists is not written to; None when an attempt of ours, other than `but`, may have made it."""
    account = desk.client.account
    if found.status == 404 or found.owner != account.lower():
        message = (
            f"{row.doi} belongs to another account than {account}; nothing was changed: give the record another DOI"
        )
        return Outcome(Kind.PERMANENT, "foreign", message, 422)
    if not ledger.stands_behind(row.id, but=but):
        message = (
            f"{row.doi} exists in account {account} ({found.state}) and was never sent from here; nothing was changed:"
            f" `doitui doi adopt {row.doi}` takes it over, then mint again"
        )
        return Outcome(Kind.PERMANENT, "exists", message, 422)
    return None


def for_ever(row: Doi, remote: Remote) -> Change:
    """The draft to be deleted is none: somebody registered it, and that is for ever. What is there is wanted again,
    unless the record has another DOI by now.
    """

    def change(facts: Facts) -> Facts:
        other = row.record is not None and reservations.of_record(row.record) is not None
        wanted = facts.wanted if other else states.PRESENT.get(remote, facts.wanted)
        return replace(states.answered(facts, remote), wanted=wanted)

    return change

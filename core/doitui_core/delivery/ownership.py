"""Who made the DOI that exists at DataCite: what we did not send is never overwritten."""

from __future__ import annotations

from dataclasses import replace

from doitui_core.db.models import Doi
from doitui_core.delivery.finishing import Change
from doitui_core.dois import doi_rows, reservations, restored_dois
from doitui_core.domain import states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import Facts, Remote
from doitui_core.queue.connection import Connection


def refusal(row: Doi, found: Answer, connection: Connection, *, excluding: int = 0) -> Outcome | None:
    """Why a DOI that exists is not written to; None when an attempt of ours, other than `excluding`, may have made it,
    or one of a database that a backup has replaced.
    """
    account = connection.client.account
    if found.status == 404 or found.owner != account.lower():
        message = (
            f"{row.doi} belongs to another account than {account}; nothing was changed: give the record another DOI"
        )
        return Outcome(OutcomeKind.PERMANENT, "foreign", message, 422)
    # A database that a backup has replaced may have sent it: for this record, so it leads to the same page.
    lost = found.attributes.get("url") == row.url and restored_dois.made_by_lost_database(found.time("created"))
    if not lost and not doi_rows.may_be_ours(row.id, excluding=excluding):
        message = (
            f"{row.doi} exists in account {account} ({found.state}) and was never sent from here; nothing was changed:"
            f" `doitui doi adopt {row.doi}` takes it over, then mint again"
        )
        return Outcome(OutcomeKind.PERMANENT, "exists", message, 422)
    return None


def keep_registered(row: Doi, remote: Remote) -> Change:
    """The draft to be deleted was registered by somebody, which is permanent: its state becomes the target again,
    unless the record has another DOI by now.
    """

    def change(facts: Facts) -> Facts:
        other = row.record is not None and reservations.for_record(row.record) is not None
        wanted = facts.wanted if other else states.PRESENT.get(remote, facts.wanted)
        return replace(states.answered(facts, remote), wanted=wanted)

    return change

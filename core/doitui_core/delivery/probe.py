"""Find out what became of the last write of a DOI before anything else is sent.

GET by DOI reads DataCite's database, not its index, so absent means absent (datacite-api 1.2).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from doitui_core.db import fields
from doitui_core.db.models import Doi, Payload
from doitui_core.delivery import finishing
from doitui_core.dois import doi_rows
from doitui_core.domain import states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Facts, Remote, Wanted
from doitui_core.metadata import compare
from doitui_core.queue import jobs
from doitui_core.queue.connection import LOST, Connection
from doitui_core.queue.leases import Lease


def probe(lease: Lease, connection: Connection, row: Doi) -> Outcome | None:
    """Ask DataCite, and settle what was uncertain. None: settled, and something is left to send."""
    answer = connection.ask(row.doi)
    if isinstance(answer, Outcome):
        return _still_uncertain(lease, connection, answer)
    if answer.status == 200 and answer.owner != connection.client.account.lower():
        message = f"{row.doi} belongs to another account than {connection.client.account}; nothing more is sent"
        foreign = Outcome(OutcomeKind.PERMANENT, "foreign", message, answer.status)
        return finishing.finish(
            lease, connection, foreign, lambda facts: states.answered(facts, facts.remote), settles="foreign"
        )
    remote = Remote(answer.state) if answer.status == 200 else Remote.NONE
    facts = doi_rows.facts(row)
    same = remote is not Remote.NONE and as_sent(row, answer)
    columns: dict[str, Any] = {"confirmed_hash": row.sent_hash} if same else {}

    def settled(facts: Facts) -> Facts:
        return states.answered(facts, remote)

    # A tombstone is one by its state: hiding sends no metadata.
    arrived = same or facts.wanted is Wanted.TOMBSTONE
    if arrived and remote is TARGET.get(facts.wanted):
        found = Outcome(OutcomeKind.DONE, http_status=answer.status)
        return finishing.finish(lease, connection, found, settled, action="probe", settles=remote, **columns)
    return None if finishing.save_progress(lease, settled, action="probe", settles=remote, **columns) else LOST


def as_sent(row: Doi, answer: Answer) -> bool:
    """Whether DataCite has what was sent last. False if unknown: sending again is harmless."""
    payload = Payload.get_or_none(Payload.fingerprint == row.sent_hash)
    if payload is None:
        return row.sent_hash == ""
    sent = json.loads(fields.unpack_text(payload.body))
    if answer.state == Remote.DRAFT and not answer.attributes.get("url"):
        # A draft made through MDS has no address yet: it comes with publishing.
        sent.pop("url", None)
    return not compare.differences(sent, answer.attributes)


def _still_uncertain(lease: Lease, connection: Connection, outcome: Outcome) -> Outcome:
    """The probe failed: the DOI stays uncertain and the job probes again, without limit."""
    wait = jobs.delay(lease.attempts, connection.policy).total_seconds() if outcome.wait is None else outcome.wait
    wait = min(wait, jobs.LONGEST_PROBE_WAIT.total_seconds())
    kind = outcome.kind if outcome.kind in jobs.GIVEN_BACK else OutcomeKind.AMBIGUOUS
    return finishing.finish(lease, connection, replace(outcome, kind=kind, wait=wait), states.timed_out)

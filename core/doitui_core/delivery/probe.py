"""Find out what became of the last write of a DOI before anything else is sent.

GET by DOI reads DataCite's database, not its index, so absent means absent (datacite-api 1.2).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from doitui_core.db import fields
from doitui_core.db.models import Doi, Payload
from doitui_core.delivery.finishing import WriteJob, answered
from doitui_core.domain import states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Remote, Wanted
from doitui_core.metadata import build, compare
from doitui_core.queue import jobs
from doitui_core.queue.connection import LOST


def probe(job: WriteJob) -> Outcome | None:
    """Ask DataCite, and settle what was uncertain. None: settled, and something is left to send."""
    row, account = job.row, job.connection.client.account
    answer = job.connection.ask(row.doi)
    if isinstance(answer, Outcome):
        return still_uncertain(job, answer)
    if answer.status == 200 and answer.owner != account.lower():
        return finish_foreign(job, answer)
    remote, wanted = answer.remote, Wanted(row.wanted)
    same = remote is not Remote.NONE and as_sent(row, answer)
    details: dict[str, Any] = {"action": "probe", "settles": remote} | (
        {"confirmed_hash": row.sent_hash} if same else {}
    )
    # A tombstone is one by its state: hiding sends no metadata.
    arrived = same or wanted is Wanted.TOMBSTONE
    if arrived and remote is TARGET.get(wanted):
        return job.finish(Outcome(OutcomeKind.DONE, http_status=answer.status), answered(remote), **details)
    return None if job.save_progress(answered(remote), **details) else LOST


def as_sent(row: Doi, answer: Answer) -> bool:
    """Whether DataCite has what was sent last. False if unknown: sending again is harmless."""
    payload = Payload.get_or_none(Payload.fingerprint == row.sent_hash)
    if payload is None:
        return row.sent_hash == ""
    # A later PUT of the same content, which had blocks to clear, has the payload of the POST that had none.
    sent = build.whole(json.loads(fields.unpack_text(payload.body)))
    if answer.state == Remote.DRAFT and not answer.attributes.get("url"):
        # A draft made through MDS has no address yet: it comes with publishing.
        sent.pop("url", None)
    return not compare.differences(sent, answer.attributes)


def finish_foreign(job: WriteJob, answer: Answer) -> Outcome:
    """The DOI is another account's: nothing more is sent."""
    message = f"{job.row.doi} belongs to another account than {job.connection.client.account}; nothing more is sent"
    foreign = Outcome(OutcomeKind.PERMANENT, "foreign", message, answer.status)
    return job.finish(foreign, lambda facts: states.answered(facts, facts.remote), settles="foreign")


def still_uncertain(job: WriteJob, outcome: Outcome) -> Outcome:
    """The probe failed: the DOI stays uncertain and the job probes again, without limit."""
    policy = job.connection.policy
    wait = jobs.delay(job.lease.attempts, policy).total_seconds() if outcome.wait is None else outcome.wait
    wait = min(wait, jobs.LONGEST_PROBE_WAIT.total_seconds())
    kind = outcome.kind if outcome.kind in jobs.GIVEN_BACK else OutcomeKind.AMBIGUOUS
    return job.finish(replace(outcome, kind=kind, wait=wait), states.timed_out)

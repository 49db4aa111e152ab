"""What the page of one DOI shows, read together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peewee

from doitui_core.clock import iso
from doitui_core.db import database, fields
from doitui_core.db.models import Attempt, Doi, DoiLog, Event, Job, Payload
from doitui_core.domain import strict_json
from doitui_core.domain.job_kinds import JobKind
from doitui_core.metadata import build
from doitui_core.queue import jobs
from doitui_core.queue.jobs import IS_UNSETTLED
from doitui_core.views import doi_fundings, lists, pulled, rows
from doitui_core.views.doi_fundings import FundingRow
from doitui_core.views.pulled import Citation
from doitui_core.views.rows import DoiRow, EventRow, JobRow

_KINDS = [str(kind) for kind in (JobKind.WRITE, JobKind.VERIFY, JobKind.RECHECK)]

#: The most jobs on the page; each DOI has a handful.
JOBS = 30

#: The most events on the page: a collection may have thousands of related identifiers.
EVENTS = 200

#: A line of the log or a request, as `doi history --json` has it.
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DoiPage:
    """`log` and `attempts` oldest first, as `history`; `jobs` and `events` newest first.

    `events_more`: whether it has more events than are listed. `cited_by`: who cites it, newest first. `metadata`,
    `published`: the record's, None without one.
    """

    row: DoiRow
    log: list[Entry]
    attempts: list[Entry]
    jobs: list[JobRow]
    events: list[EventRow]
    events_more: bool
    cited_by: list[Citation]
    metadata: Any
    published: bool | None
    fundings: list[FundingRow]


def load(doi_id: int) -> DoiPage:
    """The page of that DOI. One consistent view."""
    with database.read():
        row: Doi = Doi.get_by_id(doi_id)
        log, attempts = history(row).values()
        metadata = strict_json.tolerant_loads(row.record.metadata) if row.record else None
        newest = Event.select(Event.id).where(Event.doi == doi_id).order_by(Event.id.desc()).limit(EVENTS + 1)
        events = rows.events(Event.id.in_(newest), [Event.id.desc()])
        return DoiPage(
            row=lists.doi(doi_id),
            log=log,
            attempts=attempts,
            jobs=_jobs(doi_id, attempts),
            events=events[:EVENTS],
            events_more=len(events) > EVENTS,
            cited_by=pulled.citations(doi_id),
            metadata=metadata,
            published=bool(row.record.published) if row.record else None,
            fundings=doi_fundings.load(row, metadata, attempts),
        )


def _jobs(doi_id: int, attempts: list[Entry]) -> list[JobRow]:
    """Jobs that sent something for the DOI, and those that are unsettled, newest first. Found by an index each: there
    is none for all jobs of a DOI.
    """
    unsettled: Any = Job.select(Job.id).where(Job.subject_id == doi_id, Job.kind.in_(_KINDS), IS_UNSETTLED).tuples()
    found = {attempt["job_id"] for attempt in attempts} | {number for (number,) in unsettled}
    return rows.jobs(Job.id.in_(sorted(found, reverse=True)[:JOBS]), [Job.id.desc()])


def doi_for_job(job_id: int) -> int:
    """The id of the DOI a job is for. Raises `NotFound`."""
    return int(jobs.find(job_id).subject_id)


_LOG = ("actor", "action", "from_status", "to_status", "http_status", "cause", "detail")

_ATTEMPT = ("id", "job_id", "worker", "method", "target", "event", "http_status", "outcome", "cause", "response")


def history(row: Doi) -> dict[str, list[Entry]]:
    """All that ever happened to a DOI, oldest first: `log` (transitions), `attempts` (requests; `sent` is a JSON
    document, a text, or None).
    """
    log = [
        {"at": iso(entry.at)} | {name: getattr(entry, name) for name in _LOG}
        for entry in DoiLog.select().where(DoiLog.doi == row.id).order_by(DoiLog.id)
    ]
    attempts = [
        {name: getattr(attempt, name) for name in _ATTEMPT}
        | {"sent_at": iso(attempt.sent_at), "finished_at": iso(attempt.finished_at), "sent": _sent(attempt)}
        for attempt in _attempts(row).objects(Attempt)
    ]
    return {"log": log, "attempts": attempts}


def _attempts(row: Doi) -> Any:
    with_payload = Attempt.select(Attempt, Payload.body.alias("body"))
    joined = with_payload.join(Payload, peewee.JOIN.LEFT_OUTER, on=Attempt.fingerprint == Payload.fingerprint)
    return joined.where(Attempt.doi == row.id).order_by(Attempt.id)


def _sent(attempt: Any) -> Any:
    """What was sent: a REST document as JSON, what MDS got (XML, lines) as text.

    A POST and a PUT of one document share one payload, and differ in the empty blocks.
    """
    text = fields.unpack_text(attempt.body) if attempt.body else ""
    if not text.startswith("{"):
        return text or None
    sent = strict_json.tolerant_loads(text)
    if "schemaVersion" not in sent:
        return sent
    return build.filled(sent) if attempt.method == "POST" else build.whole(sent)

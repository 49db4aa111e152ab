"""Pages of DOIs, jobs and records, newest first, read by key: the last page costs what the first one does.

Every row is a dict that can be printed as JSON; `next` is the key of the page after, None on the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from doitui_core.clock import iso, micros
from doitui_core.config import repositories
from doitui_core.db import paging, payload_codec
from doitui_core.db.models import IS_KEPT, Attempt, Doi, DoiLog, Event, Job, Payload, Record, Repository
from doitui_core.db.paging import PAGE, ListPage, Row
from doitui_core.dois import doi_rows
from doitui_core.domain import doi_spelling, states, strict_json
from doitui_core.domain.job_kinds import OPEN, JobKind, JobStatus, Service
from doitui_core.domain.states import DoiStatus, Mark, Verification
from doitui_core.errors import BadInput
from doitui_core.queue import jobs as queue_jobs
from doitui_core.queue.jobs import IS_UNSETTLED, as_literals
from doitui_core.views import text_search

_OPEN = [str(status) for status in OPEN]

#: As in the index `doi_unregistered`.
_UNREGISTERED = ("unknown", "none", "draft")


def _with_write(statuses: Sequence[JobStatus]) -> Any:
    """The DOIs whose write job is in one of these statuses. The service is for the index `job_by_status`."""
    of_writing = (Job.lane == str(JobKind.WRITE.service)) & (Job.kind == str(JobKind.WRITE))
    return Job.select(Job.subject_id).where(of_writing, Job.status.in_(as_literals(statuses)))


#: As in the index `record_unpublished`.
_UNPUBLISHED = Record.published == peewee.SQL("0")

#: OPUS's words for DOIs: `opus:registered` is its word, `registered` alone is DataCite's.
OPUS: dict[str, Any] = {
    "unregistered": Doi.remote.in_(as_literals(_UNREGISTERED)),
    "registered": Doi.remote.in_(states.MINTED) & (Doi.verification != str(Verification.VERIFIED)),
    "verified": (Doi.verification == str(Verification.VERIFIED)) & Doi.remote.in_(states.MINTED),
    "unpublished": Doi.id.in_(text_search.dois_of_records(_UNPUBLISHED)),
}

#: What `--state` takes besides the statuses: marks, checks, and OPUS's words.
FILTERS: dict[str, Any] = {
    Mark.FAILED: Doi.id.in_(_with_write([JobStatus.FAILED])),
    Mark.PENDING: Doi.id.in_(_with_write(OPEN)),
    Mark.UNCERTAIN: Doi.certainty == "uncertain",
    Mark.CHANGED: Doi.changed == True,  # noqa: E712
    "unregistered": OPUS["unregistered"],
    "verified": OPUS["verified"],
    "mismatch": Doi.verification == str(Verification.MISMATCH),
    **{f"opus:{word}": condition for word, condition in OPUS.items()},
}

STATES = (*map(str, DoiStatus), *map(str, FILTERS))


def dois(*, state: str = "", repository: str = "", text: str = "", limit: int = PAGE, after: str = "") -> ListPage:
    """DOIs, newest mint first. `state`: one of `STATES`; `text`: part of DOI, object id or title.

    `limit` 0: all. Raises `BadInput` for a state or key that is none, `NotFound` for a repository.
    """
    walk, text = Doi.select(Doi.id), doi_spelling.bare(text)
    if state:
        walk = walk.where(_state(state))
    if repository:
        walk = walk.where(Doi.repository == repositories.find(repository).id)
    if after:
        minted, number = paging.parse_key(after, 2)
        walk = walk.where(peewee.Tuple(Doi.minted_at, Doi.id) < peewee.Tuple(minted, number))
    order = (Doi.minted_at.desc(), Doi.id.desc())
    ids: Any = walk.order_by(*order).limit(limit + 1) if limit else walk
    query = _dois()
    if text and limit:
        holding = Doi.select(Doi.id).join(Record, peewee.JOIN.LEFT_OUTER).switch(Doi).where(text_search.in_doi(text))
        far = walk.where(text_search.in_doi_anywhere(text))
        ids = text_search.first_matching(walk, holding, far, order, limit + 1)
    elif text:
        query = query.where(text_search.in_doi(text))
    found = list(query.where(Doi.id.in_(ids)).order_by(*order).objects(Doi))
    rows, following = paging.cut_page(found, limit, lambda row: f"{micros(row.minted_at)}-{row.id}")
    return ListPage([doi_row(row) for row in rows], following)


def _state(state: str) -> Any:
    if state in STATES:
        return FILTERS.get(state, Doi.status == state)
    raise BadInput(f'Unknown state "{state}". Use: {", ".join(STATES)}')


def _dois() -> Any:
    unsettled = (Job.subject_id == Doi.id) & (Job.kind == str(JobKind.WRITE)) & IS_UNSETTLED
    return (
        Doi.select(
            Doi,
            Record.object_id.alias("object_id"),
            Record.title.alias("title"),
            Repository.code.alias("code"),
            Job.status.alias("job_status"),
        )
        .join(Repository, on=Doi.repository == Repository.id)
        .switch(Doi)
        .join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id)
        .switch(Doi)
        .join(Job, peewee.JOIN.LEFT_OUTER, on=unsettled)
    )


def doi(row_id: int) -> Row:
    """One DOI, as the list has it, with what only its own page shows."""
    row = _dois().where(Doi.id == row_id).objects(Doi).get()
    more = ("reason", "successor", "cause", "last_error", "current_hash", "sent_hash", "confirmed_hash")
    checks = ("api_check", "resolver_check", "unreachable")
    times = {name: iso(getattr(row, name)) for name in ("api_checked_at", "resolver_checked_at")}
    told = {name: getattr(row, name) for name in (*more, *checks)}
    return doi_row(row) | told | times


def doi_row(row: Any) -> Row:
    """The shape of `doi list --json`."""
    return {
        "doi": row.doi,
        "object_id": row.object_id,
        "repository": row.code,
        "status": row.status,
        "marks": marks(row),
        "wanted": row.wanted,
        "remote": row.remote,
        "certainty": row.certainty,
        "verification": row.verification,
        "opus": states.opus(doi_rows.facts(row)),
        "url": row.url,
        "title": row.title,
        "created_at": iso(row.created_at),
        "minted_at": iso(row.minted_at),
        "updated_at": iso(row.updated_at),
    }


def marks(row: Any) -> list[str]:
    """What stands beside the status, in the order of `Mark`."""
    stands = {
        Mark.FAILED: row.job_status == JobStatus.FAILED,
        Mark.UNCERTAIN: row.certainty == "uncertain",
        Mark.CHANGED: row.changed,
        Mark.PENDING: row.job_status in _OPEN,
    }
    return [str(mark) for mark in Mark if stands[mark]]


def jobs(*, status: str = "", service: Service = Service.DOIS, limit: int = PAGE, after: str = "") -> ListPage:
    """Jobs of a service, newest first. Raises `BadInput` for a status or key that is none."""
    if status and status not in list(JobStatus):
        raise BadInput(f'Unknown status "{status}". Use: {", ".join(JobStatus)}')
    ids = Job.select(Job.id).where(Job.lane == str(service))
    if status:
        ids = ids.where(Job.status == status)
    if after:
        ids = ids.where(Job.id < paging.parse_key(after, 1)[0])
    ids = ids.order_by(Job.id.desc())
    # The ids first: with joins and an order in one query, SQLite sorts the whole table for a page.
    query = _jobs(service).where(Job.id.in_(ids.limit(limit + 1) if limit else ids)).order_by(Job.id.desc())
    found = list(query.objects(Job))
    rows, following = paging.cut_page(found, limit, lambda row: str(row.id))
    return ListPage([job_row(row) for row in rows], following)


def job(job_id: int) -> Row:
    """One job, as the list has it, with what only its own page shows. Raises `NotFound`."""
    service = Service(queue_jobs.find(job_id).lane)
    row = _jobs(service).where(Job.id == job_id).objects(Job).get()
    more = {"kind": row.kind, "repository": row.code, "worker": row.worker, "actor": row.actor}
    times = {name: iso(getattr(row, name)) for name in ("created_at", "lease_until", "finished_at")}
    return job_row(row) | more | times


def _jobs(service: Service) -> Any:
    query = Job.select(
        Job,
        Doi.doi.alias("doi"),
        Record.object_id.alias("object_id"),
        Record.title.alias("title"),
        Repository.code.alias("code"),
    ).join(Repository, on=Job.repository == Repository.id)
    if service is Service.EVENTS:
        query = query.switch(Job).join(Event, on=Job.subject_id == Event.id).join(Doi, on=Event.doi == Doi.id)
    else:
        # A usage report is about many DOIs.
        about = (Job.subject_id == Doi.id) & (Job.lane == str(Service.DOIS))
        query = query.switch(Job).join(Doi, peewee.JOIN.LEFT_OUTER, on=about)
    return query.join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id)


def job_row(row: Any) -> Row:
    """The shape of `queue list --json`."""
    return {
        "id": row.id,
        "doi": row.doi,
        "object_id": row.object_id,
        "title": row.title,
        "action": row.action,
        "status": row.status,
        "attempts": row.attempts,
        "max_attempts": row.max_attempts,
        "scheduled_at": iso(row.scheduled_at),
        "last_error": row.last_error,
        "cause": row.cause,
    }


def records(*, repository: str = "", limit: int = PAGE, after: str = "") -> ListPage:
    """Records with their DOIs, newest first. Raises `BadInput` for a key that is none."""
    query = records_with_dois()
    if repository:
        query = query.where(Record.repository == repositories.find(repository).id)
    if after:
        query = query.where(Record.id < paging.parse_key(after, 1)[0])
    query = query.order_by(Record.id.desc())
    found = list((query.limit(limit + 1) if limit else query).objects(Record))
    rows, following = paging.cut_page(found, limit, lambda row: str(row.id))
    return ListPage([record_row(row) for row in rows], following)


def record(record_id: int) -> Row:
    """One record, as the list has it, with its owner and its metadata."""
    row = records_with_dois().where(Record.id == record_id).objects(Record).get()
    owner = {"owner_name": row.owner_name, "owner_email": row.owner_email}
    return record_row(row) | owner | {"metadata": strict_json.tolerant_loads(row.metadata)}


def records_with_dois() -> Any:
    """All records, each with what stands beside it."""
    return (
        Record.select(Record, Repository.code.alias("code"), Doi.doi.alias("doi"), Doi.status.alias("status"))
        .join(Repository, on=Record.repository == Repository.id)
        .switch(Record)
        .join(Doi, peewee.JOIN.LEFT_OUTER, on=(Doi.record == Record.id) & IS_KEPT)
    )


def record_row(row: Any) -> Row:
    """The shape of `record list --json`."""
    return {
        "object_id": row.object_id,
        "repository": row.code,
        "title": row.title,
        "published": row.published,
        "set_by_hand": row.set_by_hand.split(),
        "doi": row.doi,
        "status": row.status,
        "foreign_doi": row.foreign_doi or None,
        "url": row.url,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def history(row: Doi) -> dict[str, list[Row]]:
    """All that ever happened to a DOI, oldest first: `log` (transitions), `attempts` (requests, with what was sent: a
    JSON document, a text, or None).
    """
    log = [
        {"at": iso(entry.at)}
        | {
            name: getattr(entry, name)
            for name in ("actor", "action", "from_status", "to_status", "http_status", "cause", "detail")
        }
        for entry in DoiLog.select().where(DoiLog.doi == row.id).order_by(DoiLog.id)
    ]
    columns = ("id", "job_id", "worker", "method", "target", "event", "http_status", "outcome", "cause", "response")
    attempts = [
        {name: getattr(attempt, name) for name in columns}
        | {"sent_at": iso(attempt.sent_at), "finished_at": iso(attempt.finished_at), "sent": _sent(attempt.body)}
        for attempt in _attempts(row).objects(Attempt)
    ]
    return {"log": log, "attempts": attempts}


def _attempts(row: Doi) -> Any:
    with_payload = Attempt.select(Attempt, Payload.body.alias("body"))
    joined = with_payload.join(Payload, peewee.JOIN.LEFT_OUTER, on=Attempt.fingerprint == Payload.fingerprint)
    return joined.where(Attempt.doi == row.id).order_by(Attempt.id)


def _sent(body: Any) -> Any:
    """What went out: a REST document as JSON, what MDS got (XML, lines) as text."""
    text = payload_codec.unpack(body) if body else ""
    return strict_json.tolerant_loads(text) if text.startswith("{") else text or None

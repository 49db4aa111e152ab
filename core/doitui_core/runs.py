"""Runs over many DOIs for cron, as OPUS 4 has them: register what is unregistered, verify what is registered.

A run queues its work, works until nothing is due any more, and tells what became of each document: in its result, in
the log, and in one mail. One document's failure never stops the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import peewee

from doitui_core import activity, database, dois, ledger, notices, queue, repositories, states, verification, worker
from doitui_core.clock import micros
from doitui_core.errors import DatabaseUnavailable, DoituiError, InvalidMetadata
from doitui_core.models import Doi, Job, Record, Repository
from doitui_core.notices import Line, Run
from doitui_core.outcomes import Outcome
from doitui_core.queue import Kind
from doitui_core.repositories import Config
from doitui_core.states import Wanted

#: DOIs looked at in one transaction.
CHUNK = 200


@dataclass
class Result:
    """`lines`: what became of each document, in the order of its record. `blocked`: why nothing of which repository
    (by code) could be sent.
    """

    lines: list[Line] = field(default_factory=list)
    blocked: dict[str, Outcome] = field(default_factory=dict)

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """OPUS's result object (DoiManagerStatus): document -> {"msg": its DOI or the error, "error": whether}."""
        return {line.object_id: {"msg": line.error or line.doi, "error": bool(line.cause)} for line in self.lines}

    @property
    def failed(self) -> list[Line]:
        return [line for line in self.lines if line.cause]


def register(*, repository: str = "", actor: str = "python", **working: Any) -> Result:
    """Mint every unregistered DOI of ours that a published record has, failed ones included (OPUS registerPending).

    `working`: options of `worker.run`. Raises `NotFound` for a repository.
    """
    result, known, had_failed = Result(), dict[int, str](), set[int]()
    configs: dict[int, Config] = {}
    for row in _chunked(unregistered(repository), Doi.id):
        config = configs.setdefault(row.repository_id, repositories.config(row.repository))
        name = name_of(row, configs, repository)
        if row.cause:
            had_failed.add(row.id)
        assert row.record is not None, "the published record it was found by"
        try:
            dois.request(row.record, Wanted.FINDABLE, actor=actor, config=config)
            known[row.id] = name
        except DatabaseUnavailable:  # it would be the same with all that follow
            raise
        except DoituiError as error:
            cause = "metadata" if isinstance(error, InvalidMetadata) else getattr(error, "cause", "") or "refused"
            if not isinstance(error, InvalidMetadata):  # told already
                activity.not_registered(row.doi, name, str(error))
            result.lines.append(Line(row.doi, row.url, _status(row), cause, str(error), object_id=name))
    result.blocked = worker.run(drain=True, **working).blocked if known else {}
    result.lines += ended(known, Kind.WRITE, had_failed)
    done = sum(not line.cause for line in result.lines)
    activity.counted(f"number of successful DOI registrations: {done}")
    _mail("DOI registration", "register", result, repository)
    return result


def verify(delay_hours: int, *, repository: str = "", limit: int = 0, actor: str = "python", **working: Any) -> Result:
    """Verify what `verification.queue_due` finds; 0 hours: every registered DOI. Options and errors as `register`."""
    ids = verification.queue_due(delay_hours, repository=repository, actor=actor, limit=limit)
    result, known, had_failed = Result(), dict[int, str](), set[int]()
    configs: dict[int, Config] = {}
    for begin in range(0, len(ids), CHUNK):
        for row in with_record(Doi.id.in_(ids[begin : begin + CHUNK])):
            configs.setdefault(row.repository_id, repositories.config(row.repository))
            known[row.id] = name_of(row, configs, repository)
            if row.cause or row.verification == states.Verification.MISMATCH:
                had_failed.add(row.id)
    result.blocked = worker.run(drain=True, **working).blocked if known else {}
    result.lines = ended(known, Kind.VERIFY, had_failed)
    _mail("DOI verification", "verify", result, repository)
    return result


def unregistered(repository: str = "") -> peewee.ModelSelect[Doi]:
    """The DOIs that `register` registers. Raises `NotFound`."""
    wishes = [str(wish) for wish in (Wanted.NONE, *states.LADDER)]
    absent = queue.literally(("unknown", "none", "draft"))  # as in the index `doi_unregistered`
    # By a person (`queue.schedule`); what waits for a retry is not.
    put_off = Job.select().where(
        Job.subject_id == Doi.id,
        Job.kind == str(Kind.WRITE),
        Job.status.in_(queue.literally(["pending"])),
        Job.put_off == True,  # noqa: E712
        Job.scheduled_at > database.now(),
    )
    query = with_record(Doi.remote.in_(absent), Doi.wanted.in_(wishes), Record.published == 1, Repository.active == 1)
    query = query.where(~peewee.fn.EXISTS(put_off))
    return query.where(Doi.repository == repositories.find(repository).id) if repository else query


def with_record(*which: Any) -> peewee.ModelSelect[Doi]:
    query = Doi.select(Doi, Repository, Record).join(Repository).switch(Doi)
    return query.join(Record, peewee.JOIN.LEFT_OUTER).where(*which).order_by(Doi.id)


def _chunked(query: peewee.ModelSelect[Doi], key: peewee.Field) -> Iterator[Doi]:
    last = 0
    while chunk := list(query.where(key > last).limit(CHUNK)):
        yield from chunk
        last = chunk[-1].id


def name_of(row: Doi, configs: dict[int, Config], repository: str) -> str:
    """The document as people name it: its object id, with the repository's code where there are several."""
    object_id = row.record.object_id if row.record is not None else row.doi
    return (
        object_id if repository or len(repositories.listed()) == 1 else f"{configs[row.repository_id].code}:{object_id}"
    )


def ended(known: dict[int, str], kind: Kind, had_failed: set[int]) -> list[Line]:
    """What became of the DOIs: of what is not done the job's last error, or that it waits."""
    lines = []
    ids = sorted(known)
    for begin in range(0, len(ids), CHUNK):
        some = ids[begin : begin + CHUNK]
        jobs = _latest(some, kind)
        for row in with_record(Doi.id.in_(some)):
            job = jobs.get(row.id)
            cause, error = _judged(row, job, kind)
            recovered = not cause and row.id in had_failed
            line = Line(row.doi, row.url, _status(row), cause, error, recovered, known[row.id], _waits(job))
            lines.append(line)
    return lines


def _latest(ids: Sequence[int], kind: Kind) -> dict[int, Job]:
    return {
        job.subject_id: job for job in Job.select().where(Job.subject_id.in_(ids), Job.kind == kind).order_by(Job.id)
    }


def _judged(row: Doi, job: Job | None, kind: Kind) -> tuple[str, str]:
    """(cause, error); both empty when all is well."""
    if job is not None and job.status != queue.Status.COMPLETED:
        if not _waits(job):
            return job.cause or str(job.status), job.last_error
        last = job.last_error.removesuffix(notices.THEN_RETRY)
        return job.cause or str(job.status), "; ".join(filter(None, (last, f"{job.status}, is tried again by itself")))
    if kind is Kind.VERIFY and row.verification != states.Verification.VERIFIED:
        return str(row.verification), job.last_error if job is not None else ""
    return "", ""


def _waits(job: Job | None) -> bool:
    """Whether it is tried again by itself."""
    return job is not None and job.status not in (queue.Status.COMPLETED, queue.Status.FAILED, queue.Status.CANCELLED)


def _status(row: Doi) -> str:
    return states.opus(ledger.facts(row))


def _mail(what: str, key: str, result: Result, repository: str) -> None:
    config = repositories.config(repositories.find(repository)) if repository else None
    with database.write():
        notices.digest(Run(what, f"{key}:{micros(database.now())}", result.lines), config)

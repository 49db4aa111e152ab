"""Jobs: enqueue, claim, finish, release, retry, cancel. At least once, fenced; a killed worker loses nothing.

A claim takes a lease and a new token; whoever finishes must still hold it, else another worker has the job and the late
result is dropped. Attempts count at the claim, so a job that kills its worker comes to an end all the same.
Time is `database.now()`, one clock for all hosts. What is due is found by `due_jobs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee

from doitui_core.clock import EPOCH, iso, micros
from doitui_core.db import audit, database, prepared
from doitui_core.db.chunks import Step, in_chunks, paced, to_the_end
from doitui_core.db.models import Job
from doitui_core.domain import cause_groups
from doitui_core.domain.job_kinds import OPEN, UNSETTLED, JobKind, JobStatus, Service
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import NotFound, Refused
from doitui_core.queue import event_progress, leases, retry_causes
from doitui_core.queue.leases import Lease
from doitui_core.text import list_ids


def as_literals(values: Iterable[str]) -> list[peewee.SQL]:
    """`values` as literals: with parameters SQLite cannot tell that a partial index covers the query."""
    return [peewee.SQL(f"'{word}'") for word in values]


#: As in the index `job_unsettled`.
IS_UNSETTLED = Job.status.in_(as_literals(UNSETTLED))

#: What an operator can requeue, and what can be cancelled. A job that may have been sent is never cancelled.
RETRYABLE = (JobStatus.FAILED, JobStatus.BLOCKED)
CANCELLABLE = (JobStatus.PENDING, JobStatus.BLOCKED, JobStatus.FAILED)

#: Where an outcome leads. RETRYABLE becomes FAILED when the attempts are spent.
AFTER = {
    OutcomeKind.DONE: JobStatus.COMPLETED,
    OutcomeKind.RETRYABLE: JobStatus.PENDING,
    OutcomeKind.THROTTLED: JobStatus.PENDING,
    OutcomeKind.AMBIGUOUS: JobStatus.UNCERTAIN,
    OutcomeKind.BLOCKED: JobStatus.BLOCKED,
    OutcomeKind.PERMANENT: JobStatus.FAILED,
}

#: These cost no attempt: nothing was wrong with the job.
GIVEN_BACK = frozenset({OutcomeKind.THROTTLED, OutcomeKind.BLOCKED})

#: The longest a probe waits for the next try. An uncertain job never fails: it is found out.
LONGEST_PROBE_WAIT = timedelta(hours=1)

#: Ids in one statement: PostgreSQL takes 65,535 parameters.
CHUNK = 1_000

STOPPED = "the worker was stopped while it waited for the answer"

#: More than any job ever has.
ANY_ATTEMPTS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a lease of a job is and how it is tried again."""

    lease: timedelta
    backoff: timedelta


def enqueue(
    kind: JobKind,
    subject_id: int,
    repository_id: int,
    *,
    actor: str,
    max_attempts: int,
    action: str = "",
    at: datetime | None = None,
) -> int:
    """Id of the one unsettled job of this kind for the subject: new, already there, or a failed one put back.

    `action` is the word people see (mint, update …), the newest request's; the kind where there is no better one. `at`:
    when it is due, without it now. Joins the caller's transaction, whose lock on the subject's row keeps two
    callers apart.
    """
    with database.joining():
        now = database.now()
        job = _UNSETTLED_OF.first(subject_id, str(kind))
        if job is None:
            job = Job(
                kind=str(kind),
                action=action or str(kind),
                subject_id=subject_id,
                repository_id=repository_id,
                actor=actor,
                max_attempts=max_attempts,
                scheduled_at=at or now,
                created_at=now,
                lane=str(kind.service),
            )
            prepared.insert(job)
            database.count(f"job.{kind}.{JobStatus.PENDING}", 1)
            return int(job.id)
        if job.status in (JobStatus.PENDING, *RETRYABLE):
            requeue(job, now)
        if at is not None:
            # Also of one that is running: whoever finishes it looks when it was asked for again.
            Job.update(scheduled_at=at).where(Job.id == job.id).execute()
        Job.update(action=action or str(kind)).where(Job.id == job.id).execute()
    return int(job.id)


def open_job(kind: JobKind, subject_id: int) -> Job | None:
    """The unsettled job of this kind for the subject, locked until the transaction ends."""
    return _UNSETTLED_OF.first(subject_id, str(kind))


def claim(
    worker: str,
    repository_id: int,
    policy: Policy,
    limit: int,
    *,
    service: Service = Service.DOIS,
    avoid_job: int = 0,
    max_attempts: int = ANY_ATTEMPTS,
) -> list[Lease]:
    """Up to `limit` due jobs of a repository, oldest first, leased to `worker`; [] when nothing is due.

    `avoid_job`: the id of a job to take only where nothing else is due. `max_attempts`: only jobs with fewer attempts.
    """
    with database.write():
        now = database.now()
        due = leases.due(repository_id, service, now, limit + (1 if avoid_job else 0), max_attempts)
        chosen = [found for found in due if found[0] != avoid_job] or due
        return _lease(dict(chosen[:limit]), worker, now + policy.lease)


def due(repository_id: int, limit: int, *, service: Service = Service.DOIS, max_attempts: int = ANY_ATTEMPTS) -> int:
    """How many jobs could be claimed, up to `limit`. A read: an empty queue costs no write transaction."""
    return len(leases.due(repository_id, service, database.now(), limit, max_attempts, lock=False))


def unblock(repository_ids: Sequence[int], service: Service = Service.DOIS, limit: int | None = None) -> int:
    """Put the blocked jobs of repositories back (the `limit` oldest), as they were; how many."""
    blocked = (Job.repository.in_(list(repository_ids))) & (Job.lane == str(service)) & (Job.status == "blocked")
    with database.joining():
        jobs = list(database.for_update(Job.select().where(blocked).order_by(Job.id).limit(limit)))
        for job in jobs:
            count_move(job, JobStatus.BLOCKED, JobStatus.PENDING)
            job.status, job.scheduled_at = str(JobStatus.PENDING), database.now()
            prepared.update(job)
    return len(jobs)


def claim_one(worker: str, job_id: int, policy: Policy) -> Lease | None:
    """That job, leased to `worker`, due or not; None when somebody has it or it is settled."""
    with database.write():
        now = database.now()
        job = database.for_update(Job.select().where(Job.id == job_id)).get_or_none()
        leased = job and job.status == JobStatus.PROCESSING and (job.lease_until or EPOCH) >= now
        if job is None or leased or job.status not in OPEN:
            return None
        return _lease({job_id: job.status}, worker, now + policy.lease)[0]


def _lease(found: dict[int, str], worker: str, until: datetime) -> list[Lease]:
    leased = leases.take(found, worker, until) if found else []
    for lease in leased:
        count_move(lease, lease.was, JobStatus.PROCESSING)
    return leased


def renew(lease: Lease, policy: Policy) -> bool:
    """A whole lease from now on, just before something is sent. False: it is no longer ours; send nothing."""
    with database.joining():
        return leases.extend(lease, database.now() + policy.lease)


def is_leased(lease: Lease) -> bool:
    """Whether the lease is still ours, its row locked until the transaction ends. Before writing any result."""
    return _LEASED.first(lease.job_id, lease.token) is not None


def finish(
    lease: Lease,
    status: JobStatus,
    *,
    at: datetime | None = None,
    cause: str | None = None,
    error: str = "",
    give_back: bool = False,
) -> bool:
    """Write where the job goes. `at`: when it is due again; `cause` None: cause and error stay as they are.

    False: the token is no longer ours, nothing was written.
    """
    return bool(finish_all([lease], status, at=at, cause=cause, error=error, give_back=give_back))


def finish_all(
    in_hand: Sequence[Lease],
    status: JobStatus,
    *,
    at: datetime | None = None,
    cause: str | None = None,
    error: str = "",
    give_back: bool = False,
) -> list[Lease]:
    """As `finish`, of many that end alike; those that were still ours."""
    now = database.now()
    columns: dict[str, str | int] = {"status": str(status), "finished_at": 0 if status in OPEN else micros(now)}
    if cause is not None:
        group = cause_groups.cause_group(cause, error).name if status is JobStatus.FAILED else ""
        columns |= {"cause": cause, "last_error": error, "cause_group": group}
    if status in (JobStatus.PENDING, JobStatus.UNCERTAIN):
        columns |= {"scheduled_at": micros(at or now), "put_off": 0}
    with database.joining():
        ended = leases.end(in_hand, columns, give_back=give_back)
        for lease in ended:
            count_move(lease, JobStatus.PROCESSING, status)
    return ended


def release(in_hand: Sequence[Lease]) -> list[Lease]:
    """Give back jobs that were not begun, as they were, with their attempts; those that were still ours."""
    released = []
    with database.joining():
        for was in {lease.was for lease in in_hand}:
            same = [lease for lease in in_hand if lease.was is was]
            released += finish_all(same, JobStatus.PENDING if was is JobStatus.PROCESSING else was, give_back=True)
    return released


def release_uncertain(lease: Lease) -> None:
    """Give up a job whose worker must stop now and whose request may be sent twice: it is running, or it was."""
    with database.write():
        finish(lease, JobStatus.UNCERTAIN, cause="stopped", error=STOPPED, give_back=True)


def conclude(lease: Lease, decision: Outcome, policy: Policy) -> tuple[JobStatus, datetime, bool]:
    """Where `decision` leads the job: (status, when it is due again, whether its attempt is given back)."""
    now = database.now()
    status = AFTER[decision.kind]
    if decision.kind is OutcomeKind.RETRYABLE and lease.attempts >= lease.max_attempts:
        status = JobStatus.FAILED
    if decision.wait is not None:
        wait = timedelta(seconds=decision.wait)
    elif decision.kind is OutcomeKind.AMBIGUOUS:
        # Asked about at once the first time; a server that never answers is not hammered.
        wait = delay(lease.attempts - 1, policy)
    else:
        wait = delay(lease.attempts, policy)
    return status, now + wait, decision.kind in GIVEN_BACK


def delay(attempt: int, policy: Policy) -> timedelta:
    """Linear, and the first retry waits too: 5, 10, 15 minutes by default (as Heratio's operators expect)."""
    return policy.backoff * attempt


def retryable(
    *, ids: Sequence[int] = (), cause: str | None = None, every: bool = False, service: Service = Service.DOIS
) -> peewee.ModelSelect[Job]:
    """The failed and blocked jobs, by id, or by cause or all of a service. `cause`: also the name of a cause group."""
    chosen = Job.select().where(Job.status.in_([str(status) for status in RETRYABLE])).order_by(Job.id)
    if not every and cause is None:
        return chosen.where(Job.id.in_(list(ids)))
    mine = Job.lane == str(service)
    return chosen.where(mine) if cause is None else chosen.where(mine, retry_causes.has_cause(cause))


def retry(
    *,
    ids: Sequence[int] = (),
    cause: str | None = None,
    every: bool = False,
    service: Service = Service.DOIS,
    actor: str = "python",
    step: Step = to_the_end,
) -> list[int]:
    """Put failed and blocked jobs back, as `retryable` chooses them, with new attempts; the ids. The history stays. A
    chunk is a transaction. Raises `BadInput` for a cause that none of them has.
    """
    if cause is not None:
        check_cause(cause, service)
    if every or cause is not None:
        found: Any = retryable(cause=cause, every=every, service=service).select(Job.id)
        ids = [number for (number,) in found.tuples()]
    back: list[int] = []
    act = None
    for chunk in paced(in_chunks(ids, CHUNK), step):
        with database.write():
            chosen = retryable(ids=chunk)
            for job in list(
                database.for_update(chosen if cause is None else chosen.where(retry_causes.has_cause(cause)))
            ):
                requeue(job, database.now())
                back.append(job.id)
            if back:
                act = audit.note(actor, "retry", list_ids(back, "job"), cause or "", act=act)
    return back


def check_cause(cause: str, service: Service = Service.DOIS) -> None:
    """Raise `BadInput` where no failed or blocked job of the service has the cause."""
    if not retryable(cause=cause, service=service).limit(1).exists():
        found: Any = retryable(every=True, service=service).order_by().select(Job.cause).distinct()
        retry_causes.check(cause, (name for (name,) in found.tuples()), "jobs")


def find(job_id: int, *, lock: bool = False) -> Job:
    """That job, with `lock` locked until the transaction ends. Raises `NotFound`."""
    query = Job.select().where(Job.id == job_id)
    job = (database.for_update(query) if lock else query).get_or_none()
    if job is None:
        raise NotFound(f"job {job_id} not found: `doitui queue list` shows all jobs")
    return job


def cancellable(job_id: int, *, lock: bool = False) -> Job:
    """That job, if it can be given up. Raises `NotFound`; `Refused` for one that is settled or may have been sent."""
    job = find(job_id, lock=lock)
    if job.status not in CANCELLABLE:
        raise Refused(f"job {job_id} is {job.status} and cannot be cancelled", "not_cancellable")
    return job


def cancel(job_id: int) -> Job:
    """Give up a job that is not running. Raises as `cancellable`."""
    with database.write():
        job = cancellable(job_id, lock=True)
        count_move(job, JobStatus(job.status), JobStatus.CANCELLED)
        job.status, job.finished_at = str(JobStatus.CANCELLED), database.now()
        job.save(only=job.dirty_fields)
    return job


def schedulable(job_id: int, *, lock: bool = False) -> Job:
    """That job, if it can be put off. Raises `NotFound`, and `Refused` for a job that is not pending."""
    job = find(job_id, lock=lock)
    if job.status != JobStatus.PENDING:
        raise Refused(f"job {job_id} is {job.status}, not pending: it cannot be scheduled", "not_pending")
    return job


def schedule(job_id: int, at: datetime, *, actor: str = "python") -> Job:
    """Do a pending job not before `at` (or sooner than it would have been). A newer request for its DOI is due at once.

    Raises as `schedulable`.
    """
    with database.write():
        job = schedulable(job_id, lock=True)
        job.scheduled_at, job.cause, job.last_error, job.cause_group, job.put_off = at, "", "", "", True
        job.save(only=job.dirty_fields)
        audit.note(actor, "schedule", f"job {job_id}", f"for {iso(at)}")
    return job


def requeue(job: Job, now: datetime) -> None:
    """Make a job that is pending, failed or blocked due, with new attempts if it was not pending."""
    count_move(job, JobStatus(job.status), JobStatus.PENDING)
    if job.status != JobStatus.PENDING:
        job.attempts = 0
    job.status, job.scheduled_at, job.finished_at = str(JobStatus.PENDING), min(job.scheduled_at, now), None
    job.put_off = False
    job.save(only=job.dirty_fields)


_UNSETTLED_OF = prepared.Select(
    lambda subject_id, kind: Job.select().where(Job.subject_id == subject_id, Job.kind == kind, IS_UNSETTLED),
    int,
    str,
    lock=True,
)
_LEASED = prepared.Select(
    lambda job_id, token: Job.select().where(
        Job.id == job_id, Job.status == str(JobStatus.PROCESSING), Job.lease_token == token
    ),
    int,
    str,
    lock=True,
)


def count_move(job: Job | Lease, old: JobStatus, new: JobStatus) -> None:
    """Count where a job has gone, and write it to the event that is to be sent."""
    if old != new:
        database.count(f"job.{job.kind}.{old}", -1)
        database.count(f"job.{job.kind}.{new}", 1)
        if job.kind == JobKind.EVENT:
            event_progress.follow_job(job.subject_id, new)

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

from doitui_core import audit, database, due_jobs, leases, retry_causes, statements
from doitui_core.clock import EPOCH, iso, micros
from doitui_core.errors import NotFound, Refused
from doitui_core.events import states
from doitui_core.jobs import OPEN as OPEN
from doitui_core.jobs import UNSETTLED as UNSETTLED
from doitui_core.jobs import Kind as Kind
from doitui_core.jobs import Lane as Lane
from doitui_core.jobs import Status as Status
from doitui_core.leases import Lease as Lease
from doitui_core.models import Job
from doitui_core.outcomes import Kind as Outcome
from doitui_core.outcomes import Outcome as Decision
from doitui_core.stepwise import Step, in_chunks, stepwise, to_the_end


def literally(words: Iterable[str]) -> list[peewee.SQL]:
    """`words` as literals of the statement: with parameters SQLite would not see that a partial index has them all."""
    return [peewee.SQL(f"'{word}'") for word in words]


#: As in the index `job_unsettled`.
IS_UNSETTLED = Job.status.in_(literally(UNSETTLED))

#: What an operator may put back, and what may be given up. What may have been sent is never given up unasked.
RETRYABLE = (Status.FAILED, Status.BLOCKED)
CANCELLABLE = (Status.PENDING, Status.BLOCKED, Status.FAILED)

#: Where an outcome leads. RETRYABLE becomes FAILED when the attempts are spent.
AFTER = {
    Outcome.DONE: Status.COMPLETED,
    Outcome.RETRYABLE: Status.PENDING,
    Outcome.THROTTLED: Status.PENDING,
    Outcome.AMBIGUOUS: Status.UNCERTAIN,
    Outcome.BLOCKED: Status.BLOCKED,
    Outcome.PERMANENT: Status.FAILED,
}

#: These cost no attempt: nothing was wrong with the job.
GIVEN_BACK = frozenset({Outcome.THROTTLED, Outcome.BLOCKED})

#: The longest a probe waits for the next try. An uncertain job never fails: it is found out.
LONGEST_PROBE_WAIT = timedelta(hours=1)

#: Ids in one statement: PostgreSQL takes 65,535 parameters.
CHUNK = 1_000

STOPPED = "the worker was stopped while it waited for the answer"

#: More than any job ever has.
ANY_ATTEMPTS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a job may be held and how it is tried again."""

    lease: timedelta
    backoff: timedelta


def enqueue(
    kind: Kind,
    subject_id: int,
    repository_id: int,
    *,
    actor: str,
    max_attempts: int,
    action: str = "",
    at: datetime | None = None,
) -> int:
    """Id of the one unsettled job of this kind for the subject: new, already there, or a failed one put back.

    `action` is the word people see (mint, update …), the newest wish's; the kind where there is no better one. `at`:
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
                lane=str(kind.lane),
            )
            statements.insert(job)
            database.count(f"job.{kind}.{Status.PENDING}", 1)
            return int(job.id)
        if job.status in (Status.PENDING, *RETRYABLE):
            put_back(job, now)
        if at is not None:
            # Also of one under way: whoever finishes it looks when it was asked for again.
            Job.update(scheduled_at=at).where(Job.id == job.id).execute()
        Job.update(action=action or str(kind)).where(Job.id == job.id).execute()
    return int(job.id)


def open_job(kind: Kind, subject_id: int) -> Job | None:
    """The unsettled job of this kind for the subject, locked until the transaction ends."""
    return _UNSETTLED_OF.first(subject_id, str(kind))


def claim(
    worker: str,
    repository_id: int,
    policy: Policy,
    limit: int,
    *,
    lane: Lane = Lane.DOIS,
    rather_not: int = 0,
    below: int = ANY_ATTEMPTS,
) -> list[Lease]:
    """Up to `limit` due jobs of a repository, oldest first, leased to `worker`; [] when nothing is due.

    `rather_not`: the id of a job to take only where nothing else is due. `below`: only jobs with fewer attempts.
    """
    with database.write():
        now = database.now()
        due = due_jobs.find(repository_id, lane, now, limit + (1 if rather_not else 0), below)
        chosen = [found for found in due if found[0] != rather_not] or due
        return _lease(dict(chosen[:limit]), worker, now + policy.lease)


def due(repository_id: int, limit: int, *, lane: Lane = Lane.DOIS, below: int = ANY_ATTEMPTS) -> int:
    """How many jobs could be claimed, up to `limit`. A read: an empty queue costs no write transaction."""
    return len(due_jobs.find(repository_id, lane, database.now(), limit, below, lock=False))


def unblock(repository_ids: Sequence[int], lane: Lane = Lane.DOIS, limit: int | None = None) -> int:
    """Put the blocked jobs of repositories back (the `limit` oldest), as they were; how many."""
    blocked = (Job.repository.in_(list(repository_ids))) & (Job.lane == str(lane)) & (Job.status == "blocked")
    with database.joining():
        jobs = list(database.for_update(Job.select().where(blocked).order_by(Job.id).limit(limit)))
        for job in jobs:
            moved(job, Status.BLOCKED, Status.PENDING)
            job.status, job.scheduled_at = str(Status.PENDING), database.now()
            statements.update(job)
    return len(jobs)


def claim_one(worker: str, job_id: int, policy: Policy) -> Lease | None:
    """That job, leased to `worker`, due or not; None when somebody has it or it is settled."""
    with database.write():
        now = database.now()
        job = database.for_update(Job.select().where(Job.id == job_id)).get_or_none()
        held = job and job.status == Status.PROCESSING and (job.lease_until or EPOCH) >= now
        if job is None or held or job.status not in OPEN:
            return None
        return _lease({job_id: job.status}, worker, now + policy.lease)[0]


def _lease(found: dict[int, str], worker: str, until: datetime) -> list[Lease]:
    taken = leases.take(found, worker, until) if found else []
    for lease in taken:
        moved(lease, lease.was, Status.PROCESSING)
    return taken


def renew(lease: Lease, policy: Policy) -> bool:
    """A whole lease from now on, just before something is sent. False: it is no longer ours; send nothing."""
    with database.joining():
        return leases.keep(lease, database.now() + policy.lease)


def held(lease: Lease) -> bool:
    """Whether the lease is still ours, its row locked until the transaction ends. Before writing any result."""
    return _HELD.first(lease.job_id, lease.token) is not None


def finish(
    lease: Lease,
    status: Status,
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
    status: Status,
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
        columns |= {"cause": cause, "last_error": error}
    if status in (Status.PENDING, Status.UNCERTAIN):
        columns |= {"scheduled_at": micros(at or now), "put_off": 0}
    with database.joining():
        ended = leases.end(in_hand, columns, give_back=give_back)
        for lease in ended:
            moved(lease, Status.PROCESSING, status)
    return ended


def release(in_hand: Sequence[Lease]) -> list[Lease]:
    """Give back jobs that were not begun, as they were, with their attempts; those that were still ours."""
    released = []
    with database.joining():
        for was in {lease.was for lease in in_hand}:
            same = [lease for lease in in_hand if lease.was is was]
            released += finish_all(same, Status.PENDING if was is Status.PROCESSING else was, give_back=True)
    return released


def let_go(lease: Lease) -> None:
    """Give up a job whose worker must stop now and whose request may be sent twice: it is under way, or it was."""
    with database.write():
        finish(lease, Status.UNCERTAIN, cause="stopped", error=STOPPED, give_back=True)


def conclude(lease: Lease, decision: Decision, policy: Policy) -> tuple[Status, datetime, bool]:
    """Where `decision` leads the job: (status, when it is due again, whether its attempt is given back)."""
    now = database.now()
    status = AFTER[decision.kind]
    if decision.kind is Outcome.RETRYABLE and lease.attempts >= lease.max_attempts:
        status = Status.FAILED
    if decision.wait is not None:
        wait = timedelta(seconds=decision.wait)
    elif decision.kind is Outcome.AMBIGUOUS:
        # Asked about at once the first time; a server that never answers is not hammered.
        wait = delay(lease.attempts - 1, policy)
    else:
        wait = delay(lease.attempts, policy)
    return status, now + wait, decision.kind in GIVEN_BACK


def delay(attempt: int, policy: Policy) -> timedelta:
    """Linear, and the first retry waits too: 5, 10, 15 minutes by default (as Heratio's operators expect)."""
    return policy.backoff * attempt


def retryable(
    *, ids: Sequence[int] = (), cause: str | None = None, every: bool = False, lane: Lane = Lane.DOIS
) -> peewee.ModelSelect[Job]:
    """The failed and blocked jobs, by id, or by cause or all of a lane."""
    chosen = Job.select().where(Job.status.in_([str(status) for status in RETRYABLE])).order_by(Job.id)
    if not every and cause is None:
        return chosen.where(Job.id.in_(list(ids)))
    mine = Job.lane == str(lane)
    return chosen.where(mine) if cause is None else chosen.where(mine, Job.cause == cause)


def retry(
    *,
    ids: Sequence[int] = (),
    cause: str | None = None,
    every: bool = False,
    lane: Lane = Lane.DOIS,
    actor: str = "python",
    step: Step = to_the_end,
) -> list[int]:
    """Put failed and blocked jobs back, by id, or by cause or all of a lane, with new attempts; the ids. The history
    stays. A chunk is a transaction. Raises `BadInput` for a cause that none of them has.
    """
    if cause is not None:
        check_cause(cause, lane)
    if every or cause is not None:
        found: Any = retryable(cause=cause, every=every, lane=lane).select(Job.id)
        ids = [number for (number,) in found.tuples()]
    back: list[int] = []
    act = None
    for chunk in stepwise(in_chunks(ids, CHUNK), step):
        with database.write():
            chosen = retryable(ids=chunk)
            for job in list(database.for_update(chosen if cause is None else chosen.where(Job.cause == cause))):
                put_back(job, database.now())
                back.append(job.id)
            if back:
                act = audit.note(actor, "retry", audit.numbered("job", back), cause or "", act=act)
    return back


def check_cause(cause: str, lane: Lane = Lane.DOIS) -> None:
    """Raise `BadInput` where no failed or blocked job of the lane has the cause."""
    if not retryable(cause=cause, lane=lane).limit(1).exists():
        found: Any = retryable(every=True, lane=lane).order_by().select(Job.cause).distinct()
        retry_causes.check(cause, (name for (name,) in found.tuples()), "jobs")


def find(job_id: int, *, lock: bool = False) -> Job:
    """That job, with `lock` held until the transaction ends. Raises `NotFound`."""
    query = Job.select().where(Job.id == job_id)
    job = (database.for_update(query) if lock else query).get_or_none()
    if job is None:
        raise NotFound(f"there is no job {job_id}: `doitui queue list` shows those that are")
    return job


def cancellable(job_id: int, *, lock: bool = False) -> Job:
    """That job, if it can be given up. Raises `NotFound`; `Refused` for one that is settled or may have been sent."""
    job = find(job_id, lock=lock)
    if job.status not in CANCELLABLE:
        raise Refused(f"job {job_id} is {job.status} and cannot be cancelled", "not_cancellable")
    return job


def cancel(job_id: int) -> Job:
    """Give up a job that is not under way. Raises as `cancellable`."""
    with database.write():
        job = cancellable(job_id, lock=True)
        moved(job, Status(job.status), Status.CANCELLED)
        job.status, job.finished_at = str(Status.CANCELLED), database.now()
        job.save(only=job.dirty_fields)
    return job


def schedulable(job_id: int, *, lock: bool = False) -> Job:
    """That job, if it can be put off. Raises `NotFound`, and `Refused` for a job that is not pending."""
    job = find(job_id, lock=lock)
    if job.status != Status.PENDING:
        raise Refused(f"job {job_id} is {job.status}, not pending: it cannot be scheduled", "not_pending")
    return job


def schedule(job_id: int, at: datetime, *, actor: str = "python") -> Job:
    """Do a pending job not before `at` (or sooner than it would have been). A newer wish for its DOI is due at once.

    Raises as `schedulable`.
    """
    with database.write():
        job = schedulable(job_id, lock=True)
        job.scheduled_at, job.cause, job.last_error, job.put_off = at, "", "", True
        job.save(only=job.dirty_fields)
        audit.note(actor, "schedule", f"job {job_id}", f"for {iso(at)}")
    return job


def put_back(job: Job, now: datetime) -> None:
    """Make a job that is pending, failed or blocked due, with new attempts if it was not pending."""
    moved(job, Status(job.status), Status.PENDING)
    if job.status != Status.PENDING:
        job.attempts = 0
    job.status, job.scheduled_at, job.finished_at = str(Status.PENDING), min(job.scheduled_at, now), None
    job.put_off = False
    job.save(only=job.dirty_fields)


_UNSETTLED_OF = statements.Select(
    lambda subject_id, kind: Job.select().where(Job.subject_id == subject_id, Job.kind == kind, IS_UNSETTLED),
    int,
    str,
    lock=True,
)
_HELD = statements.Select(
    lambda job_id, token: Job.select().where(
        Job.id == job_id, Job.status == str(Status.PROCESSING), Job.lease_token == token
    ),
    int,
    str,
    lock=True,
)


def moved(job: Job | Lease, old: Status, new: Status) -> None:
    """Tell the counters, and the event that is to be sent, where a job has gone."""
    if old != new:
        database.count(f"job.{job.kind}.{old}", -1)
        database.count(f"job.{job.kind}.{new}", 1)
        if job.kind == Kind.EVENT:
            states.follow(job.subject_id, new)

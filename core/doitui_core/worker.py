"""The worker: takes what is due, a few jobs at a time, and hands it to threads.

One dispatching thread asks the upstream row for tokens and only then claims that many jobs, repository by repository in
turn: no lease waits for the rate limit, no repository starves another. Signals set a flag and nothing else. Whatever
kills it, the lease and the attempt row tell the next worker where to go on.
"""

from __future__ import annotations

import logging
import queue as queues
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress

import peewee

from doitui_core import (
    breaker,
    database,
    delivery,
    desk,
    endings,
    notices,
    outcomes,
    queue,
    recheck,
    rests,
    upstream,
    verification,
    workers,
)
from doitui_core.desk import LOST, Desk
from doitui_core.errors import DatabaseUnavailable, DoituiError, Misconfigured, Refused, RemoteFailed
from doitui_core.models import Job, Repository
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease, Status
from doitui_core.summary import Summary as Summary

log = logging.getLogger("doitui.worker")

#: Seconds between two looks at an empty queue, between two heartbeats, and for which a repository's settings are kept.
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
DESK_SECONDS = 5.0

#: Seconds a stopping worker gives the requests in hand before it lets them go as uncertain.
GRACE_SECONDS = 3.5

#: Seconds it then waits for a database that somebody else has locked: what is not noted is found out by the next one.
LAST_LOCK_SECONDS = 0.3

#: Seconds between two looks whether to stop while requests are under way.
GLANCE_SECONDS = 0.25

#: So many rounds in a row without the database end a run that drains. One without end waits for it.
ROUNDS = 5

#: Seconds after which a blocked repository's set-up is tried again.
LOOK_AGAIN_SECONDS = 300.0

#: Jobs claimed ahead for each thread, so that a thread never waits for a claim.
AHEAD = 2

OUT = "{} is out of order: what is queued stays queued, and goes out when it is back"

#: What carries out each kind of job.
CARRY_OUT: dict[queue.Kind, Callable[[Lease, Desk], Outcome]] = {
    queue.Kind.WRITE: delivery.write,
    queue.Kind.VERIFY: verification.verify,
    queue.Kind.RECHECK: recheck.recheck,
}


def run(
    *,
    drain: bool = False,
    threads: int = 8,
    limit: int | None = None,
    every: float = POLL_SECONDS,
    stop: threading.Event | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> Summary:
    """Work until `stop` is set; with `drain` until nothing is due; with `limit` until that many jobs are done.

    `threads` requests at once; `every`: seconds between looks at an empty queue. Both handlers of the caller and `stop`
    may come from other threads.
    """
    return _Run(threads, limit, every, stop or threading.Event(), progress).work(drain)


def run_one(job_id: int) -> Outcome:
    """Do that job here and now, waiting for the rate limit. Raises `Refused` when somebody else has it."""
    job: Job = Job.get_by_id(job_id)
    at = desk.of(job.repository)
    if job.repository.paused:
        code = at.config.code
        raise Refused(f"repository {code} is paused: `doitui queue resume --repository {code}` sends again", "paused")
    while not (grant := upstream.take(at.upstream, 1, at.config.rate)).tokens:
        if grant.open:
            raise RemoteFailed(OUT.format(at.config.url))
        time.sleep(min(grant.wait, POLL_SECONDS))
    lease = queue.claim_one(workers.new_name(), job_id, at.policy)
    if lease is None:
        raise Refused(f"job {job_id} is in the hands of another worker, or done: `doitui queue show {job_id}`", "busy")
    return _carried_out(lease, at, grant)


def _carried_out(lease: Lease, at: Desk, grant: upstream.Grant) -> Outcome:
    """Do the job, and tell breaker and repository what its end says about them."""
    began = database.now()
    outcome = CARRY_OUT[lease.kind](lease, at)
    change = breaker.note(at.upstream, outcome, began, lease.job_id, suspect=grant.suspect)
    if change is not None:
        with database.write():
            notices.outage(change)
        log.warning("%s %s", change.upstream, "is out of order: only a canary is sent" if change.opened else "is back")
    if outcome.kind is Kind.BLOCKED and rests.block(lease.repository_id, outcome):
        with database.write():
            notices.blocked(at.config, outcome)
        log.warning("repository %s is blocked: %s", at.config.code, outcome.message)
    return outcome


class _Run:
    """One call of `run`."""

    def __init__(
        self,
        threads: int,
        limit: int | None,
        every: float,
        stop: threading.Event,
        progress: Callable[[Outcome], None] | None,
    ) -> None:
        self.name = workers.new_name()
        self.threads = threads
        self.limit = limit
        self.every = every
        self.stop = stop
        self.progress = progress
        self.summary = Summary()
        self._todo: queues.SimpleQueue[tuple[Lease, Desk, upstream.Grant] | None] = queues.SimpleQueue()
        self._in_hand: dict[int, Lease] = {}
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._desks: dict[int, tuple[float, Desk]] = {}
        self._look_again: dict[int, float] = {}
        self._stopped: set[int] = set()
        self._beat_at = 0.0
        self._served = 0
        self._claimed = 0
        self._rounds_without = 0

    def work(self, drain: bool) -> Summary:
        self._heartbeat()
        pool = [threading.Thread(target=self._serve, name=f"{self.name}-{i}", daemon=True) for i in range(self.threads)]
        for thread in pool:
            thread.start()
        try:
            while not self._over(drain):
                self._heartbeat()
        except BaseException:
            self.stop.set()
            raise
        finally:
            self._close(pool)
        return self.summary

    def _over(self, drain: bool) -> bool:
        """One round: claim what there is room for, or wait. True: this run is over."""
        if self.stop.is_set():
            return True
        with self._lock:
            busy = bool(self._in_hand)  # before the look at the queue: what is in hand may put something into it
        try:
            claimed, wait = self._dispatch()
            self._rounds_without = 0
        except (DatabaseUnavailable, peewee.PeeweeException) as error:
            claimed, wait = 0, self._without_database(error, drain)
        if claimed:
            return False
        spent = self.limit is not None and self._claimed >= self.limit
        if not busy and (spent or (drain and wait is None)):
            return True
        self._pause(busy, wait)
        return False

    def _without_database(self, error: Exception, drain: bool) -> float:
        """Seconds until the next try. Raises `DatabaseUnavailable` when a run that drains has tried often enough."""
        self._rounds_without += 1
        if drain and self._rounds_without >= ROUNDS:
            raise error if isinstance(error, DatabaseUnavailable) else DatabaseUnavailable(str(error))
        log.warning("%s; trying again", error)
        database.close_thread()
        return self.every

    def _pause(self, busy: bool, wait: float | None) -> None:
        seconds = self.every if wait is None else min(wait, self.every)
        if busy:
            self._changed.wait(min(seconds, GLANCE_SECONDS))
            self._changed.clear()
        else:
            self.stop.wait(seconds)

    def _dispatch(self) -> tuple[int, float | None]:
        """(jobs claimed, seconds until the rate limit allows more; None when nothing was held back)."""
        waits: list[float] = []
        claimed = 0
        stopped = set(self._stopped)  # before the rows are read: who is not blocked in them has been mended since
        # In turn: whoever comes after the one served last is first.
        repositories = sorted(Repository.select(), key=lambda row: (row.id <= self._served, row.id))
        for repository in repositories:
            room = self._room()
            if room <= 0 or repository.paused:
                continue
            if not repository.blocked_cause and repository.id in stopped | self._look_again.keys():
                self._forget(repository)
            if repository.blocked_cause and not self._mended(repository):
                continue
            due = queue.due(repository.id, room)
            if not due or not self._works(repository):
                continue
            taken, wait = self._claim(repository, due)
            claimed += taken
            if taken:
                self._served = repository.id
            if wait:
                waits.append(wait)
        return claimed, min(waits, default=None)

    def _room(self) -> int:
        with self._lock:
            room = self.threads * AHEAD - len(self._in_hand)
        # Claimed in handfuls: a claim for each single job would cost more than the job's own bookkeeping.
        room = room if room >= self.threads or not self._in_hand else 0
        return room if self.limit is None else min(room, self.limit - self._claimed)

    def _mended(self, repository: Repository) -> bool:
        """Whether the set-up of a blocked repository is right by now; tried now and then. Then it is unblocked."""
        if time.monotonic() < self._look_again.get(repository.id, 0.0):
            return False
        self._forget(repository)
        try:
            self._desk(repository).client.check_credentials()
        except (Misconfigured, RemoteFailed) as error:
            self._rest(repository, error)
            return False
        rests.unblock(repository.id)
        with self._lock:
            self.summary.blocked.pop(repository.code, None)
        return True

    def _forget(self, repository: Repository) -> None:
        """Whatever was known of a set-up that was wrong."""
        self._stopped.discard(repository.id)
        self._look_again.pop(repository.id, None)
        self._desks.pop(repository.id, None)

    def _works(self, repository: Repository) -> bool:
        """Whether the repository's set-up is whole."""
        try:
            self._desk(repository)
        except Misconfigured as error:
            self._rest(repository, error)
            return False
        with self._lock:
            self.summary.blocked.pop(repository.code, None)
        return True

    def _rest(self, repository: Repository, error: Misconfigured | RemoteFailed) -> None:
        if isinstance(error, DatabaseUnavailable):
            raise error
        outcome = outcomes.of_error(error)
        self._look_again[repository.id] = time.monotonic() + LOOK_AGAIN_SECONDS
        known = repository.blocked_cause  # and may have been mended during this look
        if not known and outcome.kind is Kind.BLOCKED and rests.block(repository.id, outcome):
            log.warning("repository %s is blocked: %s", repository.code, outcome.message)
        with self._lock:
            self.summary.blocked[repository.code] = outcome

    def _claim(self, repository: Repository, due: int) -> tuple[int, float]:
        at = self._desk(repository)
        grant = upstream.take(at.upstream, due, at.config.rate)
        if grant.open and not grant.tokens:
            # Not waited for: a run that drains would stay as long as the outage.
            with self._lock:
                self.summary.blocked[repository.code] = Outcome(
                    Kind.RETRYABLE, "unreachable", OUT.format(at.config.url)
                )
            return 0, 0.0
        leases = []
        if grant.tokens:
            leases = queue.claim(self.name, repository.id, at.policy, grant.tokens, rather_not=grant.not_job)
        with self._lock:
            self._in_hand.update((lease.job_id, lease) for lease in leases)
        self._claimed += len(leases)
        for lease in leases:
            self._todo.put((lease, at, grant))
        return len(leases), grant.wait

    def _desk(self, repository: Repository) -> Desk:
        made_at, at = self._desks.get(repository.id, (0.0, None))
        if at is None or time.monotonic() - made_at > DESK_SECONDS:
            at = desk.of(repository)
            self._desks[repository.id] = (time.monotonic(), at)
        return at

    def _serve(self) -> None:
        """A thread: job after job until it is handed None."""
        while (handed := self._todo.get()) is not None:
            lease, at, grant = handed
            outcome = self._carry_out(lease, at, grant)
            with self._lock:
                self._in_hand.pop(lease.job_id, None)
                if outcome is not None:
                    self.summary.add(lease.job_id, outcome)
            self._changed.set()
            if outcome is not None and self.progress:
                self.progress(outcome)
        database.close_thread()

    def _carry_out(self, lease: Lease, at: Desk, grant: upstream.Grant) -> Outcome | None:
        try:
            if self.stop.is_set() or lease.repository_id in self._stopped:
                queue.release(lease)
                return None
            if grant.canary and not at.answers():
                queue.release(lease)
                return None
            outcome = _carried_out(lease, at, grant)
            if outcome.kind is Kind.BLOCKED:
                # What is claimed already goes back: a wrong password must not be told to DataCite sixteen times.
                self._stopped.add(lease.repository_id)
            return outcome
        except (DatabaseUnavailable, peewee.PeeweeException) as error:
            log.warning("job %s: %s; its lease runs out and it is taken up again", lease.job_id, error)
            database.close_thread()
        except Exception:  # a bug in one job must not end the others; the lease runs out and the attempts are counted
            log.exception("job %s", lease.job_id)
        return LOST

    def _heartbeat(self) -> None:
        if time.monotonic() - self._beat_at < HEARTBEAT_SECONDS and self._beat_at:
            return
        self._beat_at = time.monotonic()
        with suppress(DatabaseUnavailable):
            workers.beat(self.name)

    def _close(self, pool: list[threading.Thread]) -> None:
        for _ in pool:
            self._todo.put(None)
        until = time.monotonic() + (GRACE_SECONDS if self.stop.is_set() else float("inf"))
        for thread in pool:
            # In slices: a second signal must not wait for a thread.
            while thread.is_alive() and time.monotonic() < until:
                thread.join(0.1)
        with suppress(DoituiError, peewee.PeeweeException), self._patience():
            self._let_go()
            with suppress(DoituiError, peewee.PeeweeException):
                self._forget_settled()
            with suppress(DoituiError, peewee.PeeweeException):
                workers.leave(self.name)

    def _patience(self) -> AbstractContextManager[None]:
        return database.hurried(LAST_LOCK_SECONDS) if self.stop.is_set() else nullcontext()

    def _forget_settled(self) -> None:
        """What another worker has done meanwhile, or has in hand, is not left over from this run."""
        left = sorted(self.summary.left)
        for begin in range(0, len(left), 500):
            some = left[begin : begin + 500]
            settled = Job.status.in_((str(Status.COMPLETED), str(Status.PROCESSING)))
            for job in Job.select(Job.id).where(Job.id.in_(some), settled):
                del self.summary.left[job.id]

    def _let_go(self) -> None:
        """Requests that outlasted the grace: nobody knows what becomes of them, and that is what is noted."""
        with self._lock:
            left = list(self._in_hand.values())
        with suppress(DoituiError, peewee.PeeweeException):
            for lease in left:
                endings.let_go(lease)

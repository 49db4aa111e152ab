"""The worker: takes what is due, a few jobs at a time, and hands it to threads.

One dispatching thread asks the rate limit's row for tokens and only then claims that many jobs, repository by
repository in turn, and of each service by service: no lease waits for the rate limit, none starves another. Signals set
a flag and nothing else. Whatever kills it, the lease and the attempt row tell the next worker where to go on.
"""

from __future__ import annotations

import logging
import queue as queues
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass

import peewee

from doitui_core.datacite.wait_log import RESUME, Waits
from doitui_core.db import database, prepared
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Job, Repository
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import DatabaseReplaced, DatabaseUnavailable, DoituiError, Refused, RemoteFailed
from doitui_core.queue import blocking, finished_runs, heartbeats, jobs, rate_limit
from doitui_core.queue.connection import LOST
from doitui_core.queue.jobs import ANY_ATTEMPTS
from doitui_core.queue.leases import Lease
from doitui_core.worker import stored_times
from doitui_core.worker.repository_setups import RepositorySetups
from doitui_core.worker.services import HANDLERS, ServiceConnection, execute
from doitui_core.worker.summary import Summary

log = logging.getLogger("doitui.worker")

#: Seconds between checks of an empty queue, and between heartbeats.
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0

#: Seconds a stopping worker waits for running requests before it marks them uncertain.
GRACE_SECONDS = 3.5

#: Seconds it then waits for a locked database: the next worker finds out what is not recorded.
LAST_LOCK_SECONDS = 0.3

#: Seconds between checks of `stop` while requests are running.
GLANCE_SECONDS = 0.25

#: Failed rounds in a row after which a draining run gives up the database; other runs wait for it.
ROUNDS = 5

#: Jobs claimed ahead for each thread, so that a thread never waits for a claim.
AHEAD = 2

_REPOSITORIES = prepared.Select(Repository.select)

OUT = "{} is unavailable: queued jobs are held and sent when it is back"


def run(
    *,
    drain: bool = False,
    threads: int = 8,
    limit: int | None = None,
    every: float = POLL_SECONDS,
    stop: threading.Event | None = None,
    progress: Callable[[Outcome], object] | None = None,
    services: Sequence[Service] = tuple(HANDLERS),
    max_attempts: int = ANY_ATTEMPTS,
) -> Summary:
    """Work until `stop` is set; with `drain` until nothing is due; with `limit` until that many jobs are done.

    `threads` requests at once; `every`: seconds between looks at an empty queue. Both handlers of the caller and `stop`
    may come from other threads. `services`: the first is what the run is for: `drain` waits for its pace, `limit` and
    the summary are its own; the others get what their pace allows meanwhile. `max_attempts`: only jobs with fewer
    attempts.
    """
    return _Run(threads, limit, every, stop or threading.Event(), progress, services, max_attempts).work(drain)


def run_one(job_id: int) -> Outcome:
    """Do that job now, waiting for the rate limit. Raises `Refused` when another worker has it."""
    job: Job = Job.get_by_id(job_id)
    stored_times.repair([job.repository])
    at = HANDLERS[Service(job.lane)].connection(job.repository)
    if job.repository.paused:
        code = at.config.code
        raise Refused(f"repository {code} is paused: `doitui queue resume --repository {code}` resumes it", "paused")
    waits = Waits()
    while not (grant := rate_limit.take(at.rate_limit, 1, at.rate)).tokens:
        if grant.open:
            raise RemoteFailed(OUT.format(at.url))
        if grant.refused:
            break  # a person wants to see what it says now
        waits.note(rate_limit.description(at.rate_limit), grant.wait, RESUME)
        time.sleep(min(grant.wait, POLL_SECONDS))
    lease = jobs.claim_one(heartbeats.new_name(), job_id, at.policy)
    if lease is None:
        raise Refused(f"job {job_id} is taken by another worker or finished: `doitui queue show {job_id}`", "busy")
    return execute(lease, at, grant)


@dataclass
class _Run:
    """One call of `run`."""

    threads: int
    limit: int | None
    every: float
    stop: threading.Event
    progress: Callable[[Outcome], object] | None
    services: Sequence[Service]
    max_attempts: int

    def __post_init__(self) -> None:
        self.name = heartbeats.new_name()
        self.summary = Summary(self.services[0])
        self._repository_setups = RepositorySetups(self.summary)
        self._todo: queues.SimpleQueue[tuple[Lease, ServiceConnection, rate_limit.Grant] | None] = queues.SimpleQueue()
        self._in_hand: dict[int, Lease] = {}
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._beat_at = 0.0
        self._drains = False
        self._served = 0
        self._claimed = 0
        self._rounds_without = 0
        self._replaced: DatabaseReplaced | None = None
        self._quiet_until: dict[Service, float] = {}
        self._waits = Waits()
        self._watch = stored_times.Watch()

    def work(self, drain: bool) -> Summary:
        """As `run`."""
        self._repository_setups.logs = not drain
        self._drains = drain or self.limit is not None
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
        if self._replaced is not None:
            raise self._replaced
        return self.summary

    def _over(self, drain: bool) -> bool:
        """One round: claim what there is room for, or wait. True: the run is finished."""
        if self.stop.is_set():
            return True
        with self._lock:
            busy = bool(self._in_hand)  # before the look at the queue: what is in hand may put something into it
        if self.limit is not None and self._claimed >= self.limit:
            if busy:
                self._pause(busy, None)
            return not busy
        try:
            claimed, wait = self._dispatch()
            if self._rounds_without:
                log.warning("the database answers again")
            self._rounds_without = 0
        except (DatabaseUnavailable, peewee.PeeweeException) as error:
            claimed, wait = 0, self._without_database(error, drain)
        if claimed:
            return False
        if not busy and drain and wait is None:
            return True
        self._pause(busy, wait)
        return False

    def _without_database(self, error: Exception, drain: bool) -> float:
        """Seconds until the next try. Raises `DatabaseUnavailable` when a run that drains has tried often enough."""
        self._rounds_without += 1
        if isinstance(error, DatabaseReplaced):
            raise error
        if drain and self._rounds_without >= ROUNDS:
            raise error if isinstance(error, DatabaseUnavailable) else DatabaseUnavailable(str(error))
        if self._rounds_without == 1:
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
        """(jobs claimed, seconds until the rate limit of the first service allows more; None: none waits)."""
        if all(self._room(service) <= 0 for service in self.services):
            return 0, None
        waits: list[float] = []
        claimed = 0
        served: set[Service] = set()
        stopped = self._repository_setups.begin_round()
        # In turn: whoever comes after the one served last is first.
        repositories = sorted(_REPOSITORIES.all(), key=lambda row: (row.id <= self._served, row.id))
        for repository in (row for row in repositories if not row.paused):
            for service in self.services:
                room = self._room(service)
                if room <= 0 or not self._repository_setups.ready(repository, service, stopped):
                    continue
                due = jobs.due(repository.id, room, service=service, max_attempts=self.max_attempts)
                if not due or not self._repository_setups.works(repository, service):
                    continue
                taken, wait = self._claim(repository, service, due)
                claimed += taken
                if taken:
                    self._served = repository.id
                    served.add(service)
                if wait and service is self.services[0]:
                    waits.append(wait)
        self._quiet_until.update(
            {service: time.monotonic() + GLANCE_SECONDS for service in self.services if service not in served}
        )
        return claimed, min(waits, default=None)

    def _room(self, service: Service) -> int:
        """How many jobs of the service may be claimed. Any but the first gets its share of the threads at most:
        services that hang must not hold up the others. And while others work, one that had nothing is left alone.
        """
        with self._lock:
            room = self.threads * AHEAD - len(self._in_hand)
            in_hand = list(self._in_hand.values()) if service is not self.services[0] else []
        if service is not self.services[0]:
            mine = sum(lease.kind.service is service for lease in in_hand)
            if self._in_hand and time.monotonic() < self._quiet_until.get(service, 0.0):
                return 0
            return min(room, max(self.threads // len(self.services), 1) - mine)
        # Claimed in handfuls: a claim for each single job would cost more than the job's own bookkeeping.
        room = room if room >= self.threads or not self._in_hand else 0
        return room if self.limit is None else min(room, self.limit - self._claimed)

    def _claim(self, repository: Repository, service: Service, due: int) -> tuple[int, float]:
        at = self._repository_setups.connection(repository, service)
        grant = rate_limit.take(at.rate_limit, due, at.rate)
        if not grant.tokens and (grant.open or grant.refused):
            # Not waited for: a run that drains would stay as long as the trouble.
            out = grant.refused or Outcome(OutcomeKind.RETRYABLE, "unreachable", OUT.format(at.url))
            self.summary.set_blocked(service, repository.code, out)
            return 0, 0.0
        leases = []
        if grant.tokens:
            leases = jobs.claim(
                self.name,
                repository.id,
                at.policy,
                grant.tokens,
                service=service,
                avoid_job=grant.not_job,
                max_attempts=self.max_attempts,
            )
        with self._lock:
            self._in_hand.update((lease.job_id, lease) for lease in leases)
        self._claimed += len(leases) if service is self.services[0] else 0
        for lease in leases:
            self._todo.put((lease, at, grant))
        if not grant.tokens and service is self.services[0]:
            self._waits.note(rate_limit.description(at.rate_limit), grant.wait, RESUME)
        return len(leases), grant.wait

    def _serve(self) -> None:
        """A thread: executes jobs until it gets None."""
        while (handed := self._todo.get()) is not None:
            lease, at, grant = handed
            outcome = self._execute(lease, at, grant)
            with self._lock:
                self._in_hand.pop(lease.job_id, None)
            if outcome is not None:
                self.summary.add(lease, outcome)
            self._changed.set()
            if outcome is not None and self.progress and lease.kind.service is self.services[0]:
                self.progress(outcome)
        database.close_thread()

    def _execute(self, lease: Lease, at: ServiceConnection, grant: rate_limit.Grant) -> Outcome | None:
        try:
            place = (lease.repository_id, lease.kind.service)
            # What was granted before the service refused us is not sent; a probe (`grant.refused`) is.
            refused = self._repository_setups.stopped(place) and not grant.refused
            if self.stop.is_set() or refused:
                jobs.release([lease])
                return None
            if grant.probe and not at.answers():
                jobs.release([lease])
                return None
            outcome = execute(lease, at, grant)
            if outcome.kind is OutcomeKind.BLOCKED:
                self._repository_setups.stop(place)
            return outcome
        except DatabaseReplaced as error:
            self._replaced = error
            self.stop.set()
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
        try:
            database.require_same()
            heartbeats.send_heartbeat(self.name)
            blocking.retry_refused()
            if self._watch.set_back():
                stored_times.repair()
        except DatabaseReplaced:
            raise
        except DatabaseUnavailable:
            pass  # the next round says so

    def _close(self, pool: list[threading.Thread]) -> None:
        waiting = self._not_begun()
        for _ in pool:
            self._todo.put(None)
        until = time.monotonic() + (GRACE_SECONDS if self.stop.is_set() else float("inf"))
        for thread in pool:
            # In slices: a second signal must not wait for a thread.
            while thread.is_alive() and time.monotonic() < until:
                thread.join(0.1)
        with suppress(DoituiError, peewee.PeeweeException), self._patience():
            self._release(waiting)
            with suppress(DoituiError, peewee.PeeweeException):
                self._forget_settled()
            with suppress(DoituiError, peewee.PeeweeException):
                finished_runs.leave(self.name, drained=self._drains)

    def _patience(self) -> AbstractContextManager[None]:
        return database.hurried(LAST_LOCK_SECONDS) if self.stop.is_set() else nullcontext()

    def _forget_settled(self) -> None:
        """Remove jobs from `left` that another worker has done or taken meanwhile."""
        for some in in_chunks(sorted(self.summary.left), 500):
            settled = Job.status.in_((str(JobStatus.COMPLETED), str(JobStatus.PROCESSING)))
            for job in Job.select(Job.id).where(Job.id.in_(some), settled):
                del self.summary.left[job.id]

    def _not_begun(self) -> list[Lease]:
        """The claimed jobs that no thread has begun, removed from the queue: some in a run that is stopped."""
        waiting = []
        with suppress(queues.Empty):
            while handed := self._todo.get_nowait():
                waiting.append(handed[0])
        return waiting

    def _release(self, waiting: list[Lease]) -> None:
        """Release jobs that were not begun, and mark those that are still running as uncertain."""
        begun_not = {lease.job_id for lease in waiting}
        with self._lock:
            left = [lease for lease in self._in_hand.values() if lease.job_id not in begun_not]
        with suppress(DoituiError, peewee.PeeweeException):
            jobs.release(waiting)
            for lease in left:
                HANDLERS[lease.kind.service].release(lease)

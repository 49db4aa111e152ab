"""The worker: takes what is due, a few jobs at a time, and hands it to threads.

One dispatching thread asks the upstream row for tokens and only then claims that many jobs, repository by repository in
turn, and of each lane by lane: no lease waits for the rate limit, none starves another. Signals set a flag and nothing
else. Whatever kills it, the lease and the attempt row tell the next worker where to go on.
"""

from __future__ import annotations

import logging
import queue as queues
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress

import peewee

from doitui_core import database, queue, rests, statements, stored_times, upstream, workers
from doitui_core.desk import LOST
from doitui_core.errors import DatabaseReplaced, DatabaseUnavailable, DoituiError, Refused, RemoteFailed
from doitui_core.jobs import Lane, Status
from doitui_core.lanes import SERVICES, Desk, carry_out
from doitui_core.models import Job, Repository
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import ANY_ATTEMPTS, Lease
from doitui_core.setups import SetUps
from doitui_core.summary import Summary as Summary
from doitui_core.waiting import RESUME, Waits

log = logging.getLogger("doitui.worker")

#: Seconds between two looks at an empty queue, and between two heartbeats.
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0

#: Seconds a stopping worker gives the requests in hand before it lets them go as uncertain.
GRACE_SECONDS = 3.5

#: Seconds it then waits for a database that somebody else has locked: what is not noted is found out by the next one.
LAST_LOCK_SECONDS = 0.3

#: Seconds between two looks whether to stop while requests are under way.
GLANCE_SECONDS = 0.25

#: So many rounds in a row without the database end a run that drains. One without end waits for it.
ROUNDS = 5

#: Jobs claimed ahead for each thread, so that a thread never waits for a claim.
AHEAD = 2

_REPOSITORIES = statements.Select(Repository.select)

OUT = "{} is out of order: what is queued stays queued, and goes out when it is back"


def run(
    *,
    drain: bool = False,
    threads: int = 8,
    limit: int | None = None,
    every: float = POLL_SECONDS,
    stop: threading.Event | None = None,
    progress: Callable[[Outcome], object] | None = None,
    lanes: Sequence[Lane] = tuple(SERVICES),
    below: int = ANY_ATTEMPTS,
) -> Summary:
    """Work until `stop` is set; with `drain` until nothing is due; with `limit` until that many jobs are done.

    `threads` requests at once; `every`: seconds between looks at an empty queue. Both handlers of the caller and `stop`
    may come from other threads. `lanes`: the first is what the run is for: `drain` waits for its pace, `limit` and the
    summary are its own; the others get what their pace allows meanwhile. `below`: only jobs with fewer attempts.
    """
    return _Run(threads, limit, every, stop or threading.Event(), progress, lanes, below).work(drain)


def run_one(job_id: int) -> Outcome:
    """Do that job here and now, waiting for the rate limit. Raises `Refused` when somebody else has it."""
    job: Job = Job.get_by_id(job_id)
    stored_times.repair([job.repository])
    at = SERVICES[Lane(job.lane)].desk(job.repository)
    if job.repository.paused:
        code = at.config.code
        raise Refused(f"repository {code} is paused: `doitui queue resume --repository {code}` sends again", "paused")
    waits = Waits()
    while not (grant := upstream.take(at.upstream, 1, at.rate)).tokens:
        if grant.open:
            raise RemoteFailed(OUT.format(at.url))
        if grant.refused:
            break  # a person wants to see what it says now
        waits.note(upstream.in_words(at.upstream), grant.wait, RESUME)
        time.sleep(min(grant.wait, POLL_SECONDS))
    lease = queue.claim_one(workers.new_name(), job_id, at.policy)
    if lease is None:
        raise Refused(f"job {job_id} is in the hands of another worker, or done: `doitui queue show {job_id}`", "busy")
    return carry_out(lease, at, grant)


class _Run:
    """One call of `run`."""

    def __init__(
        self,
        threads: int,
        limit: int | None,
        every: float,
        stop: threading.Event,
        progress: Callable[[Outcome], object] | None,
        lanes: Sequence[Lane],
        below: int,
    ) -> None:
        self.name = workers.new_name()
        self.threads = threads
        self.limit = limit
        self.every = every
        self.stop = stop
        self.progress = progress
        self.lanes = lanes
        self.below = below
        self.summary = Summary(lanes[0])
        self._setups = SetUps(self.summary)
        self._todo: queues.SimpleQueue[tuple[Lease, Desk, upstream.Grant] | None] = queues.SimpleQueue()
        self._in_hand: dict[int, Lease] = {}
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._beat_at = 0.0
        self._served = 0
        self._claimed = 0
        self._rounds_without = 0
        self._replaced: DatabaseReplaced | None = None
        self._quiet_until: dict[Lane, float] = {}
        self._waits = Waits()
        self._watch = stored_times.Watch()

    def work(self, drain: bool) -> Summary:
        self._setups.logs = not drain
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
        """One round: claim what there is room for, or wait. True: this run is over."""
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
        """(jobs claimed, seconds until the rate limit of the first lane allows more; None: nothing was held back)."""
        if all(self._room(lane) <= 0 for lane in self.lanes):
            return 0, None
        waits: list[float] = []
        claimed = 0
        served: set[Lane] = set()
        stopped = self._setups.begin_round()
        # In turn: whoever comes after the one served last is first.
        repositories = sorted(_REPOSITORIES.all(), key=lambda row: (row.id <= self._served, row.id))
        for repository in (row for row in repositories if not row.paused):
            for lane in self.lanes:
                room = self._room(lane)
                if room <= 0 or not self._setups.ready(repository, lane, stopped):
                    continue
                due = queue.due(repository.id, room, lane=lane, below=self.below)
                if not due or not self._setups.works(repository, lane):
                    continue
                taken, wait = self._claim(repository, lane, due)
                claimed += taken
                if taken:
                    self._served = repository.id
                    served.add(lane)
                if wait and lane is self.lanes[0]:
                    waits.append(wait)
        self._quiet_until.update({lane: time.monotonic() + GLANCE_SECONDS for lane in self.lanes if lane not in served})
        return claimed, min(waits, default=None)

    def _room(self, lane: Lane) -> int:
        """How many jobs of the lane may be claimed. A lane beside the first gets its share of the threads at most:
        services that hang must not hold up the others. And while others work, one that had nothing is left alone.
        """
        with self._lock:
            mine = sum(lease.kind.lane is lane for lease in self._in_hand.values())
            room = self.threads * AHEAD - len(self._in_hand)
        if lane is not self.lanes[0]:
            if self._in_hand and time.monotonic() < self._quiet_until.get(lane, 0.0):
                return 0
            return min(room, max(self.threads // len(self.lanes), 1) - mine)
        # Claimed in handfuls: a claim for each single job would cost more than the job's own bookkeeping.
        room = room if room >= self.threads or not self._in_hand else 0
        return room if self.limit is None else min(room, self.limit - self._claimed)

    def _claim(self, repository: Repository, lane: Lane, due: int) -> tuple[int, float]:
        at = self._setups.desk(repository, lane)
        grant = upstream.take(at.upstream, due, at.rate)
        if not grant.tokens and (grant.open or grant.refused):
            # Not waited for: a run that drains would stay as long as the trouble.
            out = grant.refused or Outcome(Kind.RETRYABLE, "unreachable", OUT.format(at.url))
            self.summary.rests(lane, repository.code, out)
            return 0, 0.0
        leases = []
        if grant.tokens:
            leases = queue.claim(
                self.name,
                repository.id,
                at.policy,
                grant.tokens,
                lane=lane,
                rather_not=grant.not_job,
                below=self.below,
            )
        with self._lock:
            self._in_hand.update((lease.job_id, lease) for lease in leases)
        self._claimed += len(leases) if lane is self.lanes[0] else 0
        for lease in leases:
            self._todo.put((lease, at, grant))
        if not grant.tokens and lane is self.lanes[0]:
            self._waits.note(upstream.in_words(at.upstream), grant.wait, RESUME)
        return len(leases), grant.wait

    def _serve(self) -> None:
        """A thread: job after job until it is handed None."""
        while (handed := self._todo.get()) is not None:
            lease, at, grant = handed
            outcome = self._carry_out(lease, at, grant)
            with self._lock:
                self._in_hand.pop(lease.job_id, None)
            if outcome is not None:
                self.summary.add(lease, outcome)
            self._changed.set()
            if outcome is not None and self.progress and lease.kind.lane is self.lanes[0]:
                self.progress(outcome)
        database.close_thread()

    def _carry_out(self, lease: Lease, at: Desk, grant: upstream.Grant) -> Outcome | None:
        try:
            place = (lease.repository_id, lease.kind.lane)
            if self.stop.is_set() or self._setups.stopped(place):
                queue.release([lease])
                return None
            if grant.canary and not at.answers():
                queue.release([lease])
                return None
            outcome = carry_out(lease, at, grant)
            if outcome.kind is Kind.BLOCKED:
                self._setups.stop(place)
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
            workers.beat(self.name)
            rests.wake()
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
            self._let_go(waiting)
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

    def _not_begun(self) -> list[Lease]:
        """The claimed jobs that no thread has taken up, kept from them: some in a run that is stopped."""
        waiting = []
        with suppress(queues.Empty):
            while handed := self._todo.get_nowait():
                waiting.append(handed[0])
        return waiting

    def _let_go(self, waiting: list[Lease]) -> None:
        """Give back what waits. Of requests that outlasted the grace nobody knows what becomes: that is noted."""
        begun_not = {lease.job_id for lease in waiting}
        with self._lock:
            left = [lease for lease in self._in_hand.values() if lease.job_id not in begun_not]
        with suppress(DoituiError, peewee.PeeweeException):
            queue.release(waiting)
            for lease in left:
                SERVICES[lease.kind.lane].let_go(lease)

"""The queue alone: claim and finish, in one process and in four, one by one and fifty at a time.

The processes are real ones and open the database as `doitui work` does; each figure is what all of them did together.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from typing import Any

import filling
from ground import POSTGRES, SQLITE, Ground, Row, on_both

from doitui_core.db import database
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.queue import jobs
from doitui_core.queue.jobs import Policy
from doitui_core.views import dashboard_counts

#: (processes, jobs a claim) -> what DESIGN 8 asks for.
TARGETS = {
    SQLITE: {(1, 1): 800, (4, 1): None, (1, 50): None, (4, 50): None},
    POSTGRES: {(1, 1): None, (4, 1): 300, (1, 50): None, (4, 50): 9_000},
}

POLICY = Policy(lease=timedelta(minutes=5), backoff=timedelta(minutes=5))


def rows(ground: Ground) -> list[Row]:
    """Jobs a second."""
    return on_both(ground, lambda ground, name: list(_variants(ground, name)), "claim + finish")


def _variants(ground: Ground, name: str) -> Iterator[Row]:
    for (processes, size), least in TARGETS[name].items():
        single = "one by one" if size == 1 else f"{size} a claim, finished together"
        rate = _rate(ground, name, processes, size)
        yield Row(f"claim + finish, {processes} x {single}, {name}", rate, "jobs/s", least=least)


def _rate(ground: Ground, name: str, processes: int, size: int) -> float:
    with ground.store(name) as url:
        filling.pending_jobs(ground.sized(20_000 if size == 1 else 100_000))
        database.close()
        done, longest = _together(url, processes, size, ground.sized(30) / 10)
        database.open(url)
        completed = dashboard_counts.jobs()[JobStatus.COMPLETED]
        if completed != done:
            raise RuntimeError(f"{done} jobs were finished, {completed} are completed")
    return done / longest


def _together(url: str, processes: int, size: int, limit: float) -> tuple[int, float]:
    """(jobs done, seconds of the slowest) by `processes` that begin at the same moment."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_take, initargs=(barrier,)) as pool:
        found = [pool.submit(_serve, url, size, limit) for _ in range(processes)]
        results = [future.result() for future in found]
    return sum(done for done, _ in results), max(took for _, took in results)


_barrier: Any = None


def _take(barrier: Any) -> None:
    global _barrier
    _barrier = barrier


def _serve(url: str, size: int, limit: float) -> tuple[int, float]:
    """Claim and finish until the time is over or nothing is left."""
    database.open(url, durable=False)
    jobs.due(1, size)
    _barrier.wait(60)
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < limit:
        leases = jobs.claim("bench", 1, POLICY, size)
        if not leases:
            break
        jobs.finish_all(leases, JobStatus.COMPLETED)
        done += len(leases)
    took = time.perf_counter() - start
    database.close()
    return done, took

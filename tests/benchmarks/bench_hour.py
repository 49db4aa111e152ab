"""Screens that are left open for an hour, on a million DOIs and on both databases at once: does their memory grow?

Somebody else changes rows all the time, and every half minute somebody walks through the screens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from typing import Any

import filling
from bench_tui import CHANGED, DOIS, JOBS, MANY_JOBS, WALK
from ground import DATABASES, DOITUI, POSTGRES, Ground, Row, environment
from ptys import Terminal

from doitui_core.db import database

#: Seconds in all, and after which the memory is what the screens need: all of them have been seen.
HOUR, WARM = 3600, 300

#: Seconds between two changes, and between two walks.
CHANGE, WALKED = 2.0, 30.0

#: tui.md 6.2.
MOST_MB, GROWN_MB = 120, 5


def rows(ground: Ground) -> list[Row]:
    """Megabytes."""
    count, jobs = ground.sized(DOIS), ground.sized(MANY_JOBS if ground.large else JOBS)
    length = HOUR // 60 if ground.quick else HOUR
    names = [name for name in DATABASES if name != POSTGRES or ground.postgres]
    with ExitStack() as stack:
        watched = {name: stack.enter_context(_watched(ground, name, count, jobs)) for name in names}
        warm = _used(watched, count, length * WARM // HOUR)
        end = _used(watched, count, length - length * WARM // HOUR)
    told = [row for name in names for row in _told(name, warm[name], end[name], length)]
    return [Row("DOIs there are", count, "", beside=f"and {jobs:,} jobs"), *told]


def _told(name: str, warm: float, end: float, length: int) -> Iterator[Row]:
    yield Row(f"memory after {length // 60} minutes, {name}", end, "MB", most=MOST_MB)
    yield Row(f"  grown since the first {length * WARM // HOUR // 60} of them, {name}", end - warm, "MB", most=GROWN_MB)


Watched = tuple[Terminal, Callable[[str], Any]]


@contextmanager
def _watched(ground: Ground, name: str, count: int, jobs: int) -> Iterator[Watched]:
    """Screens on a database of `count` DOIs and so many jobs, and what runs a statement on it."""
    with ground.store(name) as url:
        filling.house(count, jobs)
        place = database.current().dialect
        database.close()
        with Terminal((DOITUI, "--database", url, "tui"), environment()) as screen, _writer(place) as run:
            screen.until(b"Newest DOIs")
            yield screen, run


@contextmanager
def _writer(place: Any) -> Iterator[Callable[[str], Any]]:
    if place.name == "sqlite":
        import sqlite3

        connection: Any = sqlite3.connect(place.path, isolation_level=None)
    else:
        import psycopg

        connection = psycopg.connect(place.url, autocommit=True)
    try:
        yield connection.execute
    finally:
        connection.close()


def _used(watched: dict[str, Watched], count: int, seconds: float) -> dict[str, float]:
    """The megabytes of each after so many seconds of use."""
    end, walk = time.monotonic() + seconds, time.monotonic()
    statuses = cycle(("registered", "findable"))
    while time.monotonic() < end:
        status, walks = next(statuses), time.monotonic() >= walk
        walk = time.monotonic() + WALKED if walks else walk
        for screen, run in watched.values():
            run(f"UPDATE doi SET status = '{status}' WHERE id > {count - CHANGED}")
            for key in WALK if walks else ():
                screen.press(key, 0.1)
            screen.quiet_for(CHANGE / len(watched))
            screen.seen = b""
    return {name: screen.memory_mb() for name, (screen, _) in watched.items()}

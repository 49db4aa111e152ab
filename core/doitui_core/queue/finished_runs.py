"""The runs that have ended, and when the next is expected: an archive whose work is done by cron has no worker between
them, and nothing is wrong with that.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from doitui_core.db import database
from doitui_core.db.models import FinishedRun, Worker
from doitui_core.queue import heartbeats

#: Runs that are kept: so many say how often they come.
KEPT = 50

#: How often runs come as long as the kept ones are of one day.
PRESUMED = timedelta(days=1)

#: How late the next may be: cron starts on time, but the machine may be busy. Else a tenth of the interval.
GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RunSchedule:
    """The last run that was to end when nothing was due, and by when the next one is expected to have begun."""

    last: FinishedRun
    next_by: datetime
    late: bool

    @property
    def message(self) -> str:
        """`last run (nightly) ended 2026-11-20 02:04Z, next expected by 2026-11-21 02:00Z`."""
        known = f"last run ({self.last.what}) ended {_minute(self.last.ended_at)}"
        return f"{known}, next {'was ' if self.late else ''}expected by {_minute(self.next_by)}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}"


@contextmanager
def noted(what: str) -> Iterator[None]:
    """Note the run that the block is, unless an error ends it."""
    started_at = database.now()
    yield
    with database.write():
        note(what, started_at, drained=True)


def note(what: str, started_at: datetime, *, drained: bool) -> None:
    """Note a run that ends now; what is older than the last `KEPT` goes. Inside `database.write()`."""
    row = FinishedRun.create(what=what, drained=drained, started_at=started_at, ended_at=database.now())
    FinishedRun.delete().where(FinishedRun.id <= row.id - KEPT).execute()


def leave(name: str, *, drained: bool) -> None:
    """Note that the worker `name` has ended in good order."""
    with database.write():
        row = Worker.get_or_none(Worker.name == name)
        if row is not None:
            row.delete_instance()
            note("work", row.started_at, drained=drained)


def interval(starts: Sequence[datetime]) -> timedelta:
    """How often runs come: the longest time between two of them, as a night may have several. `starts`: newest first,
    at least one.
    """
    longest = max((later - earlier for later, earlier in itertools.pairwise(starts)), default=timedelta())
    all_of_one_day = starts[0] - starts[-1] < PRESUMED and len(starts) < KEPT
    return max(longest, PRESUMED) if all_of_one_day else longest


def schedule() -> RunSchedule | None:
    """When the next run is expected. None while workers run, without any run, or if the last one was a service."""
    if Worker.select().where(heartbeats.alive()).exists():
        return None
    rows = list(FinishedRun.select().order_by(FinishedRun.started_at.desc(), FinishedRun.id.desc()).limit(KEPT))
    if not rows or not max(rows, key=lambda row: row.ended_at).drained:
        return None
    every = interval([row.started_at for row in rows])
    next_by = rows[0].started_at + every
    return RunSchedule(rows[0], next_by, database.now() > next_by + max(GRACE, every / 10))


def between_runs() -> bool:
    """Whether no worker has to run now: the next run is expected, and not late."""
    found = schedule()
    return found is not None and not found.late

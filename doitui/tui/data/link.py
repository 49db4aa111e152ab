"""The state of the link to the database, and when to try again. Pure: the time is an argument."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from doitui.tui.text import span

#: Seconds until the next read: normally, as users choose, and try by try while the database does not answer.
EVERY = 2.0
INTERVALS = (1.0, EVERY, 5.0, 15.0, 30.0, 60.0)
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)


@dataclass(frozen=True, slots=True)
class DatabaseLink:
    """`asked`: when the database answered last. `since`: when it was lost; None while it answers."""

    asked: datetime | None = None
    since: datetime | None = None
    now: datetime | None = None
    tries: int = 0
    why: str = ""
    paused: bool = False
    not_set_up: bool = False
    every: float = EVERY

    @property
    def lost(self) -> bool:
        """Whether the database does not answer."""
        return self.since is not None

    @property
    def wait(self) -> float:
        """Seconds until the next read."""
        if self.not_set_up:
            return EVERY
        return BACK_OFF[min(self.tries, len(BACK_OFF)) - 1] if self.lost else self.every

    @property
    def status_text(self) -> str:
        """The state for the top bar: live, PAUSED, LOST, NOT SET UP."""
        if self.not_set_up:
            return "NOT SET UP"
        if self.since is not None and self.now is not None:
            return f"LOST {span(self.now - self.since)}, try {self.tries}"
        if self.paused:
            return "PAUSED"
        return "live" if self.every == EVERY else f"live {self.every:.0f}s"

    @property
    def clock(self) -> str:
        """The time of the data on the screen, to the minute: it seldom changes, so it seldom has to be drawn."""
        return f"{self.asked:%H:%MZ}" if self.asked else "--:--"

    def paced(self, by: int) -> DatabaseLink:
        """The link with `by` steps longer, or shorter, between two reads."""
        at = min(max(INTERVALS.index(self.every) + by, 0), len(INTERVALS) - 1)
        return replace(self, every=INTERVALS[at])

    def alive(self, at: datetime) -> DatabaseLink:
        """The link after an answer. A paused screen keeps the time of its data."""
        return DatabaseLink(self.asked if self.paused else at, now=at, paused=self.paused, every=self.every)

    def failed(self, at: datetime, why: str, *, not_set_up: bool = False) -> DatabaseLink:
        """The link after an error. `not_set_up`: the database does not exist or has another schema."""
        return replace(self, since=self.since or at, now=at, tries=self.tries + 1, why=why, not_set_up=not_set_up)

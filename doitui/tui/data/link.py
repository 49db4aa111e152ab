"""How the link to the database is, and when it is tried again. Pure: time is handed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from doitui.tui.text import span

#: Seconds until the next look: while all is well, and one try after another while it is not.
EVERY = 2.0
INTERVALS = (1.0, EVERY, 5.0, 15.0, 30.0, 60.0)
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)


@dataclass(frozen=True, slots=True)
class DatabaseLink:
    """`asked`: when the database answered last. `since`: when it was lost, None while it is not."""

    asked: datetime | None = None
    since: datetime | None = None
    now: datetime | None = None
    tries: int = 0
    why: str = ""
    paused: bool = False
    set_up: bool = False
    every: float = EVERY

    @property
    def lost(self) -> bool:
        """Whether the database does not answer."""
        return self.since is not None

    @property
    def wait(self) -> float:
        """Seconds until the next look."""
        if self.set_up:
            return EVERY
        return BACK_OFF[min(self.tries, len(BACK_OFF)) - 1] if self.lost else self.every

    @property
    def status_text(self) -> str:
        """The state for the top bar: live, PAUSED, LOST, NOT SET UP."""
        if self.set_up:
            return "NOT SET UP"
        if self.since is not None and self.now is not None:
            return f"LOST {span(self.now - self.since)}, try {self.tries}"
        if self.paused:
            return "PAUSED"
        return "live" if self.every == EVERY else f"live {self.every:.0f}s"

    @property
    def clock(self) -> str:
        """As of when the screen is true: to the minute, so that it costs nothing while nothing happens."""
        return f"{self.asked:%H:%MZ}" if self.asked else "--:--"

    def paced(self, by: int) -> DatabaseLink:
        """Looking `by` steps more seldom, or more often."""
        at = min(max(INTERVALS.index(self.every) + by, 0), len(INTERVALS) - 1)
        return replace(self, every=INTERVALS[at])

    def alive(self, at: datetime) -> DatabaseLink:
        """It answered. What is held still is as old as it was."""
        return replace(self, asked=self.asked if self.paused else at, since=None, tries=0, why="", now=at, set_up=False)

    def failed(self, at: datetime, why: str, *, set_up: bool = False) -> DatabaseLink:
        """`set_up`: it is there, but not made ready yet."""
        return replace(self, since=self.since or at, now=at, tries=self.tries + 1, why=why, set_up=set_up)

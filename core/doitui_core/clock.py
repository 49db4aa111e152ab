"""The one source of "now": aware UTC datetimes, always passed in or asked of the open database.

In the database a time is a whole number of microseconds since 1970, and 0 means never: so every time column is NOT NULL
and lists can be paged by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from doitui_core.errors import BadInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: A clock: call it and it tells the time. Tests hand in their own.
Clock = Callable[[], datetime]

#: How long a measured distance to a server's clock is trusted, in seconds. Two good clocks drift far less in a minute.
RESYNC_SECONDS = 60.0


def system() -> datetime:
    """This host's time. Right where every process that compares times runs on this host (SQLite)."""
    return datetime.now(UTC)


class ServerClock:
    """The time of a server that all hosts share, asked once a minute and carried forward in between.

    Carried by the monotonic clock, so setting this host's clock changes nothing.
    """

    def __init__(self, ask: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._asked_at = -RESYNC_SECONDS - 1
        self._told = EPOCH

    def __call__(self) -> datetime:
        elapsed = self._monotonic() - self._asked_at
        if elapsed > RESYNC_SECONDS or self._told is EPOCH:
            self._told = self._ask()
            self._asked_at = self._monotonic()
            return self._told
        return self._told + timedelta(seconds=elapsed)


def micros(moment: datetime | None) -> int:
    """`moment` as the database keeps it: microseconds since 1970, 0 for None."""
    if moment is None:
        return 0
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(micros_since_1970: int) -> datetime | None:
    """The inverse of `micros`."""
    return EPOCH + timedelta(microseconds=micros_since_1970) if micros_since_1970 else None


def parse(text: str) -> datetime:
    """An aware UTC datetime from ISO 8601. Raises `BadInput` for anything else, and without a zone."""
    try:
        found = datetime.fromisoformat(text.strip())
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadInput(f"{text!r} is not a time with a time zone: write it as 2026-12-01T06:00Z")


def iso(instant: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`, to the second: `2026-11-20T09:30:00Z`."""
    if instant is None:
        return None
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"

"""The clock on the wall of `usage_timezone`: its hours and days, as numbers since 1970, and the moments they hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from doitui_core.clock import EPOCH
from doitui_core.domain import months
from doitui_core.usage.counter import HOUR

#: Microseconds. No zone has an offset finer than that any more, or changes it in between.
QUARTER = HOUR // 4

HOURS_A_DAY = 24

FIRST_DAY = EPOCH.date()


class Zone:
    """One time zone, by its name in the tz database."""

    def __init__(self, name: str) -> None:
        self.name = name
        # A small container may have no tz database, and needs none for UTC.
        self._zone: tzinfo = UTC if name == "UTC" else ZoneInfo(name)
        self._shifts: dict[int, int] = {}

    def hour(self, time: int) -> int:
        """The hour in which `time`, in microseconds, falls."""
        quarter = time // QUARTER
        shift = self._shifts.get(quarter)
        if shift is None:
            shift = self._shifts[quarter] = self._shift(quarter * QUARTER)
        return (time + shift) // HOUR

    def hours(self, times: Iterable[int]) -> set[int]:
        """The hours in which `times` fall; asked for each quarter of an hour only."""
        return {self.hour(quarter * QUARTER) for quarter in {time // QUARTER for time in times}}

    def _shift(self, time: int) -> int:
        offset = (EPOCH + timedelta(microseconds=time)).astimezone(self._zone).utcoffset()
        return (offset or timedelta()) // timedelta(microseconds=1)

    def bounds(self, hour: int) -> tuple[int, int]:
        """(first, after the last) microsecond of `hour`. An hour that daylight saving repeats has two."""
        begin = EPOCH.replace(tzinfo=None) + timedelta(hours=hour)
        last = begin + timedelta(hours=1, microseconds=-1)
        return min(self._moments(begin)), max(self._moments(last)) + 1

    def _moments(self, wall: datetime) -> list[int]:
        """The times at which the clock showed `wall`: two where daylight saving ends."""
        shown = [wall.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        return [(moment - EPOCH) // timedelta(microseconds=1) for moment in shown]

    def start_of_day(self, day: int) -> int:
        """The first microsecond of `day`."""
        return self.bounds(day * HOURS_A_DAY)[0]


def day_of(date_: date) -> int:
    """Days since 1970."""
    return (date_ - FIRST_DAY).days


def date_of(day: int) -> date:
    """The inverse of `day_of`."""
    return FIRST_DAY + timedelta(days=day)


def days_of_month(month: str) -> range:
    """The days of `YYYY-MM`. Raises `BadInput`."""
    hours = hours_of_month(month)
    return range(hours.start // HOURS_A_DAY, hours.stop // HOURS_A_DAY)


def hours_of_month(month: str) -> range:
    """The hours of `YYYY-MM`. Raises `BadInput`."""
    months.check(month)
    first = date(int(month[:4]), int(month[5:]), 1)
    after = (first + timedelta(days=31)).replace(day=1)
    return range(day_of(first) * HOURS_A_DAY, day_of(after) * HOURS_A_DAY)

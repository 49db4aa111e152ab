"""Hours and days on the wall, and the moments they hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from doitui_core.errors import BadInput
from doitui_core.usage.counter import HOUR
from doitui_core.usage.zone import Zone, date_of, days_of_month, hours_of_month


def micros(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("zone", "moment", "hour"),
    [
        ("UTC", "2026-11-20T10:30:00+00:00", 10),
        ("Europe/Berlin", "2026-11-20T10:30:00+00:00", 11),
        ("Europe/Berlin", "2026-07-20T10:30:00+00:00", 12),
        ("Asia/Kolkata", "2026-11-20T10:30:00+00:00", 16),
        ("Asia/Kolkata", "2026-11-20T10:29:59+00:00", 15),
    ],
)
def test_the_hour_is_that_on_the_wall(zone: str, moment: str, hour: int) -> None:
    assert Zone(zone).hour(micros(moment)) % 24 == hour


def test_an_hour_holds_just_the_moments_that_fall_in_it(check_all: Callable[..., None]) -> None:
    def check(zone: str, day: str) -> None:
        known = Zone(zone)
        for quarter in range(96):
            time = micros(f"{day}T00:00:00+00:00") + quarter * HOUR // 4
            start, end = known.bounds(known.hour(time))
            assert start <= time < end
            assert known.hour(start - 1) != known.hour(time) != known.hour(end)

    check_all(
        check,
        ["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland"],
        ["2026-11-20", "2026-10-25", "2026-03-29", "2026-04-05", "2026-10-04"],
    )


def test_an_hour_that_daylight_saving_repeats_has_two_hours() -> None:
    berlin = Zone("Europe/Berlin")
    start, end = berlin.bounds(berlin.hour(micros("2026-10-25T00:30:00+00:00")))
    assert end - start == 2 * HOUR


def test_a_month_has_its_days_and_hours() -> None:
    days, hours = days_of_month("2024-02"), hours_of_month("2024-02")
    assert (date_of(days.start).isoformat(), len(days), len(hours)) == ("2024-02-01", 29, 29 * 24)


@pytest.mark.parametrize("month", ["", "2024", "2024-13", "2024-00", "24-01", "2024-1", "0000-01"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(BadInput, match="is not a month: use YYYY-MM"):
        days_of_month(month)

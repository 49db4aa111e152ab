"""Times, and the clock that all hosts share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.clock import RESYNC_SECONDS, ServerClock, iso, micros, moment, system

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Server:
    """A server's clock and this host's monotonic one, moved by hand."""

    def __init__(self) -> None:
        self.asked = 0
        self.seconds = 0.0

    def time(self) -> datetime:
        self.asked += 1
        return NOON + timedelta(hours=self.asked - 1)

    def monotonic(self) -> float:
        return self.seconds


def test_the_server_is_asked_once_and_its_time_carried_forward() -> None:
    server = Server()
    clock = ServerClock(server.time, server.monotonic)
    clock()
    server.seconds = 59
    assert (clock(), server.asked) == (NOON + timedelta(seconds=59), 1)


def test_the_server_is_asked_again_after_a_minute() -> None:
    server = Server()
    clock = ServerClock(server.time, server.monotonic)
    clock()
    server.seconds = RESYNC_SECONDS + 1
    assert clock() == NOON + timedelta(hours=1)


@given(st.datetimes(min_value=datetime(1970, 1, 1, 0, 0, 1), timezones=st.just(UTC)))
def test_a_time_comes_back_from_the_database_as_it_went_in(instant: datetime) -> None:
    assert moment(micros(instant)) == instant


def test_never_is_nought_and_comes_back_as_none() -> None:
    assert (micros(None), moment(0)) == (0, None)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (None, None),
        (datetime(2026, 11, 20, 9, 30, 0, 999_999, tzinfo=UTC), "2026-11-20T09:30:00Z"),
        (datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=2))), "2026-11-20T07:30:00Z"),
    ],
)
def test_times_are_reported_in_utc_to_the_second(instant: datetime | None, text: str | None) -> None:
    assert iso(instant) == text


def test_the_hosts_time_knows_its_zone() -> None:
    assert system().tzinfo is UTC

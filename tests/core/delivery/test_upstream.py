"""The row that all processes share: how fast one may ask, and until when nobody may."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.queue import rate_limit
from doitui_core.queue.rate_limit import Grant

NAME = "rest https://api.example.org demo.repo"

RATE = 100
SECONDS = 3
PROCESSES = 4

#: One of the processes: from an instant that all share, take what is granted for some seconds; print how much it was.
TAKER = """
import sys, time
from doitui_core.db import database
from doitui_core.queue import rate_limit
url, name, rate, begin, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])
database.open(url, durable=False)
time.sleep(max(0.0, begin - time.time()))
total = 0
while time.time() < begin + seconds:
    grant = rate_limit.take(name, 4, rate)
    total += grant.tokens
    time.sleep(min(grant.wait, max(0.0, begin + seconds - time.time())))
print(total)
"""


def take_all(rate: float) -> int:
    """Everything that is granted at this instant."""
    return sum(iter(lambda: rate_limit.take(NAME, 10_000, rate).tokens, 0))


# Three more processes than cores: on a busy machine one of them starts late and the last second is not shared.
@pytest.mark.flaky(reruns=2)
def test_four_processes_share_a_limit_and_keep_it_within_two_percent(database_url: str) -> None:
    database.create(database_url)
    begin = time.time() + 1.5
    arguments = [database_url, NAME, str(RATE), str(begin), str(SECONDS)]
    takers = [
        subprocess.Popen([sys.executable, "-c", TAKER, *arguments], stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    while time.time() < begin:
        take_all(RATE)
    granted = sum(int(taker.communicate(timeout=60)[0]) for taker in takers)
    database.close()
    assert granted == pytest.approx(RATE * SECONDS, rel=0.02)


@pytest.mark.parametrize(("rate", "burst"), [(100.0, 400), (2.5, 10), (1.0, 4), (0.1, 1)])
def test_after_a_rest_four_seconds_worth_may_go_at_once(store: str, rate: float, burst: int) -> None:
    assert take_all(rate) == burst


def test_after_the_burst_the_wait_is_one_interval(store: str, clock: Any) -> None:
    take_all(2.0)
    assert rate_limit.take(NAME, 1, 2.0) == Grant(0, 0.5)
    clock.forward(seconds=0.5)
    assert rate_limit.take(NAME, 5, 2.0) == Grant(1)


def test_a_long_rest_earns_no_more_than_the_burst(store: str, clock: Any) -> None:
    take_all(2.5)
    clock.forward(days=1)
    assert take_all(2.5) == 10


def test_no_more_is_granted_than_was_asked_for(store: str) -> None:
    assert rate_limit.take(NAME, 3, 100.0) == Grant(3)


def test_a_request_that_could_not_wait_is_paid_for_afterwards(store: str) -> None:
    take_all(2.0)
    rate_limit.spend(NAME, 2.0)
    assert rate_limit.take(NAME, 1, 2.0) == Grant(0, 1.0)


@pytest.mark.parametrize("rate", [None, 100.0])
def test_a_pause_stops_everybody(store: str, clock: Any, rate: float | None) -> None:
    rate_limit.pause(NAME, clock.now.replace(second=30))
    assert rate_limit.take(NAME, 1, rate) == Grant(0, 30.0)


def test_a_pause_ends(store: str, clock: Any) -> None:
    rate_limit.pause(NAME, clock.now.replace(second=30))
    clock.forward(seconds=30)
    assert rate_limit.take(NAME, 1, 100.0) == Grant(1)


def test_a_later_pause_is_not_shortened(store: str, clock: Any) -> None:
    for second in (30, 10):
        rate_limit.pause(NAME, clock.now.replace(second=second))
    assert rate_limit.take(NAME, 1, None) == Grant(0, 30.0)


def test_a_pause_of_one_service_is_not_another_ones(store: str, clock: Any) -> None:
    rate_limit.pause(NAME, clock.now.replace(second=30))
    assert rate_limit.take("rest https://api.example.org other.repo", 1, None) == Grant(1)


def test_without_a_limit_all_is_granted(store: str) -> None:
    assert rate_limit.take(NAME, 5000, None) == Grant(5000)


def test_after_a_pause_the_pace_is_halved_for_five_minutes(store: str, clock: Any) -> None:
    rate_limit.pause(NAME, clock.now + timedelta(seconds=30))
    clock.forward(seconds=30)
    burst = take_all(2.0)
    assert (burst, rate_limit.take(NAME, 1, 2.0).wait) == (4, 1.0)


def test_after_the_five_minutes_the_pace_is_whole_again(store: str, clock: Any) -> None:
    rate_limit.pause(NAME, clock.now + timedelta(seconds=30))
    clock.forward(seconds=330)
    assert take_all(2.0) == 8

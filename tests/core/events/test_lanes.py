"""Events beside DOIs in one worker: neither starves or hangs the other, and each keeps its own pace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_core.db import database
from doitui_core.db.models import Doi, Record
from doitui_core.domain.job_kinds import Service
from doitui_core.operations import doi_actions
from doitui_core.worker import worker

OBJECTS = [f"https://doi.org/10.1234/{number}" for number in range(40)]


@pytest.fixture
def busy(office: Any, sandbox: Sandbox, a_record: Callable[..., Record]) -> Any:
    """Six DOIs wait for the sandbox, and forty events, which came first."""
    office.reach(sandbox.url, token=False, datacite_url=sandbox.url, lease_seconds="60")
    office.keep(*OBJECTS)
    for number in range(6):
        a_record(f"new-{number}")
        doi_actions.mint(f"new-{number}")
    return office


def findable() -> int:
    return Doi.select().where(Doi.doi.startswith("10.5072/h/2026/new-"), Doi.status == "findable").count()


def test_both_are_done_in_one_run(busy: Any) -> None:
    worker.run(drain=True, threads=4)

    assert (findable(), set(busy.states())) == (6, {"submitted"})


def test_the_summary_tells_events_beside(busy: Any) -> None:
    summary = worker.run(drain=True, threads=4)

    assert (summary.taken, summary.outcomes, summary.other_services) == (6, {"done": 6}, {Service.EVENTS: {"done": 40}})


def test_progress_is_that_of_dois(busy: Any) -> None:
    told: list[Any] = []
    worker.run(drain=True, threads=4, progress=told.append)

    assert len(told) == 6


def test_a_limit_is_one_of_dois(busy: Any) -> None:
    summary = worker.run(drain=True, threads=4, limit=2)

    assert (summary.taken, findable()) == (2, 2)


def test_many_events_do_not_starve_mints(busy: Any) -> None:
    """At the end of a run for all DOIs most events still wait."""
    busy.keep(*(f"https://e.org/{number}" for number in range(1000)))
    worker.run(drain=True, threads=2, limit=6)

    assert (findable(), busy.states().count("pending") > 500) == (6, True)


def test_draining_does_not_wait_for_the_pace_of_events(busy: Any) -> None:
    """The clock stands still: to wait would be for ever."""
    busy.settings(event_rate_limit="1")
    worker.run(drain=True, threads=4)

    assert (findable(), busy.states().count("submitted")) == (6, 1)


def test_a_flush_keeps_the_pace_of_events(busy: Any) -> None:
    busy.settings(event_rate_limit="600")
    over = threading.Event()

    def tick() -> None:
        while not over.wait(0.01):
            busy.clock.forward(seconds=1)

    began = busy.clock.now
    thread = threading.Thread(target=tick)
    thread.start()
    busy.flush(limit=None)
    over.set()
    thread.join()
    seconds = (busy.clock.now - began).total_seconds()

    assert (busy.states().count("submitted"), seconds >= 36 / 10) == (40, True)


def test_a_flush_writes_no_doi(busy: Any) -> None:
    busy.flush()

    assert (findable(), busy.states().count("submitted")) == (0, 40)


def test_a_flush_of_a_few_sends_a_few(busy: Any) -> None:
    summary = busy.flush(limit=7)

    assert (summary.taken, busy.states().count("submitted")) == (7, 7)


@pytest.mark.parametrize("threads", [2, 8])
def test_an_events_api_that_hangs_does_not_hold_up_mints(busy: Any, stuck: Any, threads: int) -> None:
    busy.settings(events_url=stuck.url)
    stop, tick = threading.Event(), threading.Event()

    def run() -> None:
        worker.run(threads=threads, every=0.05, stop=stop)
        database.close_thread()

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(1000):
        if findable() == 6 and stuck.seen:
            break
        tick.wait(0.02)
    minted, hanging = findable(), len(stuck.seen)
    stuck.act = bool
    stop.set()
    thread.join()

    assert (minted, 0 < hanging <= threads // 2) == (6, True)


def test_an_events_api_that_is_out_of_order_does_not_hold_up_mints(busy: Any) -> None:
    busy.settings(events_url="http://127.0.0.1:9")
    summary = worker.run(drain=True, threads=4)

    assert (findable(), summary.outcomes, summary.blocked) == (6, {"done": 6}, {})


def test_an_outage_of_the_events_api_costs_no_attempt(busy: Any) -> None:
    busy.settings(events_url="http://127.0.0.1:9")
    for _ in range(12):
        busy.later(minutes=6)

    assert set(busy.states()) == {"pending"}


def test_after_an_outage_all_events_go_out(busy: Any, sandbox: Sandbox) -> None:
    busy.settings(events_url="http://127.0.0.1:9")
    busy.later(minutes=6)
    busy.settings(events_url=sandbox.url)
    busy.later(hours=2)

    assert set(busy.states()) == {"submitted"}

"""The live demo without its screens: it mints, shows an outage, and leaves no process behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doitui.demo.environment import DemoEnvironment
from doitui.demo.live import LiveDemo

PATIENCE = 60


def comes_true(so: Callable[[], Any]) -> bool:
    """Whether the condition is true within `PATIENCE` seconds."""
    tick = threading.Event()
    return any(so() or tick.wait(0.2) for _ in range(PATIENCE * 5))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveDemo]:
    live = LiveDemo(DemoEnvironment(tmp_path / "demo", lambda _: None))
    try:
        live.start()
        yield live
    finally:
        live.stop()


def test_dois_are_minted_and_visits_are_noted(live: LiveDemo) -> None:
    assert comes_true(lambda: live.environment.ask("status")["dois"]["findable"] >= 3)
    assert comes_true(lambda: live.environment.ask("status")["spool"]["bytes"] > 0)


def test_an_outage_opens_the_breaker_and_costs_nothing(live: LiveDemo) -> None:
    assert live.toggle_outage()
    assert comes_true(lambda: any(row["out_since"] for row in live.environment.ask("status")["upstreams"]))
    assert not live.toggle_outage()


def test_no_process_runs_after_stop(live: LiveDemo) -> None:
    live.stop()
    assert live.environment.running() == 0

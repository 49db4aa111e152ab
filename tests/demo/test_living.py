"""The living demo, without its screens: it lives, an outage is felt, and nothing of it is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doitui.demo.living import Living
from doitui.demo.stage import Stage

PATIENCE = 60


def comes_true(so: Callable[[], Any]) -> bool:
    """Whether it is so within `PATIENCE` seconds."""
    tick = threading.Event()
    return any(so() or tick.wait(0.2) for _ in range(PATIENCE * 5))


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Living]:
    living = Living(Stage(tmp_path / "demo", lambda _: None))
    try:
        living.start()
        yield living
    finally:
        living.stop()


def test_dois_are_minted_and_visits_are_noted(living: Living) -> None:
    assert comes_true(lambda: living.stage.ask("status")["dois"]["findable"] >= 3)
    assert comes_true(lambda: living.stage.ask("status")["spool"]["bytes"] > 0)


def test_an_outage_opens_the_breaker_and_costs_nothing(living: Living) -> None:
    assert living.toggle_outage()
    assert comes_true(lambda: any(row["out_since"] for row in living.stage.ask("status")["upstreams"]))
    assert not living.toggle_outage()


def test_nothing_goes_on_when_it_is_over(living: Living) -> None:
    living.stop()
    assert living.stage.running() == 0

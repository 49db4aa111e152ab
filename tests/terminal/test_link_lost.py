"""The wire between the screens and their database is cut and restored; the worker, elsewhere, goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def address(postgres_schema: str) -> str:
    return postgres_schema


def test_a_link_that_is_lost_keeps_what_is_shown_and_comes_back(
    world: Any, tmux: Callable[..., Any], relayed: Any
) -> None:
    world.records("ms-1")
    world.start_worker()
    with relayed(world.environment["DOITUI_DATABASE"]) as (relay, through):
        screen = tmux("--database", through, "tui", "--write")
        screen.until("total 0")
        screen.keys("5")
        screen.until("ms-1", "1 of 1")
        relay.cut()
        screen.until("LOST", "ms-1")
        screen.keys("M")
        screen.until("nothing can be changed now")
        world.mint_all()
        world.until("findable", 1)
        relay.restore()
        assert screen.until("live", "Nothing to mint")

"""The screens are left while an answer is on its way: it finds nobody, and nothing goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("section", ["dashboard", "dois", "queue", "events", "reports", "doctor"])
def test_an_answer_that_comes_while_the_screens_are_taken_down_is_left(
    house: str, operate: Callable[..., Any], section: str
) -> None:
    async def leave(pilot: Any) -> None:
        app, screen = pilot.app, pilot.app.screen

        def late() -> None:
            while app.is_running:
                time.sleep(0.0001)

        def tell(_: None) -> None:
            sections.append(section)
            screen.reload()

        app.slow.ask("late", late, tell, lambda error: None)

    sections: list[str] = []
    operate(leave, start=section)
    assert not sections

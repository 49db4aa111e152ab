"""Keys that come in one burst, as a slow link delivers them: each meets what the one before it has left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual import events

from doitui.tui.acts.dialogs import Dialog

Operate = Callable[..., Any]
Press = Callable[..., Any]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def burst(pilot: Any, *names: str) -> None:
    for name in names:
        pilot.app._driver.process_message(events.Key(name, name if len(name) == 1 else None))


def test_keys_after_the_key_of_a_section_meet_that_section(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> tuple[str, str]:
        burst(pilot, "2", "slash", *"DUR")
        await press(pilot)
        return pilot.app.screen_name, pilot.app.focused.value

    assert operate(look, start="dois", write=True) == ("queue", "DUR")


def test_text_that_comes_with_the_key_of_the_filter_never_acts(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> tuple[bool, str]:
        burst(pilot, "slash", *"Dune")
        await press(pilot)
        return isinstance(pilot.app.screen, Dialog), pilot.app.focused.value

    assert operate(look, start="dois", write=True) == (False, "Dune")


def test_keys_after_a_sheet_was_opened_stay_there(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> str:
        burst(pilot, "question_mark", "j", "j", "escape", "4")
        await press(pilot)
        return str(pilot.app.screen_name)

    assert operate(look, start="dashboard") == "dois"


def test_a_key_whose_screen_went_away_holds_nothing_up(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> str:
        burst(pilot, "enter", "escape", "enter", "escape", "enter", "q", "6")
        await press(pilot)
        return str(pilot.app.screen_name)

    assert operate(look, start="dois") == "reports"

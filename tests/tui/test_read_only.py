"""Without --write, or without being an operator, nothing that writes can be done, on any screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui.tui import actions
from doitui.tui.actions import Action
from doitui_core.db.models import DoiLog, Job, Repository, Setting
from doitui_core.operations import change_settings

WRITES = [
    (screen, action) for screen in (*actions.ALL, "doi") for action in actions.for_screen(screen) if action.writes
]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def everything() -> list[Any]:
    return [list(table.select().order_by(table.id).dicts()) for table in (DoiLog, Job, Repository, Setting)]


@pytest.mark.parametrize(("screen", "action"), WRITES, ids=lambda part: getattr(part, "id", part))
def test_read_only_blocks_what_writes(
    house: str,
    operate: Callable[..., Any],
    press: Callable[..., Any],
    toasts: Callable[..., list[str]],
    screen: str,
    action: Action,
) -> None:
    before = everything()

    async def attempt(pilot: Any) -> tuple[bool, str]:
        if screen == "doi":
            await press(pilot, "enter")
        await press(pilot, action.keys)
        return len(pilot.app.screen_stack) == (2 if screen == "doi" else 1), toasts(pilot)[-1]

    no_dialog, message = operate(attempt, start="dois" if screen == "doi" else screen)
    assert (no_dialog, "doitui tui --write" in message, everything() == before) == (True, True, True)


def test_who_is_no_operator_may_not_write(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], toasts: Callable[..., list[str]]
) -> None:
    change_settings.set_setting("operators", "bo carl")

    async def attempt(pilot: Any) -> str:
        await press(pilot, "U")
        return toasts(pilot)[-1]

    assert "ana is not in the setting operators (bo, carl)" in operate(attempt, start="dois", write=True)


def test_an_operator_may_write(house: str, operate: Callable[..., Any]) -> None:
    change_settings.set_setting("operators", "ana bo")

    async def look(pilot: Any) -> bool:
        return bool(pilot.app.may_write)

    assert operate(look, start="dois", write=True)

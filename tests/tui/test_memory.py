"""Screens that stay open for days: what was closed is let go."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

Operate = Callable[..., Any]
Press = Callable[..., Any]


def test_a_closed_sheet_leaves_nothing_that_was_painted_behind(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> int:
        await press(pilot, "question_mark")
        painted = [weakref.ref(widget._styles_cache) for widget in pilot.app.screen.walk_children()]
        assert painted
        await press(pilot, "escape")
        gc.collect()
        return sum(lines() is not None for lines in painted)

    assert operate(look, start="dois") == 0

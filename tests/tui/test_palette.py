"""The palette leads to every act of the screen it was opened from, and to any DOI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui.tui import actions
from doitui_core.db import database
from doitui_core.db.models import RateLimit

Operate = Callable[..., Any]
Press = Callable[..., Any]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("screen", [*actions.ALL, "doi"])
def test_every_entry_can_be_chosen(house: str, operate: Operate, press: Press, screen: str) -> None:
    """Read-only: what writes is refused, all else is done."""

    async def choose(pilot: Any) -> list[str]:
        chosen = []
        for action in actions.for_screen(screen):
            if action.id in ("quit", "palette"):
                continue
            if screen == "doi":
                pilot.app.show_list("dois", "")
                await press(pilot)
                await press(pilot, "enter")
            else:
                await press(pilot, str(actions.ALL.index(screen) + 1))
            pilot.app.shown_section.action_act(action.id)
            await press(pilot)
            chosen.append(action.id)
            await press(pilot, "escape")
        return chosen

    wanted = [action.id for action in actions.for_screen(screen) if action.id not in ("quit", "palette")]
    assert operate(choose, start="dois" if screen == "doi" else screen) == wanted


@pytest.mark.parametrize(
    "typed", ["10.5072/h/2026/ms-6", "https://doi.org/10.5072/h/2026/ms-6", "doi:10.5072%2Fh/2026/ms-6"]
)
def test_a_doi_that_is_typed_opens_the_list_where_it_stands(
    house: str, operate: Operate, press: Press, seen: Callable[..., str], typed: str
) -> None:
    async def look(pilot: Any) -> str:
        await press(pilot, "colon", *typed)
        await press(pilot, "enter")
        await press(pilot)
        return seen(pilot)

    shown = operate(look, start="queue")
    assert ("/ doi:10.5072/h/2026/ms-6" in shown, "1 of 1" in shown) == (True, True)


def test_a_page_that_was_left_open_does_not_stand_in_the_way(
    house: str, operate: Operate, press: Press, seen: Callable[..., str]
) -> None:
    """From the dashboard into a list over which the page of a DOI was left open."""

    async def look(pilot: Any) -> str:
        await press(pilot, "2", "enter", "1", "j", "enter")
        await press(pilot)
        return seen(pilot)

    shown = operate(look, start="dashboard")
    assert "/ status:failed cause:metadata" in shown, shown


@pytest.mark.parametrize(("service", "section"), [("rest", "queue"), ("events", "events"), ("reports", "reports")])
def test_what_needs_attention_leads_to_where_it_can_be_seen(
    house: str, operate: Operate, press: Press, service: str, section: str
) -> None:
    RateLimit.create(name=f"{service} http://127.0.0.1:1 demo.repo", opened_at=database.now())

    async def look(pilot: Any) -> str:
        await press(pilot, "enter")
        await press(pilot)
        return str(pilot.app.screen_name)

    assert operate(look, start="dashboard") == section

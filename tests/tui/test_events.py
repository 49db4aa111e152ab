"""The screen of events: what is told above the list, its tabs, and what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from doitui.tui.acts.dialogs import IGNORE_FOR
from doitui_core.db import database
from doitui_core.db.models import Event, RateLimit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Shown = Callable[..., str]


@pytest.fixture
def shown(house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]) -> Shown:
    """`shown(*keys, answer=…)`: what stands on the screen of events after these keys, and the answer to a question."""

    def look(*keys: str, answer: tuple[str, ...] = (), write: bool = False) -> str:
        async def script(pilot: Any) -> str:
            await press(pilot, *keys)
            if answer:
                await asyncio.sleep(IGNORE_FOR)
                await press(pilot, *answer)
            notes = [note.message for note in pilot.app._notifications]
            return "\n".join([seen(pilot), *notes])

        return str(operate(script, start="events", write=write))

    return look


def test_every_event_is_listed_with_its_state(shown: Shown) -> None:
    screen = shown()
    assert [word in screen for word in ("+ submitted", "! failed", ". pending", "1,432")] == [True] * 4


def test_a_tab_shows_one_state(shown: Shown) -> None:
    screen = shown(*["right_square_bracket"] * 3)
    assert ("[failed 1]" in screen, "1 of 1" in screen) == (True, True)


def test_that_no_worker_runs_is_reported_above(shown: Shown) -> None:
    assert "no worker is running" in shown()


@pytest.mark.parametrize(
    ("cause", "error"),
    [("credentials", "HTTP 401: stale or wrong token"), ("forbidden", "events are kept, not sent")],
)
def test_a_refusal_is_reported_above(shown: Shown, cause: str, error: str) -> None:
    name = "events http://127.0.0.1:1 demo.repo"
    RateLimit.create(name=name, blocked_at=database.now(), blocked_cause=cause, blocked_error=error)
    assert error in shown()


def test_enter_opens_the_page_of_the_doi(shown: Shown) -> None:
    assert "Letters from the marsh" in shown("enter")


def test_a_failed_event_is_put_back(shown: Shown) -> None:
    shown("exclamation_mark", "R", answer=("enter",), write=True)
    assert [row.state for row in Event.select().order_by(Event.id)] == ["submitted", "pending", "pending"]


def test_an_event_that_waits_is_not_put_back(shown: Shown) -> None:
    assert "only failed events" in shown("R", write=True)


def test_a_flush_asks_first(shown: Shown) -> None:
    assert "doitui event flush" in shown("F", write=True)


def test_a_filter_narrows_the_list(shown: Shown) -> None:
    assert "1 of 1" in shown("slash", *"orcid", "enter")


@pytest.fixture
def of_a_doi(house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]) -> Shown:
    """The events on the page of a DOI."""

    def look(doi: str, size: tuple[int, int] = (80, 24)) -> str:
        async def script(pilot: Any) -> str:
            pilot.app.screen.show_only(f"doi:{doi}")
            await press(pilot)
            await press(pilot, "f5", "enter", *["left_square_bracket"] * 2)
            return seen(pilot)

        return str(operate(script, start="dois", size=size))

    return look


def test_the_page_of_a_doi_has_its_events_newest_first(of_a_doi: Shown) -> None:
    event = Event.select().order_by(Event.id.desc()).get()
    screen = of_a_doi(event.doi.doi)
    assert ("[Events " in screen, event.relation_type_id in screen, event.obj_id in screen) == (True, True, True)


def test_the_page_says_what_is_no_longer_stated_and_why_one_failed(of_a_doi: Shown) -> None:
    event = Event.get(Event.state == "failed")
    Event.update(in_metadata=False).where(Event.id == event.id).execute()
    screen = of_a_doi(event.doi.doi, (140, 40))
    assert ("no longer in the metadata" in screen, event.last_error in screen) == (True, True)


def test_the_page_of_a_doi_without_events_says_where_they_come_from(of_a_doi: Shown) -> None:
    assert "No events of this DOI yet." in of_a_doi("10.5072/h/2026/ms-10")

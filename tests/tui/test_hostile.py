"""Nothing that comes from outside steers the terminal: on no list, no page, in no question and no toast."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len

from doitui.tui.acts.dialogs import IGNORE_FOR
from doitui_core.db.models import Attempt, Doi, Event, Job, RateLimit, Record
from doitui_core.operations import change_settings

#: Where a title, a reason or an error of the outside world is shown: screen, keys.
PLACES = {
    "the DOI list": ("dois", ()),
    "the DOI list, beside": ("dois", ("j",)),
    "a DOI's page": ("dois", ("j", "enter")),
    "a DOI's log": ("dois", ("j", "enter", "right_square_bracket")),
    "a DOI's metadata": ("dois", ("j", "enter", *["right_square_bracket"] * 3)),
    "the queue": ("queue", tuple("jjjjj")),
    "the question before an act": ("dois", ("j", "U")),
    "the dashboard": ("dashboard", ()),
    "the records to mint": ("mint", ("G",)),
    "what a check says": ("mint", ("A", "c")),
    "the events": ("events", ("j", "j")),
    "the reports": ("reports", ("right_square_bracket",)),
    "the doctor": ("doctor", ()),
    "the log of acts": ("dashboard", ("L",)),
    "the palette": ("dois", ("colon", *"10.5/[/x]")),
    **{
        f"a DOI's {tab}": ("dois", ("j", "enter", *["right_square_bracket"] * at))
        for tab, at in (("requests", 2), ("usage", 5), ("events", 6), ("jobs", 7))
    },
}

#: What a title, a name and an address may hold.
BAD = "\x1b[2J\x1b]0;owned\x07[/b][@click=app.exit]\u202e\r\n" + "y" * 3_000

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("place", PLACES)
def test_what_comes_from_outside_is_shown_as_plain_text(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str], place: str
) -> None:
    screen, keys = PLACES[place]
    Record.update(title=BAD).where(Record.object_id.in_(["ms-5", "ms-9", "unpublished"])).execute()
    Event.update(obj_id=BAD, last_error=BAD).where(Event.state == "failed").execute()
    Job.update(last_error=BAD).where(Job.status == "failed").execute()
    Attempt.create(doi=Doi.get(Doi.folded.endswith("ms-5")), job_id=1, worker=BAD, method="PUT", target=BAD, sent_at=1)
    RateLimit.create(name=f"rest http://{BAD} demo.repo")
    change_settings.set_setting("contact_email", "a[/b]@example.org", actor=BAD)

    async def look(pilot: Any) -> str:
        await press(pilot, *keys)
        await pilot.pause()
        return seen(pilot)

    text = operate(look, start=screen, size=(140, 40), write=True)
    assert [mark for mark in text if not mark.isprintable() and mark != "\n"] == []
    assert {cell_len(line) <= 140 for line in text.splitlines()} == {True}


def test_a_refusal_with_markup_in_it_is_reported_as_it_is(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], toasts: Callable[..., list[str]]
) -> None:
    async def look(pilot: Any) -> str:
        await press(pilot, "W")
        await asyncio.sleep(IGNORE_FOR)
        await press(pilot, *["backspace"] * 40, *"x[b]", "tab", "right", "enter")
        return toasts(pilot)[-1]

    assert "[b]" in operate(look, start="dois", write=True)


def test_a_paste_never_acts(house: str, operate: Callable[..., Any], press: Callable[..., Any]) -> None:
    from textual import events

    async def look(pilot: Any) -> str:
        await press(pilot, "slash")
        pilot.app._driver.process_message(events.Paste("D\nU\r" + "x" * 1_000_000))
        await press(pilot)
        return str(pilot.app.focused.value)

    typed = operate(look, start="dois", write=True)
    assert (len(typed), Doi.select().where(Doi.wanted == "tombstone").count()) == (400, 1)

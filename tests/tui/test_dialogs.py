"""A dialog fits the smallest terminal: what is asked, where, what to press; and it does what it says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from doitui.tui.acts.dialogs import IGNORE_FOR, Dialog
from doitui_core.db.models import Doi, Job, Repository
from doitui_core.dois import targets
from doitui_core.operations import change_settings

Operate = Callable[..., Any]
Press = Callable[..., Any]
Seen = Callable[..., str]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: Keys that ask something, by the screen they are pressed on.
QUESTIONS = {
    "many, with two fields": ("dois", ("A", "D")),
    "all, for ever": ("dois", ("A", "X")),
    "a hostile title": ("dois", ("j", "U")),
    "a mint": ("mint", ("A", "M")),
    "reserving": ("mint", ("G", "E")),
    "jobs": ("queue", ("A", "X")),
    "a flush": ("events", ("F",)),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("size", [(80, 24), (62, 18)])
def test_where_and_what_to_press_is_always_seen(
    house: str, operate: Operate, press: Press, seen: Seen, question: str, size: tuple[int, int]
) -> None:
    screen, keys = QUESTIONS[question]

    async def look(pilot: Any) -> str:
        pilot.app.say("In a small terminal this stands where the buttons are.")
        await press(pilot, *keys)
        await press(pilot)
        assert isinstance(pilot.app.screen, Dialog)
        assert not pilot.app._notifications
        return seen(pilot)

    shown = operate(look, start=screen, write=True, size=size)
    verb = "Cancel"
    assert ("at DataCite" in shown, "same as" in shown, verb in shown) == (True, True, True), shown


@pytest.mark.parametrize("keys", [("D",), ("A", "D"), ("enter", "D")], ids=["one", "all that match", "the DOI's page"])
@pytest.mark.parametrize("base", ["", "https://archive.example.org/gone"], ids=["no pages", "pages"])
def test_a_deactivation_that_leaves_dois_at_their_old_pages_is_warned_of(
    house: str, operate: Operate, press: Press, seen: Seen, keys: tuple[str, ...], base: str
) -> None:
    for row in Repository.select():
        change_settings.save_repository(row.code, {"tombstone_page_base": base})

    async def look(pilot: Any) -> str:
        pilot.app.screen.show_only("state:findable")
        await press(pilot)
        await press(pilot, *keys)
        await press(pilot)
        assert isinstance(pilot.app.screen, Dialog)
        return seen(pilot)

    shown = operate(look, start="dois", write=True, size=(62, 18))
    assert ("Warning: still leads to the old page" in shown) == (base == ""), shown


def test_what_has_no_room_is_turned_to(house: str, operate: Operate, press: Press, seen: Seen) -> None:
    async def look(pilot: Any) -> tuple[str, str]:
        await press(pilot, "A", "M")
        await press(pilot)
        first = seen(pilot)
        for _ in range(9):
            await press(pilot, "pagedown")
        return first, seen(pilot)

    first, last = operate(look, start="mint", write=True, size=(60, 15))
    print(first)
    print(last)
    assert ("pgdn shows the rest" in first, "queued already" in first, "queued already" in last) == (True, False, True)


def test_a_mint_does_what_its_question_said_whatever_was_pressed_while_it_looked(
    house: str, operate: Operate, press: Press
) -> None:
    """A look at many records takes its time; filter and target may be others when it has ended."""

    async def look(pilot: Any) -> None:
        screen, go_on = pilot.app.screen, threading.Event()
        screen.show_only("Tide")
        await press(pilot)
        pilot.app.slow.ask("busy", go_on.wait, lambda _: None, pilot.app.lost)
        screen.action_act("mark_all")
        screen.action_act("mint")
        screen.show_only("")
        screen.action_act("target")
        go_on.set()
        await press(pilot)
        await asyncio.sleep(IGNORE_FOR)
        await press(pilot, "1", "tab", "right", "enter")

    operate(look, start="mint", write=True)
    asked = Doi.select().join(Job, on=Job.subject_id == Doi.id).where(Job.actor == "ana")
    assert [(row.folded, row.wanted) for row in asked] == [("10.5072/h/2026/ms-7", "findable")]


def test_a_cause_that_has_become_another_number_is_refused(
    house: str, operate: Operate, press: Press, clock: Any
) -> None:
    async def look(pilot: Any) -> list[str]:
        await press(pilot, "j", "C")
        clock.forward(seconds=12)
        targets.cancel(Job.get(Job.status == "failed").id, actor="bo")
        await asyncio.sleep(IGNORE_FOR)
        await press(pilot, "right", "enter")
        return [note.message for note in pilot.app._notifications]

    message = operate(look, start="dashboard", write=True)[-1]
    assert ("now there are 1: check and repeat" in message, "last bo did cancel, 0s ago" in message) == (True, True), (
        message
    )


def test_the_repository_under_the_cursor_is_paused_and_no_other(house: str, operate: Operate, press: Press) -> None:
    Repository.create(code="maps", created_at=1)

    async def look(pilot: Any) -> None:
        await press(pilot, "P")
        await asyncio.sleep(IGNORE_FOR)
        await press(pilot, "enter")

    operate(look, start="queue", write=True)
    assert {row.code: row.paused for row in Repository.select()} == {"h": True, "maps": False}


def test_a_running_action_is_shown(house: str, operate: Operate, press: Press, seen: Seen) -> None:
    async def look(pilot: Any) -> tuple[str, str]:
        go_on = threading.Event()
        pilot.app.acts.ask("busy", go_on.wait, lambda _: None, pilot.app.lost)
        pilot.app.screen.action_act("pause_queue")
        async with asyncio.timeout(20):
            while not isinstance(pilot.app.screen, Dialog):
                await asyncio.sleep(0.02)
            pilot.app.screen.dismiss({})
            while "1 running" not in (shown := seen(pilot)):
                await asyncio.sleep(0.02)
        go_on.set()
        await press(pilot)
        return shown, seen(pilot)

    during, after = operate(look, start="queue", write=True)
    assert ("1 running" in during, "under way" in after.splitlines()[-1]) == (True, False)


@pytest.mark.parametrize("turns", range(12))
def test_a_question_is_answered_before_it_is_whole(house: str, operate: Operate, press: Press, turns: int) -> None:
    """Keys that come in one burst: the answer meets the question after any number of turns of the event loop."""

    async def answer(pilot: Any) -> str:
        pilot.app.screen.action_act("pause_queue")
        while not isinstance(pilot.app.screen, Dialog):
            await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        pilot.app.screen.dismiss(None)
        await press(pilot)
        return type(pilot.app.screen).__name__

    assert operate(answer, start="queue", write=True) == "QueueScreen"

"""Actions on many: their progress is shown, they can be stopped, and what was done until then stays done."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from doitui.tui.acts.dialogs import Dialog
from doitui_core.db import audit, database
from doitui_core.db.models import Doi, Event, Job, Record
from doitui_core.delivery import verification
from doitui_core.events import retrying
from doitui_core.operations import bulk_mint
from doitui_core.queue import jobs

Operate = Callable[..., Any]
Press = Callable[..., Any]
Seen = Callable[..., str]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: By action: where, its keys, the list it is done to, what is asked for.
STOPPED: dict[str, tuple[str, tuple[str, ...], str, dict[str, str]]] = {
    "deactivate": ("dois", ("A", "D"), "state:findable", {"reason": "lost", "successor": ""}),
    "mint": ("dois", ("A", "M"), "state:reserved", {"state": "draft"}),
    "verify": ("dois", ("A", "V"), "", {}),
    "verify_all": ("dois", ("K",), "", {}),
    "register_all": ("dois", ("O",), "", {}),
    "cancel": ("queue", ("A", "X"), "", {}),
    "retry": ("queue", ("A", "R"), "status:failed", {}),
    "retry_cause": ("queue", ("C",), "status:failed", {}),
    "candidates": ("mint", ("A", "M"), "published:yes", {}),
}


@pytest.fixture(autouse=True)
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (jobs, bulk_mint, verification):
        monkeypatch.setattr(module, "CHUNK", 1)


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Somebody else writes, and takes their time."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not seen():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", STOPPED)
def test_the_progress_of_an_action_on_many_is_shown_and_it_can_be_stopped(
    house: str, operate: Operate, press: Press, seen: Seen, name: str
) -> None:
    section, keys, filter, answers = STOPPED[name]

    async def script(pilot: Any) -> tuple[str, str, str]:
        app = pilot.app
        app.screen.show_only(filter)
        await press(pilot, "f5")
        await press(pilot, *keys)
        assert isinstance(app.screen, Dialog), [note.message for note in app._notifications]
        with writing(house):
            app.screen.dismiss(answers)
            await until(lambda: "x stops it" in seen(pilot))
            during = seen(pilot).splitlines()[-1]
            app.screen.action_act("stop")
            await until(lambda: "stopping" in seen(pilot))
        await press(pilot)
        messages = [note.message for note in app._notifications]
        return during, messages[-1], seen(pilot).splitlines()[-1]

    def acts() -> int:
        return sum(act["actor"] == "ana" for act in audit.newest(99))

    during, message, after = operate(script, start=section, write=True)
    assert (" 0 of " in during, "stopped, " in message, "left as they are" in message) == (True, True, True), (
        during,
        message,
    )
    assert "running" not in after
    assert "x stops it" not in after
    assert acts() == 1, "what was in hand was done, and no more"


def test_a_look_at_many_is_stopped_and_asks_nothing(house: str, operate: Operate, press: Press, seen: Seen) -> None:
    async def script(pilot: Any) -> tuple[bool, list[str]]:
        app, go_on = pilot.app, threading.Event()
        app.looks.ask("busy", go_on.wait, lambda _: None, app.lost)
        app.screen.action_act("mark_all")
        app.screen.action_act("mint")
        app.screen.action_act("stop")
        go_on.set()
        await press(pilot)
        return isinstance(app.screen, Dialog), [note.message for note in app._notifications]

    asked, messages = operate(script, start="mint", write=True)
    assert (asked, messages[-1]) == (False, "Look stops after the current item; what is done stays done")


def test_what_waits_is_stopped_before_it_begins(house: str, operate: Operate, press: Press) -> None:
    async def script(pilot: Any) -> list[str]:
        app, go_on = pilot.app, threading.Event()
        await press(pilot, "P")
        app.acts.ask("busy", go_on.wait, lambda _: None, app.lost)
        app.screen.dismiss({})
        await until(lambda: bool(app.acting.status_text))
        app.screen.action_act("stop")
        go_on.set()
        await press(pilot)
        return [note.message for note in app._notifications]

    assert "stopped before it began" in operate(script, start="queue", write=True)[-1]


def test_stop_while_no_action_is_running(house: str, operate: Operate, press: Press) -> None:
    async def script(pilot: Any) -> list[str]:
        await press(pilot, "x")
        return [note.message for note in pilot.app._notifications]

    assert operate(script, start="dois") == ["no action is running"]


def test_an_act_that_breaks_off_says_how_far_it_came(house: str, operate: Operate, press: Press, seen: Seen) -> None:
    """The second of two cannot be put back; the first stays so."""
    waits, broken = (row.id for row in Job.select().where(Job.status == "failed", Job.lane == "dois").order_by(-Job.id))
    database.current().db.execute_sql(
        f"CREATE TRIGGER broken BEFORE UPDATE ON job WHEN old.id = {broken}"
        " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
    )

    async def script(pilot: Any) -> str:
        app = pilot.app
        app.screen.show_only("status:failed")
        await press(pilot, "f5")
        await press(pilot, "A", "R")
        app.screen.dismiss({})
        await press(pilot)
        return seen(pilot)

    message = operate(script, start="queue", write=True)
    assert "Retry 2 jobs: broke off after 1 of 2" in " ".join(message.split()), message
    assert [Job.get_by_id(number).status for number in (waits, broken)] == ["pending", "failed"]


def test_marked_rows_that_were_not_reached_are_no_refusals(
    house: str, operate: Operate, press: Press, seen: Seen
) -> None:
    async def script(pilot: Any) -> list[str]:
        app = pilot.app
        app.screen.show_only("status:failed")
        await press(pilot, "f5")
        await press(pilot, "space", "j", "space", "R")
        with writing(house):
            app.screen.dismiss({})
            await until(lambda: "x stops it" in seen(pilot))
            app.screen.action_act("stop")
        await press(pilot)
        return [note.message for note in app._notifications]

    message = operate(script, start="queue", write=True)[-1]
    assert message == "Retry 2 jobs: 1 done; stopped, 1 left as they are"


def test_an_event_that_is_no_longer_failed_is_refused(house: str, operate: Operate, press: Press) -> None:
    number = Event.get(Event.state == "failed").id

    async def script(pilot: Any) -> str:
        app = pilot.app
        app.screen.show_only("state:failed")
        await press(pilot, "f5")
        await press(pilot, "R")
        await asyncio.to_thread(somebody_else)
        app.screen.dismiss({})
        await press(pilot)
        return str([note.message for note in app._notifications][-1])

    def somebody_else() -> None:
        retrying.retry(ids=[number])
        database.close_thread()

    assert operate(script, start="events", write=True) == f"event {number}: no longer needs a retry"


def test_a_whole_list_is_reserved_but_for_those_that_have_one(house: str, operate: Operate, press: Press) -> None:
    record = Record.get(Record.object_id == "unpublished")
    Record.create(
        **{name: getattr(record, name) for name in ("metadata", "title", "content_hash", "created_at", "updated_at")},
        repository=record.repository_id,
        object_id="foreign",
        foreign_doi="10.1000/182",
    )

    async def script(pilot: Any) -> str:
        await press(pilot, "A", "E")
        await press(pilot)
        pilot.app.screen.dismiss({})
        await press(pilot)
        return str([note.message for note in pilot.app._notifications][-1])

    before = Doi.select().count()
    message = operate(script, start="mint", write=True)
    assert (Doi.select().count() - before, "refusal" in message) == (1, False), message

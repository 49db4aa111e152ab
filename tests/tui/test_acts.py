"""What an operator does from the screens, as the core has it afterwards. Each asks first; the log names who did it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual import events

from doitui.tui import actions
from doitui.tui.acts.dialogs import IGNORE_FOR, Dialog
from doitui_core.db import audit
from doitui_core.db.models import Doi, DoiLog, Job, Record, Repository, Setting
from doitui_core.dois import targets
from doitui_core.operations import change_settings

#: What the core does with it is proved on both databases by the core's own tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Operate = Callable[..., Any]
Press = Callable[..., Any]
Jobs = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def do(operate: Operate, press: Press) -> Callable[..., Any]:
    """`do(screen, keys, dialog keys …)`: press, wait until the dialog accepts keys, answer; the messages."""

    def run(start: str, *keys: str, answer: tuple[str, ...] = ("enter",), filter: str = "") -> list[str]:
        async def script(pilot: Any) -> list[str]:
            if filter:
                pilot.app.screen.show_only(filter)
                await press(pilot)
                await press(pilot, "f5")
            await press(pilot, *keys)
            assert isinstance(pilot.app.screen, Dialog), [note.message for note in pilot.app._notifications]
            await asyncio.sleep(IGNORE_FOR)
            await press(pilot, *answer)
            return [note.message for note in pilot.app._notifications]

        return list(operate(script, start=start, write=True))

    return run


def doi(object_id: str) -> Doi:
    return Doi.get(Doi.folded == f"10.5072/h/2026/{object_id}")  # type: ignore[no-any-return]


def last_act(object_id: str) -> tuple[str, str]:
    row = DoiLog.select().where(DoiLog.doi == doi(object_id).id).order_by(DoiLog.id.desc()).get()
    return row.actor, row.action


def only(object_id: str) -> str:
    return f"doi:10.5072/h/2026/{object_id}"


YES = ("right", "enter")


def test_update(house: str, do: Callable[..., Any], jobs: Jobs) -> None:
    do("dois", "U", filter=only("ms-2"), answer=YES)
    assert last_act("ms-2") == ("ana", "update")


def test_a_dialog_begins_at_cancel(house: str, do: Callable[..., Any]) -> None:
    do("dois", "U", filter=only("ms-2"))
    assert last_act("ms-2")[1] == "verify"


def test_verify(house: str, do: Callable[..., Any]) -> None:
    do("dois", "V", filter=only("ms-6"))
    assert Job.select().where(Job.kind == "verify", Job.actor == "ana").count() == 1


def test_deactivate_asks_for_the_reason(house: str, do: Callable[..., Any]) -> None:
    do("dois", "D", filter=only("ms-6"), answer=(*"lost", "tab", "tab", "right", "enter"))
    assert (doi("ms-6").wanted, doi("ms-6").reason) == ("tombstone", "lost")


def test_deactivate_without_a_reason_is_not_done(house: str, do: Callable[..., Any]) -> None:
    do("dois", "D", filter=only("ms-6"), answer=("tab", "tab", "right", "enter"))
    assert doi("ms-6").wanted == "findable"


def test_restore(house: str, do: Callable[..., Any]) -> None:
    do("dois", "B", filter=only("ms-4"), answer=(*"found", "tab", "right", "enter"))
    assert (doi("ms-4").wanted, last_act("ms-4")) == ("findable", ("ana", "restore"))


def test_set_url(house: str, do: Callable[..., Any]) -> None:
    do("dois", "W", filter=only("ms-6"), answer=("end", *"/new", "tab", "right", "enter"))
    assert doi("ms-6").url == "https://archive.example.org/ms-6/new"


def test_abandon_wants_the_count_typed(house: str, do: Callable[..., Any]) -> None:
    do("dois", "X", filter=only("ms-7"), answer=("1", "tab", "right", "enter"))
    assert doi("ms-7").wanted == "abandoned"


def test_a_wrong_count_is_refused(house: str, do: Callable[..., Any]) -> None:
    do("dois", "X", filter=only("ms-7"), answer=("2", "tab", "right", "enter"))
    assert doi("ms-7").wanted == "draft"


def test_mint_of_a_draft(house: str, do: Callable[..., Any]) -> None:
    do("dois", "M", filter=only("ms-7"), answer=("tab", "1", "tab", "right", "enter"))
    assert doi("ms-7").wanted == "findable"


def test_retry_one(house: str, do: Callable[..., Any], jobs: Jobs) -> None:
    do("queue", "R", filter="status:failed")
    assert sorted(jobs()) == [("mint", "failed"), ("mint", "pending"), ("mint", "pending")]


def test_retry_of_one_cause(house: str, do: Callable[..., Any], jobs: Jobs) -> None:
    do("queue", "C", filter="status:failed", answer=YES)
    assert [status for _, status in jobs()] == ["pending"] * 3


def test_retry_of_one_cause_from_the_dashboard(house: str, do: Callable[..., Any], jobs: Jobs) -> None:
    do("dashboard", "j", "C", answer=YES)
    assert [status for _, status in jobs()] == ["pending"] * 3


def test_retry_of_all_that_match(house: str, do: Callable[..., Any], jobs: Jobs) -> None:
    do("queue", "A", "R", filter="status:failed", answer=("2", "tab", "right", "enter"))
    assert [status for _, status in jobs()] == ["pending"] * 3


def test_cancel(house: str, do: Callable[..., Any], jobs: Jobs) -> None:
    do("queue", "X", filter="status:pending", answer=YES)
    assert ("mint", "cancelled") in jobs()


def test_pause_and_resume(house: str, do: Callable[..., Any]) -> None:
    do("queue", "P")
    paused = Repository.get().paused
    do("queue", "P")
    assert (paused, Repository.get().paused) == (True, False)


def test_mint_of_marked_records(house: str, do: Callable[..., Any]) -> None:
    Record.update(published=True).where(Record.object_id == "unpublished").execute()
    do("mint", "M", filter="Not", answer=("1", "tab", "right", "enter"))
    assert last_act("unpublished") == ("ana", "mint")


def test_reserve(house: str, do: Callable[..., Any]) -> None:
    do("mint", "E", filter="Not", answer=YES)
    assert (doi("unpublished").status, last_act("unpublished")) == ("reserved", ("ana", "reserve"))


def test_all_unregistered_of_published_records(house: str, do: Callable[..., Any]) -> None:
    do("mint", "O", answer=("4", "tab", "right", "enter"))
    assert doi("ms-7").wanted == "findable"


def test_all_registered_are_verified(house: str, do: Callable[..., Any]) -> None:
    do("dois", "K", answer=YES)
    assert Job.select().where(Job.kind == "verify", Job.status == "pending").count() == 6


def test_a_setting(house: str, do: Callable[..., Any]) -> None:
    do("doctor", "right_square_bracket", "E", answer=(*"10.5072", "tab", "right", "enter"))
    assert Setting.get(Setting.repository_id == 0).value == "10.5072"


def test_what_has_moved_since_the_question_is_refused(house: str, operate: Operate, press: Press, jobs: Jobs) -> None:
    async def script(pilot: Any) -> list[str]:
        pilot.app.screen.show_only("status:failed")
        await press(pilot, "f5", "A", "R")
        targets.cancel(Job.get(Job.status == "failed").id, actor="bo")
        await asyncio.sleep(IGNORE_FOR)
        await press(pilot, "2", "tab", "right", "enter")
        return [note.message for note in pilot.app._notifications]

    messages = operate(script, start="queue", write=True)
    assert ("check and repeat" in messages[-1], ("mint", "failed") in jobs()) == (True, True)


def test_a_key_that_is_held_down_confirms_nothing(house: str, operate: Operate, press: Press) -> None:
    async def script(pilot: Any) -> None:
        pilot.app.screen.show_only(only("ms-6"))
        await press(pilot, "f5")
        held_down = [events.Key("enter", "\r") for _ in range(20)]
        await press(pilot, "V")
        for key in held_down:
            pilot.app._driver.process_message(key)
        await press(pilot, "escape")

    operate(script, start="dois", write=True)
    assert not Job.select().where(Job.kind == "verify").exists()


def test_a_refusal_is_shown_with_its_reason(house: str, operate: Operate, press: Press) -> None:
    async def script(pilot: Any) -> str:
        pilot.app.screen.show_only(only("ms-6"))
        await press(pilot, "f5", "B")
        return str(list(pilot.app._notifications)[-1].message)

    assert "not a tombstone" in operate(script, start="dois", write=True)


#: By action: where it is done, with which keys and filter, how the question is answered; what the audit says then.
AUDITED: dict[str, tuple[str, tuple[str, ...], str, tuple[str, ...], tuple[str, str]]] = {
    "retry": ("queue", ("R",), "status:failed", ("enter",), ("retry", "job 9")),
    "retry_cause": ("queue", ("C",), "status:failed", YES, ("retry", "2 jobs: 8, 9")),
    "cancel": ("queue", ("X",), "status:pending", YES, ("cancel", "10.5072/h/2026/ms-10")),
    "pause_queue": ("queue", ("P",), "", ("enter",), ("pause", "repository h")),
    "flush": ("events", ("F",), "", YES, ("flush", "events")),
    "edit": ("doctor", ("right_square_bracket", "E"), "", (*"10.5072", "tab", *YES), ("set", "datacite_prefix")),
    "verify": ("dois", ("V",), only("ms-6"), ("enter",), ("verify", "10.5072/h/2026/ms-6")),
    "verify_all": ("dois", ("K",), "", YES, ("verify", "6 DOIs")),
    "update": ("dois", ("U",), only("ms-6"), YES, ("update", "10.5072/h/2026/ms-6")),
    "sync": ("dois", ("Z",), only("ms-6"), ("enter",), ("sync", "10.5072/h/2026/ms-6")),
    "set_url": ("dois", ("W",), only("ms-6"), ("end", "x", "tab", *YES), ("update", "10.5072/h/2026/ms-6")),
    "mint": ("dois", ("M",), only("ms-7"), ("tab", "1", "tab", *YES), ("mint", "10.5072/h/2026/ms-7")),
    "reserve": ("mint", ("E",), "Not", YES, ("reserve", "10.5072/h/2026/unpublished")),
    "register_all": ("mint", ("O",), "", ("4", "tab", *YES), ("mint", "10.5072/h/2026/ms-7")),
    "deactivate": ("dois", ("D",), only("ms-6"), ("x", "tab", "tab", *YES), ("deactivate", "10.5072/h/2026/ms-6")),
    "restore": ("dois", ("B",), only("ms-4"), ("x", "tab", *YES), ("restore", "10.5072/h/2026/ms-4")),
    "abandon": ("dois", ("X",), only("ms-7"), ("1", "tab", *YES), ("abandon", "10.5072/h/2026/ms-7")),
}


@pytest.mark.parametrize("name", AUDITED)
def test_an_act_is_audited_with_the_operators_name(house: str, do: Callable[..., Any], name: str) -> None:
    screen, keys, filter, answer, expected = AUDITED[name]
    do(screen, *keys, filter=filter, answer=answer)
    acts = [(act["action"], act["subject"]) for act in audit.newest(20) if act["actor"] == "ana"]
    assert expected in acts, acts


def test_every_act_that_writes_is_among_them(database_url: str) -> None:
    """Without the one that DataCite has to agree to, which nobody is here to do: `tests/tui/test_datacite.py`."""
    assert {action.id for action in actions.ACTIONS if action.writes} - set(AUDITED) == {"adopt"}


def test_who_was_taken_off_the_list_meanwhile_may_not_do_it(house: str, operate: Operate, press: Press) -> None:
    async def script(pilot: Any) -> list[str]:
        await press(pilot, "P")
        change_settings.set_setting("operators", "bo")
        await asyncio.sleep(IGNORE_FOR)
        await press(pilot, "enter")
        return [note.message for note in pilot.app._notifications]

    messages = operate(script, start="queue", write=True)
    assert ("ana is not in the setting operators (bo)" in messages[-1], Repository.get().paused) == (True, False)


def test_the_log_shows_what_others_did_too(
    house: str, operate: Operate, press: Press, seen: Callable[..., str]
) -> None:
    async def script(pilot: Any) -> str:
        await press(pilot, "L")
        return seen(pilot)

    shown = operate(script, start="queue")
    assert "All activity" in shown
    assert "bo              mint" in shown

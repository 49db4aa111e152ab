"""The database goes away and comes back: what is shown stays, it is told, nothing can be done, and it goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doitui.tui import actions
from doitui.tui.data.link import BACK_OFF, DatabaseLink
from doitui_core.db import database
from doitui_core.operations import change_settings

NOW = datetime(2026, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_link_that_is_lost_is_reported_and_comes_back_by_itself(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str], relayed: Any
) -> None:
    async def until(pilot: Any, told: str) -> str:
        async with asyncio.timeout(20):
            while told not in (text := seen(pilot)):
                await asyncio.sleep(0.05)
        return text

    async def look(pilot: Any) -> tuple[bool, str, bool]:
        relay.cut()
        pilot.app.look()
        lost = await until(pilot, "LOST")
        refused = pilot.app.refusal(actions.BY_ID["update"])
        relay.restore()
        back = await until(pilot, " live ")
        return "10.5072/h/2026/ms-2" in lost, refused, "10.5072/h/2026/ms-2" in back

    with relayed(house) as (relay, url):
        kept, refused, back = operate(look, start="dois", write=True, url=url)
    assert (kept, "does not answer" in refused, back) == (True, True, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("again", ["r", "a commit"])
def test_a_list_that_could_not_be_read_comes_back(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str], again: str
) -> None:
    def rename(old: str, new: str) -> None:
        with closing(sqlite3.connect(house.removeprefix("sqlite:///"))) as connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")

    async def look(pilot: Any) -> tuple[str, str]:
        rename("doi", "away")
        pilot.app.reload()
        await press(pilot)
        broken = seen(pilot)
        rename("away", "doi")
        await press(pilot, "r") if again == "r" else pilot.app.look()
        await press(pilot)
        return broken, seen(pilot)

    broken, back = operate(look, start="dois")
    assert ("could not be read" in broken, "10.5072/h/2026/ms-2" in back) == (True, True), back


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whatever_is_pressed_while_the_link_is_lost_what_is_shown_stays(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str], relayed: Any
) -> None:
    async def look(pilot: Any) -> tuple[str, str]:
        relay.cut()
        pilot.app.look()
        await press(pilot)
        await press(pilot, "r", "question_mark", "escape", "j", "1", "4", "G")
        lost = seen(pilot)
        relay.restore()
        async with asyncio.timeout(20):
            while " live " not in seen(pilot):
                pilot.app.look()
                await asyncio.sleep(0.1)
        await press(pilot)
        return lost, seen(pilot)

    with relayed(house) as (relay, url):
        lost, back = operate(look, start="dois", url=url)
    assert ("LOST" in lost, "10.5072/h/2026/ms-2" in lost) == (True, True), lost
    assert "10.5072/h/2026/ms-2" in back, back


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_not_made_yet_is_waited_for(database_url: str, seen: Callable[..., str], clock: Any) -> None:
    from doitui.tui.app import DoituiApp

    async def look() -> tuple[str, str]:
        app = DoituiApp(database_url)
        async with app.run_test(size=(80, 24)) as pilot:
            async with asyncio.timeout(20):
                while "doitui init" not in (before := seen(pilot)):
                    await asyncio.sleep(0.02)
                await asyncio.to_thread(make)
                app.look()
                while "total 0" not in (after := seen(pilot)):
                    await asyncio.sleep(0.02)
        return before, after

    def make() -> None:
        subprocess.run(
            [sys.executable, "-m", "doitui", "--database", database_url, "init"], check=True, capture_output=True
        )

    before, after = asyncio.run(look())
    database.close()
    assert ("Not set up yet" in before, "live" in after) == (True, True)


def test_each_try_waits_longer_up_to_a_minute() -> None:
    link, waits = DatabaseLink(), []
    for _ in range(9):
        link = link.failed(NOW, "gone")
        waits.append(link.wait)
    assert waits == [*BACK_OFF, 60.0, 60.0]


def test_a_lost_link_says_for_how_long() -> None:
    link = DatabaseLink().alive(NOW).failed(NOW, "gone").failed(NOW + timedelta(seconds=42), "gone")
    assert link.status_text == "LOST 42s, try 2"


def test_the_clock_stands_still_while_the_link_is_lost() -> None:
    assert DatabaseLink().alive(NOW).failed(NOW + timedelta(minutes=5), "gone").clock == "00:00Z"


def test_the_pace_goes_from_a_second_to_a_minute_and_no_further() -> None:
    link, slower, faster = DatabaseLink(), [], []
    for _ in range(6):
        link = link.paced(1)
        slower.append(link.wait)
    for _ in range(6):
        link = link.paced(-1)
        faster.append(link.wait)
    assert (slower, faster) == ([5, 15, 30, 60, 60, 60], [30, 15, 5, 2, 1, 1])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_pace_is_shown_and_kept(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]
) -> None:
    async def look(pilot: Any) -> tuple[str, str]:
        await press(pilot, "plus", "plus")
        slow = seen(pilot).splitlines()[0]
        await press(pilot, "minus", "minus")
        return slow, seen(pilot).splitlines()[0]

    slow, usual = operate(look)
    assert ("live 15s" in slow, "live 23:59Z" in usual) == (True, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_asking_again_by_hand_leaves_one_next_look(
    house: str, operate: Callable[..., Any], press: Callable[..., Any]
) -> None:
    def waiting(app: Any) -> int:
        return sum(timer._task is not None and not timer._task.done() for timer in app._timers)

    async def look(pilot: Any) -> tuple[int, int]:
        before = waiting(pilot.app)
        await press(pilot, "r", "r", "r")
        return before, waiting(pilot.app)

    before, after = operate(look)
    assert after == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("write", [False, True], ids=["read-only", "write"])
def test_a_file_that_is_replaced_is_reported_and_the_new_one_is_shown(
    house: str, operate: Callable[..., Any], seen: Callable[..., str], write: bool
) -> None:
    place = Path(house.removeprefix("sqlite:///"))

    def restore() -> None:
        """A copy in which a DOI has another name."""
        copy = place.with_name("backup.db")
        with closing(sqlite3.connect(place)) as ours, closing(sqlite3.connect(copy)) as theirs:
            ours.backup(theirs)
            theirs.execute("UPDATE doi SET doi = doi || '-restored', folded = folded || '-restored'")
            theirs.commit()
        for suffix in ("-wal", "-shm"):
            Path(f"{place}{suffix}").unlink(missing_ok=True)
        copy.replace(place)

    async def until(pilot: Any, told: str) -> None:
        async with asyncio.timeout(20):
            while told not in seen(pilot):
                await asyncio.sleep(0.05)

    async def look(pilot: Any) -> bool:
        restore()
        pilot.app.look()
        await until(pilot, "LOST")
        await until(pilot, "-restored")
        return True

    assert operate(look, start="dois", write=write, size=(140, 40))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_act_is_refused_where_the_file_was_deleted_meanwhile(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]
) -> None:
    place = Path(house.removeprefix("sqlite:///"))

    async def look(pilot: Any) -> str:
        pilot.app.link = replace(pilot.app.link, paused=True)
        kept = place.with_name("kept.db")
        place.rename(kept)
        try:
            pilot.app.acts.ask(
                "act", lambda: change_settings.set_setting("max_attempts", "7"), lambda _: None, pilot.app.lost
            )
            await press(pilot)
            return str(pilot.app.link.why)
        finally:
            kept.rename(place)

    assert "was moved or deleted" in operate(look, start="dois", write=True)

"""A list that moves while it is looked at: nothing jumps under the reader, and only what changed is read or painted."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from textual import events

from doitui.tui.widgets import row_cache
from doitui.tui.widgets.pane import FAR
from doitui_core.db import database
from doitui_core.db.models import Doi, Job
from doitui_core.dois import doi_rows, reservations
from doitui_core.domain import states
from doitui_core.domain.states import Remote
from doitui_core.operations import doi_actions
from doitui_core.records import record_lookup, records
from doitui_core.views import lists

Operate = Callable[..., Any]
Press = Callable[..., Any]

MANY = 260


SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def long_list(house: str) -> str:
    """More DOIs than are read at once."""
    metadata = record_lookup.find("ms-1").metadata
    for number in range(MANY):
        record = records.save(f"n-{number:04}", metadata=json.loads(metadata), repository="h").record
        reservations.reserve(record)
    return house


def doi_at_cursor(pilot: Any) -> str:
    return str(pilot.app.screen.table.row.doi)


def touch(object_id: str) -> None:
    with database.write():
        row = doi_rows.lock(Doi.get(Doi.folded == f"10.5072/h/2026/{object_id}").id)
        doi_rows.write(row, doi_rows.facts(row), actor="bo", action="update")


def take_up(object_id: str) -> None:
    """As a draft at DataCite."""
    with database.write():
        row = doi_rows.lock(Doi.get(Doi.folded == f"10.5072/h/2026/{object_id}").id)
        doi_rows.write(row, states.answered(doi_rows.facts(row), Remote.DRAFT), actor="bo", action="mint")


def test_the_end_of_a_long_list_is_its_last_row(long_list: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> str:
        await press(pilot, "G")
        return doi_at_cursor(pilot)

    assert operate(look, start="dois") == lists.dois(limit=0).rows[-1].doi


@SQLITE
def test_a_long_list_is_walked_row_by_row_without_a_gap(long_list: str, operate: Operate, press: Press) -> None:
    async def walk(pilot: Any) -> list[str]:
        found = [doi_at_cursor(pilot)]
        for _ in range(MANY + 9):
            pilot.app.screen.table.action_move(1)
            if pilot.app.screen.table.row is None:
                await press(pilot)
            found.append(doi_at_cursor(pilot))
        return found

    assert operate(walk, start="dois") == [row.doi for row in lists.dois(limit=0).rows]


@SQLITE
def test_lines_kept_from_before_are_those_made_anew(long_list: str, operate: Operate, press: Press) -> None:
    async def walk(pilot: Any) -> list[tuple[list[Any], list[Any]]]:
        table = pilot.app.screen.table
        found = []
        for key in ("G", "k", "space", "g", *["j"] * table.room, "space", "j", "k", "escape", "pageup", "/"):
            await press(pilot, key)
            kept = [table.render_line(y) for y in range(table.size.height)]
            table.notify_style_update()
            found.append((kept, [table.render_line(y) for y in range(table.size.height)]))
        return found

    for kept, made in operate(walk, start="dois"):
        assert kept == made


def test_what_is_due_counts_down_though_nothing_is_committed(
    house: str, clock: Any, operate: Operate, press: Press, seen: Callable[..., str]
) -> None:
    Job.update(scheduled_at=database.now() + timedelta(minutes=5)).where(Job.status == "pending").execute()

    async def wait(pilot: Any) -> list[str]:
        found = []
        for _ in range(3):
            found.append(next(line for line in seen(pilot).splitlines() if "pending" in line and "ms-10" in line))
            clock.forward(minutes=2)
            pilot.app.look()
            await press(pilot)
        return found

    for line, left in zip(operate(wait, start="queue", size=(140, 40)), ("5m", "3m", "1m"), strict=True):
        assert f" {left} " in line


@SQLITE
def test_what_stood_beside_a_list_stands_below_it_in_a_narrower_window(
    house: str, operate: Operate, press: Press, seen: Callable[..., str]
) -> None:
    async def narrow(pilot: Any) -> str:
        await press(pilot, "1")
        await pilot.resize_terminal(80, 24)
        await press(pilot, "2")
        return seen(pilot)

    assert operate(narrow, start="queue", size=(140, 40)).splitlines()[-2].strip() == "Plan of the common lands"


@pytest.mark.parametrize("seed", range(6))
@SQLITE
def test_keys_that_do_not_wait_for_rows_lead_to_the_rows_of_their_ranks(
    long_list: str, operate: Operate, press: Press, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(row_cache, "AHEAD", 20)
    monkeypatch.setattr(row_cache, "KEPT", 100)
    chance = random.Random(seed)

    async def hurry(pilot: Any) -> list[tuple[int, list[str]]]:
        table, found = pilot.app.screen.table, []
        moves = [partial(table.action_move, by) for by in (-FAR, FAR)]
        moves += [partial(table.action_page, by) for by in (1, 1, -1, -1)]
        for _ in range(30):
            for _ in range(chance.randint(1, 6)):
                chance.choice(moves)()
                if chance.random() < 0.3:
                    pilot.app.reload()
                await asyncio.sleep(chance.choice((0, 0.001, 0.004)))
            await press(pilot)
            seen = range(table.top, min(table.top + table.room, table.cache.total))
            found.append((table.top, [table.cache.get(index).doi for index in seen]))
        return found

    every = [row.doi for row in lists.dois(limit=0).rows]
    for top, seen in operate(hurry, start="dois"):
        assert seen == every[top : top + len(seen)]


@SQLITE
@pytest.mark.parametrize("gone", [1, 30])
def test_rows_that_leave_a_list_while_it_is_read_leave_its_beginning_in_place(
    long_list: str, operate: Operate, press: Press, monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    monkeypatch.setattr(row_cache, "AHEAD", 20)

    async def read(pilot: Any) -> tuple[int, int, list[str]]:
        table = pilot.app.screen.table
        pilot.app.screen.show_only("state:reserved")
        await press(pilot)
        await press(pilot, "G")
        for number in range(MANY - gone, MANY):
            take_up(f"n-{number:04}")
        while table.top:
            await press(pilot, "pageup")
        await press(pilot, "pageup")
        return table.cursor, table.cache.total, [table.cache.get(index).doi for index in range(5)]

    cursor, total, first = operate(read, start="dois", write=True)
    left = [row.doi for row in lists.dois(state="reserved", limit=0).rows]
    assert (cursor, total, first) == (0, len(left), left[:5])


@SQLITE
def test_over_ssh_a_list_is_turned_by_pages(
    long_list: str, operate: Operate, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/0")

    async def walk(pilot: Any) -> tuple[int, list[int], list[bool]]:
        table = pilot.app.screen.table
        page, tops, seen = table.room, [], []
        for by in (*[1] * (2 * page), *[-1] * (2 * page)):
            table.action_move(by)
            tops.append(table.top)
            seen.append(table.top <= table.cursor < table.top + page)
        return page, tops, seen

    page, tops, seen = operate(walk, start="dois")
    assert (set(tops), all(seen), tops[-1]) == ({0, page - 2, 2 * page - 4}, True, 0)


@SQLITE
def test_pages_lead_back_to_where_one_came_from(long_list: str, operate: Operate, press: Press) -> None:
    async def walk(pilot: Any) -> tuple[str, str, int]:
        await press(pilot, *["pagedown"] * 12)
        below = doi_at_cursor(pilot)
        await press(pilot, "G", *["pageup"] * 15, "g")
        return below, doi_at_cursor(pilot), pilot.app.screen.table.room

    below, above, page = operate(walk, start="dois")
    rows = [row.doi for row in lists.dois(limit=0).rows]
    assert (rows.index(below), rows.index(above)) == (12 * page, 0)


def test_the_cursor_stays_on_its_row_when_rows_come_above_it(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> tuple[str, str, int]:
        await press(pilot, "j", "j")
        before = doi_at_cursor(pilot)
        doi_actions.mint("unpublished", state="draft", actor="bo")
        pilot.app.look()
        await press(pilot)
        return before, doi_at_cursor(pilot), pilot.app.screen.table.cache.newer

    before, after, newer = operate(look, start="queue", write=True)
    assert (after, newer) == (before, 1)


def test_newer_rows_come_when_they_are_asked_for(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> tuple[str, int]:
        await press(pilot, "j")
        doi_actions.mint("unpublished", state="draft", actor="bo")
        pilot.app.look()
        await press(pilot, "N")
        return doi_at_cursor(pilot), pilot.app.screen.table.cache.newer

    assert operate(look, start="queue", write=True) == ("10.5072/h/2026/unpublished", 0)


def test_at_the_top_new_rows_come_by_themselves(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> str:
        doi_actions.mint("unpublished", state="draft", actor="bo")
        pilot.app.look()
        await press(pilot)
        return doi_at_cursor(pilot)

    assert operate(look, start="queue", write=True) == "10.5072/h/2026/unpublished"


def test_nothing_is_painted_while_nothing_happens(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> list[Any]:
        table = pilot.app.screen.table
        painted: list[Any] = []
        table.refresh = lambda *regions, **_: painted.append(regions)
        pilot.app.look()
        await press(pilot)
        pilot.app.screen.reload()
        await press(pilot)
        return list(painted)

    assert operate(look, start="dois") == []


def test_only_the_row_that_changed_is_painted(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> list[int]:
        table = pilot.app.screen.table
        lines: list[int] = []
        table.refresh = lambda *regions, **_: lines.extend(region.y for region in regions)
        touch("ms-2")  # writes its row, and changes nothing that is shown
        doi_actions.deactivate("10.5072/h/2026/ms-6", reason="lost", actor="bo")
        pilot.app.look()
        await press(pilot)
        return list(lines)

    found = operate(look, start="dois", write=True)
    order = [row.doi.rpartition("/")[2] for row in lists.dois(limit=0).rows]
    assert found == [order.index("ms-6") + 1]


def test_a_held_screen_does_not_move(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> tuple[str, str]:
        await press(pilot, "p")
        before = doi_at_cursor(pilot)
        doi_actions.mint("unpublished", state="draft", actor="bo")
        pilot.app.look()
        await press(pilot)
        return before, doi_at_cursor(pilot)

    before, after = operate(look, start="queue", write=True)
    assert before == after


def test_a_filter_narrows_and_escape_takes_it_away(
    house: str, operate: Operate, press: Press, seen: Callable[..., str]
) -> None:
    async def look(pilot: Any) -> tuple[int, int]:
        pilot.app.screen.show_only("state:failed")
        await press(pilot)
        narrowed = pilot.app.screen.table.cache.total
        await press(pilot, "escape")
        return narrowed, pilot.app.screen.table.cache.total

    assert operate(look, start="dois") == (2, 10)


#: What stands in the line, what is typed or pasted behind it, and the filter that both are.
ADDED = [
    ("status:failed", "Dune", "status:failed Dune"),
    ("Tide Dune", "Hut", "Tide Dune Hut"),
    ("", "Dune", "Dune"),
    ("status:failed", "paste 10.5072/h/1", "status:failed doi:10.5072/h/1"),
    ("Dune", "paste Hut", "Dune Hut"),
]


@pytest.mark.parametrize(("there", "more", "both"), ADDED)
def test_what_is_typed_behind_a_filter_is_a_word_of_its_own(
    house: str, operate: Operate, press: Press, there: str, more: str, both: str
) -> None:
    async def look(pilot: Any) -> str:
        pilot.app.screen.show_only(there)
        await press(pilot, "slash")
        if more.startswith("paste "):
            pilot.app.focused.post_message(events.Paste(more.removeprefix("paste ")))
            await press(pilot, "enter")
        else:
            await press(pilot, *more, "enter")
        return str(pilot.app.screen.filter)

    assert operate(look, start="queue") == both


def test_a_doi_pasted_behind_a_word_is_apart_from_it(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> list[str]:
        typed = []
        for keys in ("Dune", "doi:"):
            await press(pilot, "slash", *keys)
            pilot.app.focused.post_message(events.Paste("10.5072/h/1"))
            await press(pilot, "enter")
            typed.append(str(pilot.app.screen.filter))
            await press(pilot, "escape")
        return typed

    assert operate(look, start="queue") == ["doi:10.5072/h/1 Dune", "doi:10.5072/h/1"]


def test_a_filter_that_is_none_is_explained_where_it_is_typed(
    house: str, operate: Operate, press: Press, seen: Callable[..., str]
) -> None:
    async def look(pilot: Any) -> str:
        pilot.app.screen.show_only("state:nonsense")
        return seen(pilot)

    assert 'Unknown state "nonsense"' in operate(look, start="dois", size=(140, 40))


def test_marks_stay_with_their_rows(house: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> list[str]:
        await press(pilot, "j", "space", "space")
        doi_actions.mint("unpublished", state="draft", actor="bo")
        pilot.app.look()
        await press(pilot, "N")
        return [row.doi for row in pilot.app.screen.table.chosen()]

    async def first(pilot: Any) -> list[str]:
        table = pilot.app.screen.table
        return [table.cache.get(1).doi, table.cache.get(2).doi]

    expected = operate(first, start="queue", write=True)
    assert operate(look, start="queue", write=True) == expected


@pytest.mark.parametrize(
    "keys", [("j", "space", "j", "j", "v"), ("G", "space", "k", "k", "k", "v")], ids=["down", "up"]
)
def test_a_range_goes_from_the_last_mark_to_the_cursor(
    house: str, operate: Operate, press: Press, keys: tuple[str, ...]
) -> None:
    async def look(pilot: Any) -> tuple[int, bool]:
        await press(pilot, *keys)
        table = pilot.app.screen.table
        return len(table.marked), table.last_mark.id == table.row.id

    assert operate(look, start="dois") == (4, True)


@SQLITE
def test_a_range_holds_what_was_scrolled_away_since(long_list: str, operate: Operate, press: Press) -> None:
    async def look(pilot: Any) -> int:
        await press(pilot, "space", "G")
        pilot.app.screen.reload()
        await press(pilot, "v")
        return len(pilot.app.screen.table.marked)

    assert operate(look, start="dois") == MANY + 10


@SQLITE
def test_a_range_without_a_beginning_is_explained(
    house: str, operate: Operate, press: Press, toasts: Callable[..., list[str]]
) -> None:
    async def look(pilot: Any) -> str:
        await press(pilot, "v")
        return toasts(pilot)[-1]

    assert "space marks the first row" in operate(look, start="dois")


@SQLITE
def test_a_narrow_screen_says_below_what_its_columns_cut(
    house: str, operate: Operate, press: Press, seen: Callable[..., str]
) -> None:
    async def look(pilot: Any) -> str:
        pilot.app.screen.show_only("state:failed")
        await press(pilot, "j", "k")
        return seen(pilot).splitlines()[-2]

    assert "HTTP 422: creators: DOI 10.5072/h/2026/ms-9: Can't" in operate(look, start="dois")


@SQLITE
def test_lists_that_wait_for_their_rows_do_not_take_them_from_each_other(
    long_list: str, operate: Operate, press: Press, seen: Callable[..., str]
) -> None:
    """While the reading thread is busy the ends of two lists are asked for."""

    async def look(pilot: Any) -> str:
        await press(pilot, "2", "4")
        go_on = threading.Event()
        pilot.app.quick.ask("busy", go_on.wait, lambda _: None, pilot.app.lost)
        for key in "G2G4":
            pilot.app._driver.process_message(events.Key(key, key))
        await asyncio.sleep(0.3)
        go_on.set()
        await press(pilot)
        return seen(pilot)

    shown = operate(look, start="dois")
    assert doi_lines(shown) > 10, shown


def doi_lines(shown: str) -> int:
    return sum("10.5072/h/2026/" in line for line in shown.splitlines())

"""Every screen opens, on both databases and at both sizes, and says what it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual import events

from doitui.tui import actions
from doitui_core.db import database
from doitui_core.db.models import RateLimit, Record

SIZES = [(80, 24), (140, 40)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # `test_snapshots` has SQLite's
@pytest.mark.parametrize("size", SIZES[:1], ids=["small"])
@pytest.mark.parametrize("section", actions.ALL)
def test_a_screen_of_a_full_house_fits(
    house: str, operate: Callable[..., Any], seen: Callable[..., str], section: str, size: tuple[int, int]
) -> None:
    async def look(pilot: Any) -> str:
        return seen(pilot)

    text = operate(look, start=section, size=size)
    assert (len(text.splitlines()), "could not be read" in text) == (size[1], False)


def test_keys_one_to_seven_lead_to_the_sections(
    house: str, operate: Callable[..., Any], press: Callable[..., Any]
) -> None:
    async def walk(pilot: Any) -> list[str]:
        found = []
        for key in "1234567":
            await press(pilot, key)
            found.append(pilot.app.screen_name)
        return found

    assert operate(walk) == list(actions.ALL)


def test_a_screen_seen_again_is_styled_for_the_size_and_the_theme_of_now(
    house: str, operate: Callable[..., Any], press: Callable[..., Any]
) -> None:
    ways = [
        (140, "doitui", ("1", "2", "4")),
        (80, "doitui", ("1", "2", "2", "4", "enter")),
        (140, "doitui", ("escape", "1", "4")),
        (140, "textual-light", ("1", "2", "4")),
    ]

    async def walk(pilot: Any) -> list[tuple[str, Any, Any]]:
        app, found = pilot.app, []
        for width, theme, keys in ways:
            await pilot.resize_terminal(width, 40)
            app.theme = theme
            await press(pilot)
            for key in keys:
                await press(pilot, key)
                shown = app.screen._compositor.render_strips()
                app.screen.update_node_styles()
                await press(pilot)
                found.append((f"{key} at {width} in {theme}", shown, app.screen._compositor.render_strips()))
        return found

    for where, shown, anew in operate(walk, size=(80, 24)):
        assert shown == anew, where


def test_the_dashboard_counts_what_is_there(house: str, operate: Callable[..., Any], seen: Callable[..., str]) -> None:
    async def look(pilot: Any) -> str:
        return seen(pilot)

    text = operate(look, size=(140, 40))
    for told in (
        "total 10",
        "findable 5",
        "tombstone 1",
        "draft 1",
        "failed 2",
        "changed 1",
        "failed: creators required",
    ):
        assert told in text, text


@pytest.mark.parametrize("out", [False, True])
def test_an_outage_is_reported_in_full_and_no_end_of_the_queue_is_promised(
    house: str, operate: Callable[..., Any], seen: Callable[..., str], out: bool
) -> None:
    async def look(pilot: Any) -> str:
        return seen(pilot)

    if out:
        with database.write():
            RateLimit.create(name="rest http://127.0.0.1:1 demo.repo", opened_at=database.now())
    text = operate(look)
    told = "DataCite unavailable: DOIs of DEMO.REPO: queue held, testing with single requests"
    assert (told in " ".join(text.split()), "empty in" in text) == (out, not out), text


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(("environment", "told"), [("test", "TEST"), ("production", "PROD")])
@pytest.mark.parametrize("width", [60, 80, 140])
def test_environment_rights_and_link_stand_in_the_first_line(
    house: str,
    operate: Callable[..., Any],
    press: Callable[..., Any],
    seen: Callable[..., str],
    width: int,
    environment: str,
    told: str,
    write: bool,
) -> None:
    async def look(pilot: Any) -> str:
        pilot.app.environment = environment
        await press(pilot, "4")
        return seen(pilot).splitlines()[0]

    line = operate(look, size=(width, 24), write=write)
    rights = ("WRITE",) if write else ("read-only", " ro ")
    assert (
        told in line,
        any(word in line for word in rights),
        "live" in line,
        "4 DOIs" in line or "4DOIs" in line,
    ) == ((True,) * 4), line


@pytest.mark.parametrize(("size", "fits"), [((60, 15), True), ((59, 15), False), ((60, 14), False)])
def test_a_terminal_that_is_too_small_is_warned(
    house: str, operate: Callable[..., Any], seen: Callable[..., str], size: tuple[int, int], fits: bool
) -> None:
    async def look(pilot: Any) -> str:
        return seen(pilot)

    text = operate(look, start="dois", size=size)
    assert ("need 60x15" in text, "10.5072/" in text) == (not fits, fits), text


def test_one_paint_at_most_waits_for_a_slow_line() -> None:
    """Textual's own number would be thirty."""
    import io

    from textual.drivers._writer_thread import WriterThread

    import doitui.tui.app  # noqa: F401 - it says so when it is loaded

    assert WriterThread(io.StringIO())._queue.maxsize == 1


def test_the_tabs_of_the_list_are_the_overview_of_opus(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]
) -> None:
    Record.update(published=False).where(Record.object_id == "ms-3").execute()

    async def look(pilot: Any) -> list[str]:
        shown = [seen(pilot)]
        for _ in range(5):
            await press(pilot, "right_square_bracket")
            shown.append(seen(pilot))
        return shown

    first, unregistered, registered, verified, unpublished, again = operate(look, start="dois")
    assert "[all 10] unregistered 4 registered 5 verified 1 unpublished" in first.replace("  ", " ")
    assert ("1 of 4" in unregistered, "ms-7" in unregistered, "ms-6" in unregistered) == (True, True, False)
    assert ("1 of 5" in registered, "ms-6" in registered) == (True, True)
    assert ("1 of 1" in verified, "ms-2" in verified) == (True, True)
    assert ("1 of 1" in unpublished, "ms-3" in unpublished) == (True, True)
    assert "[all 10]" in again


def test_colours_give_way_to_greys_and_nothing_that_is_shown_is_lost(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]
) -> None:
    async def look(pilot: Any) -> tuple[str, str, set[bool]]:
        coloured = seen(pilot)
        await press(pilot, "b")
        pilot.app.clear_notifications()
        await press(pilot)
        lines = pilot.app.screen._compositor.render_strips(pilot.app.size)
        tones = {part.style.color.triplet for line in lines for part in line if part.style and part.style.color}
        return coloured, seen(pilot), {len(set(tone)) == 1 for tone in tones if tone}

    coloured, grey, all_grey = operate(look, start="queue")
    assert (grey, all_grey) == (coloured, {True})


def test_a_paste_that_was_cut_is_reported(
    house: str, operate: Callable[..., Any], press: Callable[..., Any], toasts: Callable[..., list[str]]
) -> None:
    async def look(pilot: Any) -> list[str]:
        await press(pilot, "slash")
        pilot.app._driver.process_message(events.Paste("x" * 1_000))
        await press(pilot)
        return toasts(pilot)

    assert operate(look, start="dois") == ["what was pasted is cut to its first 400 characters"]

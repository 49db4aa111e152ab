"""What operators come for, done by keys alone in a terminal of 80x24, with a real worker and a real sandbox."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

DOI = "10.5072/h/2026/"


def failed(world: Any, *object_ids: str) -> None:
    """These mints were refused by DataCite, and a worker stands by."""
    world.records(*object_ids)
    world.faults("POST /dois status status=422")
    world.start_worker()
    world.mint_all()
    world.until("failed", len(object_ids))
    world.faults()


def minted(world: Any, *object_ids: str) -> None:
    """These are findable, and a worker stands by."""
    world.records(*object_ids)
    world.start_worker()
    world.mint_all()
    world.until("findable", len(object_ids))


def test_find_a_doi(world: Any, tmux: Callable[..., Any]) -> None:
    minted(world, "ms-1", "ms-2", "ms-3")
    screen = tmux()
    screen.until("Needs attention")
    screen.keys("4")
    screen.until("1 of 3")
    screen.keys("/")
    screen.until("words, or")
    screen.type("ms-2")
    screen.until("1 of 1")
    screen.keys("Enter", "Enter")
    assert screen.until("object id      ms-2", "remote         findable")


def test_see_why_a_mint_failed(world: Any, tmux: Callable[..., Any]) -> None:
    failed(world, "ms-1")
    screen = tmux()
    screen.until("FAIL", "failed: ")
    screen.keys("Enter")
    screen.until("status:failed", "ms-1")
    screen.keys("Enter")
    screen.until("marks          !F")
    screen.keys("]", "]")
    assert screen.until("HTTP 422", "POST")


def test_retry_everything_that_failed_for_one_cause(world: Any, tmux: Callable[..., Any]) -> None:
    failed(world, "ms-1", "ms-2", "ms-3")
    screen = tmux("tui", "--write")
    screen.until("failed: ")
    screen.keys("2")
    screen.until("all 3")
    screen.keys("!")
    screen.until("/ status:failed", "1 of 3", "ms-3")
    screen.keys("C")
    screen.answer("Tab", "Enter", question="Retry 3 jobs")
    assert screen.until("completed 3")


def test_look_at_what_would_be_minted_and_mint_five(world: Any, tmux: Callable[..., Any]) -> None:
    world.records(*(f"ms-{number}" for number in range(1, 7)))
    world.start_worker()
    screen = tmux("tui", "--write")
    screen.until("Needs attention")
    screen.keys("5")
    screen.until("1 of 6")
    screen.keys("Space", "Space", "Space", "Space", "Space", "c")
    screen.until("5  would be queued")
    screen.keys("Escape")
    screen.until("5 marked")
    screen.keys("M")
    screen.answer("5", "Tab", "Tab", "Enter", question="Type 5 to confirm")
    screen.until("1 of 1")
    screen.keys("4")
    assert screen.until("1 of 5", "+ findable")


def test_pause_the_queue_and_let_it_go_on(world: Any, tmux: Callable[..., Any]) -> None:
    world.records("ms-1")
    world.start_worker()
    screen = tmux("tui", "--write")
    screen.until("Needs attention")
    screen.keys("P")
    screen.answer("Enter", question="Pause sending for h?")
    screen.until("repository h is paused")
    world.mint_all()
    screen.until("waiting 1")
    screen.keys("P")
    screen.answer("Enter", question="Resume sending for h?")
    assert screen.until("findable 1")


def test_copy_a_doi(world: Any, tmux: Callable[..., Any]) -> None:
    minted(world, "ms-1")
    screen = tmux()
    screen.set("set-clipboard", "on")
    screen.until("findable 1")
    screen.keys("4")
    screen.until("1 of 1", "+ findable")
    screen.keys("y")
    screen.until("sent to the terminal's clipboard")
    assert screen.clipboard() == f"{DOI}ms-1"


def test_copy_an_address_where_programs_may_not_write_to_the_clipboard(world: Any, tmux: Callable[..., Any]) -> None:
    minted(world, "ms-1")
    screen = tmux()
    screen.until("findable 1")
    screen.keys("4")
    screen.until("1 of 1", "+ findable")
    screen.keys("Y")
    screen.until("select here")
    whole = [line.strip("│ ") for line in screen.seen().splitlines()]
    assert f"https://doi.org/{DOI}ms-1" in whole


def test_write_a_report_to_a_file(world: Any, tmux: Callable[..., Any]) -> None:
    minted(world, "ms-1", "ms-2")
    screen = tmux()
    screen.until("findable 2")
    screen.keys("6")
    screen.until("2 DOIs in 24 months")
    screen.keys("e")
    screen.until("doitui-minted.csv", "Save")
    screen.keys("Enter")
    screen.until("written to")
    lines = (world.folder / "doitui-minted.csv").read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[1].partition(",")[2], len(lines)) == ("month,minted,findable", "2,2", 25)


def test_two_operators_see_each_others_work(world: Any, tmux: Callable[..., Any]) -> None:
    failed(world, "ms-1")
    one, two = tmux("tui", "--write"), tmux("tui", "--write")
    for screen in (one, two):
        screen.until("Needs attention")
        screen.keys("2")
        screen.until("failed 1")
    one.keys("R")
    one.answer("Enter", question="Retry 1 job?")
    two.until("failed 0", "completed 1")
    two.keys("R")
    assert two.until("nothing to retry")


def test_leaving_in_the_middle_of_a_batch_leaves_the_batch_alone(world: Any, tmux: Callable[..., Any]) -> None:
    names = [f"ms-{number:02}" for number in range(12)]
    world.records(*names)
    world.faults("POST /dois latency seconds=0.2")
    world.start_worker()
    screen = tmux("tui", "--write")
    screen.until("Needs attention")
    screen.keys("5")
    screen.until("1 of 12")
    screen.keys("A", "M")
    screen.answer("1", "2", "Tab", "Tab", "Enter", question="Type 12 to confirm")
    screen.until("12 queued")
    screen.keys("q", "q")
    screen.wait()
    assert tmux("status", "--watch", size=(140, 40)).until("12 findable")


def test_a_resize_storm_ends_in_the_right_layout(world: Any, tmux: Callable[..., Any]) -> None:
    import subprocess

    screen = tmux()
    screen.until("Needs attention")
    for width in (*range(60, 140, 8), 140):
        subprocess.run([*screen._tmux, "resize-window", "-x", str(width), "-y", "40"], check=True)
    assert screen.until("[1 Dashboard]", "Newest DOIs")


def test_mouse_support_is_turned_on_and_off(world: Any, tmux: Callable[..., Any]) -> None:
    screen = tmux("tui", "--no-mouse")
    screen.until("Needs attention")
    assert screen.variable("mouse_any_flag") == "0"
    screen.keys("m")
    screen.until("mouse support is on")
    assert screen.variable("mouse_any_flag") == "1"
    screen.keys("m")
    screen.until("mouse support is off")
    assert screen.variable("mouse_any_flag") == "0"


def test_suspended_and_called_back_it_is_painted_again(world: Any, tmux: Callable[..., Any]) -> None:
    shell = tmux(shell=True)
    shell.type(f"{sys.executable} -P -m doitui")
    shell.keys("Enter")
    shell.until("Needs attention")
    shell.keys("C-z")
    assert "Needs attention" not in shell.until("Stopped")
    shell.type("fg")
    shell.keys("Enter")
    shell.until("Needs attention")
    shell.keys("4")
    assert shell.until("[4DOIs]")


def test_doitui_alone_opens_the_screens_read_only(world: Any, tmux: Callable[..., Any]) -> None:
    screen = tmux()
    screen.until("Needs attention", " ro ")
    screen.keys("P")
    assert screen.until("this is read-only")


def test_a_terminal_without_colour_sees_everything_by_shape(world: Any, tmux: Callable[..., Any]) -> None:
    failed(world, "ms-1")
    world.environment["NO_COLOR"] = "1"
    screen = tmux()
    assert screen.until("FAIL", "!F failed 1")

"""However the screens end, the terminal is as it was: no alternate screen, a cursor, no mouse; and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

#: Leave the alternate screen, show the cursor, no mouse, no bracketed paste.
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l")

#: As if SIGHUP had ended it: 128 and its number.
HUNG_UP = 129

DOITUI = ("-P", "-m", "doitui")


@pytest.fixture
def screens(world: Any, terminal: Any) -> Iterator[Callable[..., Any]]:
    """The screens, painted, in a pseudo terminal."""
    opened: list[Any] = []

    def start(**environment: str) -> Any:
        command = [sys.executable, *DOITUI, "tui"]
        opened.append(terminal(command, {**world.environment, **environment}, (80, 24)))
        opened[-1].until(b"Needs attention")
        opened[-1].settle()
        return opened[-1]

    yield start
    for one in opened:
        one.__exit__()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_ends_it_in_good_order(screens: Callable[..., Any], number: int, code: int) -> None:
    screen = screens()
    os.kill(screen.pid, number)
    assert (screen.wait(5), [mark for mark in RESTORED if mark not in screen.seen]) == (code, [])


def test_q_ends_it(screens: Callable[..., Any]) -> None:
    screen = screens()
    os.write(screen.tty, b"q")
    assert (screen.wait(5), [mark for mark in RESTORED if mark not in screen.seen]) == (0, [])


def test_a_terminal_that_is_taken_away_ends_it(screens: Callable[..., Any]) -> None:
    screen = screens()
    screen.close()
    assert screen.wait(5) == HUNG_UP


def test_a_terminal_that_is_taken_away_while_nobody_reads_ends_it(screens: Callable[..., Any]) -> None:
    screen = screens()
    for _ in range(60):
        os.write(screen.tty, b"?\x1b")
    time.sleep(1)  # nobody reads: the terminal's buffer is full
    screen.close()
    assert screen.wait(8) == HUNG_UP


def test_a_terminal_that_is_taken_away_ends_it_also_behind_a_shell_that_hears_no_signal(
    world: Any, terminal: Any, tmp_path: Path
) -> None:
    """Only the leader of a session gets SIGHUP."""
    code = tmp_path / "code"
    script = f'trap "" HUP; "$@"; echo $? > {code}'
    with terminal(
        ["/bin/sh", "-c", script, "sh", sys.executable, *DOITUI, "tui"], world.environment, (80, 24)
    ) as screen:
        screen.until(b"Needs attention")
        screen.settle()
        screen.close()
        screen.wait(8)
    assert code.read_text(encoding="utf-8") == f"{HUNG_UP}\n"


def test_a_terminal_that_is_taken_away_leaves_the_worker_alone(world: Any, screens: Callable[..., Any]) -> None:
    world.records("ms-1")
    world.start_worker()
    screen = screens()
    screen.close()
    screen.wait(5)
    world.mint_all()
    world.until("findable", 1)
    assert world.findable() == 1


def test_a_reader_that_stalls_and_comes_back_finds_a_living_screen(screens: Callable[..., Any]) -> None:
    screen = screens()
    for _ in range(60):
        os.write(screen.tty, b"?\x1b")
    time.sleep(1)  # nobody reads: the terminal's buffer is full
    screen.settle(0.5)
    assert b"Queue" in screen.press(b"4", 0.5).text + screen.press(b"2", 0.5).text


def test_nothing_is_sent_while_nothing_happens(screens: Callable[..., Any]) -> None:
    screen = screens()
    # Once a minute the clock changes, and a busy machine may finish its first paint late.
    assert 0 in [screen.quiet_for(4) for _ in range(3)]


def test_without_colour_no_colour_is_sent(screens: Callable[..., Any]) -> None:
    screen = screens(NO_COLOR="1")
    assert [mark for mark in (b"38;2;", b"48;2;", b"38;5;", b"48;5;") if mark in screen.seen] == []


def test_where_the_locale_is_c_nothing_but_ascii_is_sent(screens: Callable[..., Any]) -> None:
    screen = screens(LC_ALL="C")
    os.write(screen.tty, b"4")
    screen.settle()
    assert (screen.seen.isascii(), b"-- DOIs --" in screen.seen) == (True, True)


def test_over_ssh_the_mouse_is_left_alone(screens: Callable[..., Any]) -> None:
    assert b"\x1b[?1003h" not in screens(SSH_TTY="/dev/pts/9").seen


def test_without_a_terminal_the_error_names_other_commands(world: Any) -> None:
    command = [sys.executable, *DOITUI, "tui"]
    done = subprocess.run(command, env=world.environment, capture_output=True, text=True, timeout=30)
    assert (done.returncode, "doitui status" in done.stderr, done.stderr.count("\n")) == (2, True, 1)

"""The terminal, examined before Textual is imported, because Textual reads its settings then."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping

#: The exit code after the terminal was closed: as if SIGHUP had ended the program.
HUNG_UP = 129

#: Seconds the screens get to end by themselves after the terminal was closed.
PATIENCE = 1.5


def prepare(environment: MutableMapping[str, str]) -> None:
    """Configure Textual without animation: over SSH a `pageup` then sends 9 kB, with animation 243 kB."""
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)  # else Textual ignores changes of the terminal's size
    environment.setdefault("TEXTUAL_ANIMATIONS", "none")
    environment.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if remote(environment):
        environment.setdefault("TEXTUAL_FPS", "30")
        environment.setdefault("ESCDELAY", "100")
    # A key waits for the next frame: up to 16 ms at Textual's 60 a second.
    environment.setdefault("TEXTUAL_FPS", "200")


def remote(environment: MutableMapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH connection."""
    return bool(environment.get("SSH_TTY") or environment.get("SSH_CONNECTION"))


def fit_for_screens() -> bool:
    """Whether there is a terminal that can show the screens."""
    dumb = os.environ.get("TERM", "") in ("", "dumb")
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty() and not dumb)


def ascii_only(environment: Mapping[str, str]) -> bool:
    """Whether the terminal knows only ASCII: by its locale, or because the output is not UTF-8."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    encoding = sys.stdout.encoding if sys.stdout else ""
    return next(filter(None, names), "") in ("C", "POSIX") or encoding.lower().replace("-", "") != "utf8"


def without_colour() -> bool:
    """Whether NO_COLOR is set (no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def is_gone() -> bool:
    """Whether there was a terminal and it has been closed."""
    poll = select.poll()
    poll.register(0, 0)
    return any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))


def discard_output() -> None:
    """Send all further output to /dev/null: a failing flush would change the exit code to Python's 120."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def watch(gone: Callable[[], object]) -> None:
    """Call `gone`, from a thread, when the terminal is closed.

    SIGHUP goes only to the leader of the session: behind a shell that ignores it, or under `nohup`, the screens would
    read a closed terminal in an endless loop.
    """
    threading.Thread(target=_wait, args=(gone,), name="terminal", daemon=True).start()


def _wait(gone: Callable[[], object]) -> None:
    hang_up = select.poll()
    hang_up.register(0, 0)
    hang_up.poll()
    discard_output()
    gone()
    time.sleep(PATIENCE)
    os._exit(HUNG_UP)  # the main thread may be blocked in a write that never ends

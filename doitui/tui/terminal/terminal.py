"""The terminal one is in, looked at before Textual is loaded: it reads its settings when it is imported."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping

#: The exit code of whoever ends because its terminal was taken away: as if SIGHUP had ended it.
HUNG_UP = 129

#: Seconds the screens get to end by themselves once their terminal is gone.
PATIENCE = 1.5


def prepare(environment: MutableMapping[str, str]) -> None:
    """Fewer bytes and no motion: one `pageup` of animated scrolling sends 243 kB over SSH, without it 9 kB."""
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)  # an exported size would be believed for ever, whatever the terminal's becomes
    environment.setdefault("TEXTUAL_ANIMATIONS", "none")
    environment.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if remote(environment):
        environment.setdefault("TEXTUAL_FPS", "30")
        environment.setdefault("ESCDELAY", "100")
    # A key waits for the next frame: at Textual's 60 a second that alone is 16 ms. Nothing moves by itself here.
    environment.setdefault("TEXTUAL_FPS", "200")


def remote(environment: MutableMapping[str, str]) -> bool:
    """Whether it is at the other end of an SSH connection."""
    return bool(environment.get("SSH_TTY") or environment.get("SSH_CONNECTION"))


def fit_for_screens() -> bool:
    """Whether there is a terminal that screens can be painted on."""
    dumb = os.environ.get("TERM", "") in ("", "dumb")
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty() and not dumb)


def ascii_only(environment: Mapping[str, str]) -> bool:
    """Whether it knows ASCII only: its locale says so, or what is written to it is not in UTF-8."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    encoding = sys.stdout.encoding if sys.stdout else ""
    return next(filter(None, names), "") in ("C", "POSIX") or encoding.lower().replace("-", "") != "utf8"


def without_colour() -> bool:
    """Whether NO_COLOR is set (no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def is_gone() -> bool:
    """Whether there was a terminal, and its other end has been closed."""
    found = select.poll()
    found.register(0, 0)
    return any(told & (select.POLLHUP | select.POLLERR) for _, told in found.poll(0))


def discard_output() -> None:
    """What is still written goes nowhere: a flush that fails would be the exit code of Python (120)."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def watch(gone: Callable[[], object]) -> None:
    """Call `gone`, from a thread, when the terminal is taken away.

    SIGHUP goes to the leader of the session alone: behind a shell that ignores it, or under `nohup`, the screens would
    read nothing from a dead terminal for ever, as fast as they can.
    """
    threading.Thread(target=_wait, args=(gone,), name="terminal", daemon=True).start()


def _wait(gone: Callable[[], object]) -> None:
    hang_up = select.poll()
    hang_up.register(0, 0)
    hang_up.poll()
    discard_output()
    gone()
    time.sleep(PATIENCE)
    os._exit(HUNG_UP)  # it was about to paint when nobody read, and waits for ever to go on

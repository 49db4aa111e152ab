"""The terminal one is in, looked at before Textual is loaded: it reads its settings when it is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping


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


def without_colour() -> bool:
    return bool(os.environ.get("NO_COLOR"))

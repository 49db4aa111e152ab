"""What a command waits for, on stderr: the lines of the logger `doitui.wait`."""

from __future__ import annotations

import logging

from doitui.cli.output import say


class _Say(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


def say_waits() -> None:
    """Print these lines in this process; a second call changes nothing."""
    log = logging.getLogger("doitui.wait")
    if not log.handlers:
        log.addHandler(_Say())

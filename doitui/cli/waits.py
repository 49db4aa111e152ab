"""What a command waits for is said on stderr at once: the lines of the logger `doitui.wait`."""

from __future__ import annotations

import logging

from doitui.cli.output import say


class _Said(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


def say_waits() -> None:
    """From now on, in this process. Once is enough."""
    log = logging.getLogger("doitui.wait")
    if not log.handlers:
        log.addHandler(_Said())

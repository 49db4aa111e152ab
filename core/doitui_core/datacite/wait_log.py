"""What a command waits for is logged at once, so that it never looks as if it hung: which service, and until when.

The command line shows these lines on stderr; elsewhere they are lines of the logger `doitui.wait`.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from doitui_core.clock import iso, system
from doitui_core.db import database

log = logging.getLogger("doitui.wait")

#: Seconds: a shorter wait is not worth a line, and no service gets more than one line in the longer time.
WORTH_A_LINE, BETWEEN_LINES = 1.5, 60.0


class Waits:
    """The waits of one run. All threads may share it."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, service: str, seconds: float, advice: str = "") -> None:
        """A wait of so many seconds begins. `service`: what for, as `DOIs of ABCD.REPO`."""
        if seconds <= WORTH_A_LINE:
            return
        with self._lock:
            if time.monotonic() - self._told.get(service, float("-inf")) < BETWEEN_LINES:
                return
            self._told[service] = time.monotonic()
        now = database.now() if database.is_open() else system()
        until = iso(now + timedelta(seconds=seconds))
        log.warning("waiting for the rate limit of %s until %s%s", service, until, advice and f" ({advice})")


#: What ends such a wait where our own rows say how long it is.
RESUME = "`doitui queue resume` ends the wait"

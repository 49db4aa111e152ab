"""What `doitui work --log hourly` logs: a summary each hour, and one of the rest at the end."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from doitui_core.text import plural
from doitui_core.worker import background

if TYPE_CHECKING:
    from doitui_core.domain.outcomes import Outcome

NAME = "doitui.summary"
SECONDS = 3600.0

log = logging.getLogger(NAME)
log.setLevel(logging.INFO)


class HourlySummary:
    """Counts outcomes of jobs; threads may add them."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        with self._lock:
            self._counts[str(outcome.kind)] += 1

    def logged(self, stop: threading.Event) -> AbstractContextManager[None]:
        """Log what was counted each hour while the block runs, and at its end."""
        return background.run_in_background("summary", lambda _over: self._log(), SECONDS, stop)

    def _log(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter()
        each = ", ".join(f"{number} {kind}" for kind, number in counts.most_common())
        log.info("%s since the last summary%s", plural(sum(counts.values()), "job"), f": {each}" if each else "")

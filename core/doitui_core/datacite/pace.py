"""How fast other people's pages are looked at: so many a second and host, in this process. None on this machine.

No database row stands behind these calls: they are few, and whoever is asked has not agreed to a limit with us.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from ratelimit import RateLimitException, limits

from doitui_core.domain.environments import is_loopback

#: Calls a second and host.
CALLS = 5


class Pace:
    """Call it before asking a URL: it returns when that may be done. One object serves all threads."""

    def __init__(
        self,
        calls: int = CALLS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls = calls
        self._clock = clock
        self._sleep = sleep
        self._turns: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def __call__(self, url: str) -> None:
        turn = self._turn(urlsplit(url).hostname or "")
        waiting = not is_loopback(url)
        while waiting:
            try:
                turn()
                waiting = False
            except RateLimitException as early:
                self._sleep(early.period_remaining)

    def _turn(self, host: str) -> Callable[[], None]:
        with self._lock:
            if host not in self._turns:
                self._turns[host] = limits(calls=self._calls, period=1, clock=self._clock)(lambda: None)
            return self._turns[host]


#: The pace of this process.
PACE = Pace()

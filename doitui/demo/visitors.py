"""Requests of people, tools and robots to the demo's site, a few each second."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

import requests

#: User agent -> its weight.
AGENTS = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": 50,
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15": 30,
    "curl/8.9.1": 8,
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": 12,
}

#: Seconds between two visits, on average.
PAUSE = 0.4


class Visitors:
    """A thread that sends requests from `start` until `stop`."""

    def __init__(self, site: str, object_ids: Sequence[str]) -> None:
        self._site = site
        self._object_ids = list(object_ids)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._visit, name="visitors", daemon=True)

    def start(self) -> None:
        """Start sending requests."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; returns after the last request."""
        self._stop.set()
        self._thread.join(5)

    def _visit(self) -> None:
        with requests.Session() as http:
            http.trust_env = False
            while not self._stop.wait(random.expovariate(1 / PAUSE)):
                # A few objects get most requests.
                number = min(int(random.paretovariate(1.1)) - 1, len(self._object_ids) - 1)
                page = f"{self._site}/object/{self._object_ids[number]}"
                headers = {"User-Agent": random.choices(list(AGENTS), list(AGENTS.values()))[0]}
                for address in (page, f"{page}/file") if random.random() < 0.3 else (page,):
                    try:
                        http.get(address, headers=headers, timeout=5)
                    except requests.RequestException:
                        return  # the demo is being closed

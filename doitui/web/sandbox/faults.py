"""Faults on demand: what the network and DataCite do on a bad day, for chosen requests.

`METHOD PATH-GLOB KIND [every=N] [count=N] [seconds=S] [status=N]`, for example `PUT /dois/* hang every=10 count=50`.
METHOD may be `*`, and a `*` in the glob crosses slashes. `every=N` acts on each Nth matching request, `count=N` on at
most N of them. Several faults may act on one request, in the order in which they are given.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import translate
from http import HTTPStatus
from typing import Any

from doitui_core.errors import BadInput

_USAGE = "write METHOD PATH-GLOB KIND [every=N] [count=N] [seconds=S] [status=N]"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*"))

# Kind -> its options other than every and count, with their defaults; seconds of None sends no Retry-After.
KINDS: dict[str, dict[str, Any]] = {
    "latency": {"seconds": 1.0},  # waits, then goes on as usual
    "hang": {"seconds": 3600.0},  # done, then no answer until the client gives up or the time is over
    "reset": {},  # done, then the connection is reset
    "status": {"status": 503, "seconds": None},  # not done; seconds become Retry-After
    "html": {"status": 502},  # not done; a page, as firewalls, proxies and login pages answer (status 200 to 511)
    "gateway": {"status": 403},  # not done; JSON that is not DataCite's, as gateways answer: {"message": "Forbidden"}
    "wrong-state": {},  # done, except for the event
    "search-lag": {"seconds": 10.0},  # lists do not show DOIs younger than this
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One parsed line."""

    method: str
    path: re.Pattern[str]
    kind: str
    every: int = 1
    count: float = math.inf
    seconds: float | None = None
    status: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether method and path are those of this fault."""
        return self.method in ("*", method) and self.path.match(path) is not None


def parse_fault(text: str) -> Fault:
    """One line as a Fault. Raises BadInput, which says what is wrong with which line."""
    words = text.split()
    if len(words) < 3:
        raise BadInput(f"fault {text!r} is too short: {_USAGE}")
    method, glob, kind, *options = words
    if method.upper() not in _METHODS:
        raise BadInput(f"fault {text!r}: {method!r} is no HTTP method: {_USAGE}")
    if not glob.startswith(("/", "*")):
        raise BadInput(f"fault {text!r}: the path {glob!r} must begin with / or *: {_USAGE}")
    if kind not in KINDS:
        raise BadInput(f"fault {text!r}: there is no kind {kind!r}, only {', '.join(KINDS)}")
    values = KINDS[kind] | dict(_option(text, kind, word) for word in options)
    return Fault(method.upper(), re.compile(translate(glob)), kind, **values)


class Faults:
    """The faults in force and how often each has matched."""

    def __init__(self, specs: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._counted: list[_FaultCounter] = []
        self.replace(specs)

    def replace(self, specs: Iterable[str]) -> None:
        """New faults, counted from zero. Raises BadInput and changes nothing when one cannot be parsed."""
        counted = [_FaultCounter(parse_fault(spec)) for spec in specs]
        with self._lock:
            self._counted = counted

    def acting(self, method: str, path: str) -> list[Fault]:
        """The faults that act on this request; it is counted."""
        if not self._counted:
            return []
        with self._lock:
            return [one.fault for one in self._counted if one.fault.matches(method, path) and one.acts()]


@dataclass(slots=True)
class _FaultCounter:
    fault: Fault
    seen: int = 0
    acted: int = 0

    def acts(self) -> bool:
        """Count one matching request; whether the fault acts on it."""
        self.seen += 1
        if self.seen % self.fault.every or self.acted >= self.fault.count:
            return False
        self.acted += 1
        return True


def _option(text: str, kind: str, word: str) -> tuple[str, Any]:
    name, _, digits = word.partition("=")
    if name not in ("every", "count", *KINDS[kind]):
        raise BadInput(f"fault {text!r}: {kind} takes no option {name!r}: {_USAGE}")
    read, lowest, expected = _OPTIONS[name]
    if (kind, name) == ("html", "status"):
        lowest = HTTPStatus.OK
    with suppress(ValueError):
        if lowest <= (value := read(digits)) < math.inf:
            return name, value
    raise BadInput(f"fault {text!r}: {word!r} cannot be used: {expected}")


def _status(digits: str) -> int:
    return int(HTTPStatus(int(digits)))


# Option -> how it is read, the lowest value, and what an error asks for.
_OPTIONS: dict[str, tuple[Callable[[str], float], int, str]] = {
    "every": (int, 1, "a whole number from 1"),
    "count": (int, 1, "a whole number from 1"),
    "seconds": (float, 0, "a number of seconds from 0"),
    "status": (_status, HTTPStatus.BAD_REQUEST, "an HTTP error status, 400 to 511 (html: 200 to 511)"),
}

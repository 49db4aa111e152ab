"""The log of requests: `GET` and `DELETE /_requests`, so that a test can see what its client really sent."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import falcon

from doitui.web.common.answers import answer_json
from doitui.web.common.times import timestamp
from doitui.web.sandbox import request_doi

# The sandbox's own controls: not logged, and no fault acts on them.
CONTROL = "/_"

# Requests in the log, about 100 MB; older ones are dropped.
_CAPACITY = 200_000


class Arrival(NamedTuple):
    """One request; `status` is what the sandbox did, which the client of a hang or reset does not see."""

    method: str
    path: str
    status: int
    at: float
    doi: str | None


class RequestLog:
    """Falcon middleware and the list it fills. Appending to a deque needs no lock."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._arrivals: deque[Arrival] = deque(maxlen=_CAPACITY)

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Note time and DOI; a resource that creates a DOI notes its name in `req.context.doi`."""
        req.context.at = self._clock()
        req.context.doi = request_doi.in_path(req)

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _ok: bool) -> None:
        """Log the request, before a fault withholds the answer."""
        if not req.path.startswith(CONTROL):
            doi = req.context.doi or request_doi.in_body(req)
            self._arrivals.append(Arrival(req.method, req.path, resp.status_code, req.context.at, doi))

    def entries(self) -> list[dict[str, object]]:
        """`[{"method", "path", "status", "at", "doi"}]`, oldest first; `at` is the arrival, ISO 8601 in UTC."""
        return [{**one._asdict(), "at": timestamp(one.at)} for one in self._arrivals.copy()]

    def clear(self) -> None:
        """Remove all entries."""
        self._arrivals.clear()


class RequestsResource:
    """`/_requests`."""

    def __init__(self, log: RequestLog) -> None:
        self._log = log

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """200 and the log."""
        answer_json(resp, {"requests": self._log.entries()})

    def on_delete(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """204; remove all entries."""
        self._log.clear()
        resp.status = falcon.HTTP_204

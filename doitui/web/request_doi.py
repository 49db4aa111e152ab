"""Which DOI a request is about, for the request log: what its path says, else its body.

Only a look, never a check: what is refused, or never reaches a resource, is about a DOI too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import falcon

from doitui.web import bodies, event_input, mds_bodies

_IN_PATH = re.compile(r"/(?:dois/|doi/|metadata/|media/|landing/|tombstones/)?(10\.[^/]+/.+)")


#: A suffix may hold slashes, so the routes take the whole rest of the path and this ending is cut off afterwards.
GET_URL = "/get-url"


def in_path(req: falcon.Request) -> str | None:
    """The DOI in the path of a request, lower case."""
    path: str = req.path
    found = _IN_PATH.fullmatch(path.removesuffix(GET_URL) if asks_for_url(req) else path)
    return found[1].lower() if found else None


def asks_for_url(req: falcon.Request) -> bool:
    """Whether it is `/dois/{doi}/get-url`. An escaped slash belongs to the DOI: `10.5072%2Fx%2Fget-url` is one."""
    written: str = req.env.get("REQUEST_URI", req.path)
    return req.path.startswith("/dois/") and written.partition("?")[0].endswith(GET_URL)


def in_body(req: falcon.Request) -> str | None:
    """The DOI in a body that nobody has read yet, lower case; None also for a body that cannot be read."""
    read = _READERS.get("/events" if req.path.startswith("/events/") else req.path)
    try:
        name = read(req) if read else None
    except falcon.HTTPError:
        return None
    return name.lower() if name else None


def _in_json(req: falcon.Request) -> str | None:
    return bodies.doi_of(bodies.read_json(req))


_READERS: dict[str, Callable[[falcon.Request], str | None]] = {
    "/dois": _in_json,
    "/dois/validate": _in_json,
    "/events": lambda req: event_input.doi_of(bodies.read_json(req)),
    "/metadata": mds_bodies.doi_of,
    "/doi": mds_bodies.doi_of,
}

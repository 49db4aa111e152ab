"""Which DOI a request is about, for the request log: what its path says, else its body.

Only a look, never a check: what is refused, or never reaches a resource, is about a DOI too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import falcon

from doitui.web import bodies, event_input, mds_bodies

_IN_PATH = re.compile(r"/(?:dois/|doi/|metadata/|media/|landing/|tombstones/)?(10\.[^/]+/.+)")


def in_path(path: str) -> str | None:
    """The DOI in `path`, lower case."""
    found = _IN_PATH.fullmatch(path.removesuffix("/get-url") if path.startswith("/dois/") else path)
    return found[1].lower() if found else None


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

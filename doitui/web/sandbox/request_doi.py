"""Which DOI a request is about, for the request log: what its path says, else its body.

Only a look, never a check: what is refused, or never reaches a resource, is about a DOI too.
"""

from __future__ import annotations

from collections.abc import Callable

import falcon

from doitui.web.common import bodies
from doitui.web.events import event_input
from doitui.web.mds import mds_bodies


def in_body(req: falcon.Request) -> str | None:
    """The DOI in a body that nobody has read yet, lower case; None also for a body that cannot be read."""
    read = _READERS.get("/events" if req.path.startswith("/events/") else req.path)
    try:
        name = read(req) if read else None
    except falcon.HTTPError:
        return None
    return name.lower() if name else None


def _in_json(req: falcon.Request) -> str | None:
    return bodies.doi_in(bodies.read_json(req))


_READERS: dict[str, Callable[[falcon.Request], str | None]] = {
    "/dois": _in_json,
    "/dois/validate": _in_json,
    "/events": lambda req: event_input.document_doi(bodies.read_json(req)),
    "/metadata": mds_bodies.doi_in,
    "/doi": mds_bodies.doi_in,
}

"""Which DOI a request is about, for the request log: what its path says, else its body.

Nothing is checked: a request that is refused, or never reaches a resource, is about a DOI too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import falcon

from doitui.web.common import bodies
from doitui.web.dois.doi_resource import GET_URL, asks_for_url
from doitui.web.events import event_input
from doitui.web.mds import mds_bodies

_IN_PATH = re.compile(r"/(?:dois/|doi/|metadata/|media/|landing/|tombstones/)?(10\.[^/]+/.+)")


def in_path(req: falcon.Request) -> str | None:
    """The DOI in the path of a request, lower case."""
    path: str = req.path
    found = _IN_PATH.fullmatch(path.removesuffix(GET_URL) if asks_for_url(req) else path)
    return found[1].lower() if found else None


def in_body(req: falcon.Request) -> str | None:
    """The DOI in the body of a write, lower case; None also for a body that cannot be read."""
    read = _READERS.get(req.path.split("/")[1]) if req.method in ("POST", "PUT", "PATCH") else None
    try:
        name = read(bodies.read(req)) if read else None
    except falcon.HTTPError:
        return None
    return name.lower() if isinstance(name, str) and name else None


# By the first segment of the path.
_READERS: dict[str, Callable[[bytes], object]] = {
    "dois": lambda body: bodies.nested(bodies.parse(body), "data", "attributes", "doi"),
    "events": lambda body: event_input.document_doi(bodies.parse(body)),
    "metadata": mds_bodies.identifier,
    "doi": lambda body: mds_bodies.doi_lines(body)[0],
}

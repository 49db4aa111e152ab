"""What the path of a request says: its DOI, and whether it asks for that DOI's address."""

from __future__ import annotations

import re

import falcon

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

"""The demo's web site: landing pages and files of the sample records, with the usage middleware.

Run as `python -m doitui.demo.site`; the options of the middleware come from the environment.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote

from waitress.server import create_server

from doitui_middleware.wsgi import UsageMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

VIEWS = r"^/object/(?P<object_id>[^/]+)$"
DOWNLOADS = r"^/object/(?P<object_id>[^/]+)/file$"

READY = "site ready on "


def site(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """A landing page and a file for every object, else 404."""
    found = re.fullmatch(r"/object/([^/]+)(/file)?", environ.get("PATH_INFO", ""))
    if found is None:
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Not found.\n"]
    name = unquote(found[1])
    if found[2]:
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"The content of {name}.\n".encode()]
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    page = f"<!DOCTYPE html><title>{escape(name)}</title><h1>{escape(name)}</h1><a href='{escape(name)}/file'>File</a>"
    return [page.encode()]


def main() -> None:
    """Print the URL, then serve on a free port until the process ends."""
    server = create_server(UsageMiddleware.from_env(site), host="127.0.0.1", port=0, threads=4)
    print(f"{READY}http://127.0.0.1:{server.effective_port}", flush=True)  # noqa: T201 - the demo reads it
    try:
        server.run()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()

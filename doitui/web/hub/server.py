"""The hub as a running server: what `doitui hub` does."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from doitui.web.common.answers import MEDIA_TYPE
from doitui.web.common.refusals import status_title
from doitui.web.common.wsgi_server import WsgiServer, stopped_by_signals
from doitui.web.hub.hub import Hub
from doitui.web.hub.options import HubOptions
from doitui.web.hub.unsigned_bodies import Parser
from doitui_core.hub_store.report_intake import MAX_INFLATED

#: Requests answered at once; each thread has a connection to the database.
THREADS = 12

#: What a proxy in front says of its client.
_FORWARDED = frozenset(("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"))


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    """An error that waitress finds before the application is asked, in the shape of all others."""

    def execute(self) -> None:
        """Answer, and close the connection."""
        code = self.request.error.code
        body = json.dumps({"errors": [{"status": str(code), "title": status_title(code)}]}).encode()
        self.status = f"{code} {self.request.error.reason}"
        self.response_headers.append(("Content-Type", MEDIA_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _ErrorTask
    parser_class = Parser


class _Server(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Channel


class RunningHub:
    """A hub that listens once it is created, on the open database, and answers while `run` runs.

    `trusted_proxy`: the address of a proxy that says by X-Forwarded-… how it was called. Raises `Misconfigured`.
    """

    def __init__(
        self,
        reports: str | Path,
        options: HubOptions,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        trusted_proxy: str = "",
    ) -> None:
        self._hub = Hub(reports, replace(options, host=host, proxied=bool(trusted_proxy)))
        proxy: dict[str, Any] = {"trusted_proxy": trusted_proxy or None, "clear_untrusted_proxy_headers": True}
        if trusted_proxy:
            proxy["trusted_proxy_headers"] = set(_FORWARDED)
        self._server = WsgiServer(
            self._hub.application,
            host,
            port,
            _Server,
            threads=THREADS,
            max_request_body_size=MAX_INFLATED,
            **proxy,
        )
        self.url = self._server.url

    def run(self) -> None:
        """Answer requests and do the background work until `stop`; then finish the running ones."""
        self._hub.background.start()
        try:
            self._server.run()
        finally:
            self._hub.stop()

    def stop(self) -> None:
        """End `run`; from any thread or signal handler."""
        self._server.stop()


def serve(hub: RunningHub) -> None:
    """Run until SIGTERM or SIGINT. For a main thread. Prints `hub ready on http://HOST:PORT` once it answers."""
    with stopped_by_signals(hub.stop):
        print(f"hub ready on {hub.url}", file=sys.stdout, flush=True)  # noqa: T201 - a line of the contract
        hub.run()

"""The sandbox as a running server on 127.0.0.1: for the command line, for tests and for the demo."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments

from doitui.web.common.accounts import Account, Accounts, parse_account
from doitui.web.dois.state_file import StateFile
from doitui.web.dois.store import Store
from doitui.web.sandbox.agencies import AGENCIES, Agencies
from doitui.web.sandbox.connections import Server
from doitui.web.sandbox.faults import Faults
from doitui.web.sandbox.link_deriving import LinkDeriver
from doitui.web.sandbox.request_log import RequestLog
from doitui.web.sandbox.sandbox import create_app
from doitui_core.errors import Misconfigured
from doitui_core.hub_store import hub_database
from doitui_core.hub_store.body_storage import TemporaryBodies
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.report_intake import MAX_COMPRESSED
from doitui_core.hub_store.report_store import ReportStore

HOST = "127.0.0.1"
PREFIX = "10.5072"
ACCOUNT = "DEMO.REPO:demo"

# A hung request occupies its thread until the client disconnects; other requests must not wait for it.
_THREADS = 64


class Sandbox:
    """A server that listens once it is created and answers while `run` runs. Tests use its parts."""

    def __init__(
        self,
        accounts: Sequence[Account],
        *,
        port: int = 0,
        state: Path | None = None,
        faults: Sequence[str] = (),
        events_writable: bool = False,
        all_events: bool = False,
        agencies: Mapping[str, str] = AGENCIES,
    ) -> None:
        """Raises BadInput for a fault or state file that cannot be used, Misconfigured for a port in use."""
        self.faults = Faults(faults)
        self.requests = RequestLog()
        file = StateFile(state) if state else None
        self.store = Store(file)
        self.hub = file.hub if file else hub_database.own()
        self.reports = ReportStore(self.hub, file.bodies if file else TemporaryBodies())
        self._stopping = threading.Event()
        self._closed = False
        self._closing = threading.RLock()  # re-entrant: a signal handler stops the very thread that runs
        known = Accounts(accounts)
        named = Agencies(known, agencies)
        self._deriver = LinkDeriver(self.store, EventStore(self.hub), named)
        app = create_app(
            self.store,
            known,
            usage=self.reports,
            events_writable=events_writable,
            all_events=all_events,
            faults=self.faults,
            requests=self.requests,
            stopping=self._stopping,
            agencies=named,
            deriver=self._deriver,
        )
        self._sockets: dict[int, Any] = {}
        try:
            self._server = _listen(app, port, self._sockets)
        except Misconfigured:
            self._close_stores()
            raise
        self.url = f"http://{HOST}:{self._server.effective_port}"

    def run(self) -> None:
        """Answer requests until `stop`; then finish the running ones and close everything."""
        links = threading.Thread(target=self._deriver.run, args=(self._stopping,), name="sandbox-links")
        links.start()
        try:
            while not self._stopping.is_set():
                wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)
        finally:
            self._stopping.set()
            self._server.task_dispatcher.shutdown()
            with self._closing:
                self._closed = True
                wasyncore.close_all(self._sockets)
            links.join()
            self._close_stores()

    def stop(self) -> None:
        """End `run`; from any thread or signal handler, also when it has ended already."""
        self._stopping.set()
        with self._closing:
            if not self._closed:  # else the descriptor of the trigger may be another file's
                self._server.pull_trigger()

    def _close_stores(self) -> None:
        self.reports.storage.close()
        self.hub.close()
        self.store.close()


def serve(
    port: int,
    prefixes: Sequence[str],
    account: str,
    state: Path | None,
    faults: Sequence[str],
    events_writable: bool = False,
    all_events: bool = False,
) -> None:
    """Run a sandbox until SIGTERM or SIGINT: what `doitui sandbox` does. For a main thread.

    `account` is `NAME:PASSWORD`. Prints the line `sandbox ready on http://127.0.0.1:PORT`, flushed, once it answers;
    port 0 picks a free one. Raises what Sandbox and `parse_account` raise.
    """
    sandbox = Sandbox(
        [parse_account(account, prefixes)],
        port=port,
        state=state,
        faults=faults,
        events_writable=events_writable,
        all_events=all_events,
    )
    before = {number: signal.signal(number, lambda *_: sandbox.stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        print(f"sandbox ready on {sandbox.url}", file=sys.stdout, flush=True)  # noqa: T201 - a line of the contract
        sandbox.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def running_sandbox(
    accounts: Sequence[Account] = (),
    *,
    prefixes: Sequence[str] = (PREFIX,),
    **options: Any,
) -> Iterator[Sandbox]:
    """A sandbox in a thread of this process, with the options of `Sandbox`.

    Without `accounts`, the default one with `prefixes`.
    """
    sandbox = Sandbox(accounts or [parse_account(ACCOUNT, prefixes)], **options)
    thread = threading.Thread(target=sandbox.run, name="sandbox")
    thread.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
        thread.join()


def _listen(app: Any, port: int, sockets: dict[int, Any]) -> Any:
    settings = Adjustments(
        threads=_THREADS,
        connection_limit=2000,
        backlog=1024,
        asyncore_use_poll=True,  # select() ends at 1024 descriptors
        channel_request_lookahead=1,  # else a hung request cannot see that its client has gone
        max_request_body_size=MAX_COMPRESSED,
        ident=None,
    )
    listener = _bind(port)
    sockinfo = (listener.family, listener.type, listener.proto, listener.getsockname())
    return Server(app, sockets, True, listener, adj=settings, bind_socket=False, sockinfo=sockinfo)


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "not a port"
        raise Misconfigured(
            f"port {port} on {HOST} cannot be used ({reason}): choose another, or 0 for a free one"
        ) from None
    return listener

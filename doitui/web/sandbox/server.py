"""The sandbox as a running server on 127.0.0.1: for the command line, for tests and for the demo."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from doitui.web.common.accounts import Account, Accounts, parse_account
from doitui.web.common.wsgi_server import WsgiServer, stopped_by_signals
from doitui.web.dois.state_file import StateFile
from doitui.web.dois.store import Store
from doitui.web.sandbox.agencies import AGENCIES, Agencies
from doitui.web.sandbox.connections import Server
from doitui.web.sandbox.faults import Faults
from doitui.web.sandbox.link_deriving import LinkDeriver
from doitui.web.sandbox.request_log import RequestLog
from doitui.web.sandbox.sandbox import create_app
from doitui_core.errors import BadInput, Misconfigured
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
        self.accounts = known = Accounts(accounts)
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
        try:
            self._server = WsgiServer(
                app,
                HOST,
                port,
                Server,
                threads=_THREADS,
                channel_request_lookahead=1,  # else a hung request cannot see that its client has gone
                max_request_body_size=MAX_COMPRESSED,
            )
        except Misconfigured:
            self._close_stores()
            raise
        self.url = self._server.url

    def run(self) -> None:
        """Answer requests until `stop`; then finish the running ones and close everything."""
        links = threading.Thread(target=self._deriver.run, args=(self._stopping,), name="sandbox-links")
        links.start()
        try:
            self._server.run()
        finally:
            self._stopping.set()
            links.join()
            self._close_stores()

    def stop(self) -> None:
        """End `run`; from any thread or signal handler, also when it has ended already."""
        self._stopping.set()
        self._server.stop()

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
    staff: str = "",
    domains: str = "*",
) -> None:
    """Run a sandbox until SIGTERM or SIGINT: what `doitui sandbox` does. For a main thread.

    `account` is `NAME:PASSWORD`; so is `staff`, an account of DataCite's own people (empty: none). `domains`: the hosts
    at which the account may have landing pages. Prints the line
    `sandbox ready on http://127.0.0.1:PORT`, flushed, once it answers; port 0 picks a free one.
    Raises what Sandbox and `parse_account` raise.
    """
    accounts = [replace(parse_account(account, prefixes), domains=domains)]
    if staff:
        accounts.append(replace(parse_account(staff, ()), staff=True))
    if len({one.uid for one in accounts}) < len(accounts):
        raise BadInput(f"staff {accounts[0].name!r} is the account already: choose another name")
    sandbox = Sandbox(
        accounts, port=port, state=state, faults=faults, events_writable=events_writable, all_events=all_events
    )
    with stopped_by_signals(sandbox.stop):
        print(f"sandbox ready on {sandbox.url}", file=sys.stdout, flush=True)  # noqa: T201 - a line of the contract
        sandbox.run()


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

"""Waitress in a loop that another thread, or a signal handler, can end."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments

from doitui_core.errors import Misconfigured


class WsgiServer:
    """A server that listens once it is created, at `host` and `port` (0: a free one), and answers while `run` runs.

    `make`: the class of waitress's server. `settings` are waitress's adjustments. Raises Misconfigured for an address
    that cannot be used.
    """

    def __init__(self, app: Any, host: str, port: int, make: Callable[..., Any], **settings: Any) -> None:
        adjustments = Adjustments(
            connection_limit=2000,
            backlog=1024,
            asyncore_use_poll=True,  # select() ends at 1024 descriptors
            ident=None,
            **settings,
        )
        self._stopping = threading.Event()
        self._closing = threading.RLock()  # re-entrant: a signal handler stops the very thread that runs
        self._closed = False
        self._sockets: dict[int, Any] = {}
        listener = _bind(host, port)
        sockinfo = (listener.family, listener.type, listener.proto, listener.getsockname())
        self._server = make(app, self._sockets, True, listener, adj=adjustments, bind_socket=False, sockinfo=sockinfo)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{listener.getsockname()[1]}"

    def run(self) -> None:
        """Answer requests until `stop`; then finish the running ones and close everything."""
        try:
            while not self._stopping.is_set():
                wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)
        finally:
            self._stopping.set()
            self._server.task_dispatcher.shutdown()
            with self._closing:
                self._closed = True
                wasyncore.close_all(self._sockets)

    def stop(self) -> None:
        """End `run`; from any thread or signal handler, also when it has ended already."""
        self._stopping.set()
        with self._closing:
            if not self._closed:  # else the descriptor of the trigger may be another file's
                self._server.pull_trigger()


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, SIGTERM and SIGINT call `stop`. For a main thread."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bind(host: str, port: int) -> socket.socket:
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, OverflowError, UnicodeError) as error:
        if listener is not None:
            listener.close()
        reason = error.strerror if isinstance(error, OSError) else "not a port"
        raise Misconfigured(
            f"port {port} on {host} cannot be used ({reason}): choose another, or 0 for a free one"
        ) from None
    return listener

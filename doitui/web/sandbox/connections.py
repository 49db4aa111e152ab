"""Waitress with connections that can be reset: a request's environ has a callable for it."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

from doitui.web.sandbox.fault_injection import ABORT

# on, 0 seconds: close() discards unsent data and sends RST instead of FIN (socket(7)).
_NO_LINGER = struct.pack("ii", 1, 0)


class _Task(WSGITask):  # type: ignore[misc]
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[ABORT] = self.channel.abort
        return environ


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task

    def abort(self) -> None:
        """Reset the connection. Called in a task's thread; the main loop, which is woken, closes the socket."""
        connection = self.socket
        if connection is None:
            return  # the client closed it first
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.will_close = True
        self.connected = False  # from here on waitress drops whatever the application still writes
        self.server.pull_trigger()


class Server(TcpWSGIServer):  # type: ignore[misc]
    """A waitress server whose connections can be reset."""

    channel_class = _Channel

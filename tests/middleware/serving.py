"""Real WSGI servers around a small site, in processes of their own, and a client that counts what it was answered."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

#: Seconds; what takes longer has failed.
PATIENCE = 60

SITE = """
from doitui_middleware.wsgi import UsageMiddleware


def site(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


application = UsageMiddleware.from_env(site)
"""

WAITRESS = """
import socket, sys, waitress
from archive_site import application
waitress.serve(application, sockets=[socket.socket(fileno=int(sys.argv[1]))], threads=4, _quiet=True)
"""

#: `{fd}` is a socket that listens already, so a client need not wait for the server.
GUNICORN = (
    "-m",
    "gunicorn",
    "archive_site:application",
    "--bind",
    "fd://{fd}",
    "--no-control-socket",
    "--graceful-timeout",
    "3",
)
SERVERS: dict[str, Sequence[str]] = {
    "gunicorn sync": (*GUNICORN, "--workers", "2"),
    "gunicorn gthread": (*GUNICORN, "--workers", "2", "--worker-class", "gthread", "--threads", "4"),
    "gunicorn --preload": (*GUNICORN, "--workers", "2", "--preload"),
    "gunicorn --max-requests": (*GUNICORN, "--workers", "2", "--max-requests", "20", "--max-requests-jitter", "5"),
    "waitress": ("-c", WAITRESS, "{fd}"),
}


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    def workers(self) -> list[int]:
        """Process ids of its children."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def get(self, path: str) -> int | None:
        """The status of an answer that came whole; None if it did not."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


@contextmanager
def running(arguments: Sequence[str], folder: Path, spool: Path) -> Iterator[Server]:
    """Start `python arguments` for the site, and end it as an operator would."""
    (folder / "archive_site.py").write_text(SITE)
    with socket.create_server(("127.0.0.1", 0)) as listening, (folder / "server.log").open("wb") as log:
        listening.set_inheritable(True)
        fd, port = listening.fileno(), listening.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, *(argument.format(fd=fd) for argument in arguments)],
            env=environment(folder, spool),
            cwd=folder,
            pass_fds=[fd],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    with ended(process):
        yield Server(process, port)


def environment(folder: Path, spool: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(folder),
        "DOITUI_SPOOL": str(spool),
        "DOITUI_VIEWS": r"^/records/(?P<object_id>\d+)$",
        "DOITUI_REPOSITORY": "h",
    }


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def load(
    server: Server, requests: int, clients: int = 4, after_each: Callable[[int], None] = lambda n: None
) -> set[str]:
    """Ask for `requests` records, each once; the ids of those that were answered. `after_each` hears their number."""
    ids = iter(range(requests))
    answered: set[str] = set()
    lock = threading.Lock()

    def client() -> None:
        while True:
            with lock:
                number = next(ids, None)
            if number is None:
                return
            if server.get(f"/records/{number}") == 200:
                with lock:
                    answered.add(str(number))
                    after_each(len(answered))

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return answered

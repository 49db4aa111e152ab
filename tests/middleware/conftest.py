"""A site to wrap, requests to send to it, and the spool read back with the decoder that a drain uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from doitui_middleware import spool_files, spool_line
from doitui_middleware.spool_line import Hit
from doitui_middleware.wsgi import UsageMiddleware

#: What most tests wrap a site with.
PATTERNS = {
    "views": [r"^/records/(?P<object_id>\d+)$"],
    "downloads": [r"^/records/(?P<object_id>\d+)/files/"],
    "repository": "h",
}

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def request(path: str = "/records/1", **environ: Any) -> dict[str, Any]:
    """The environ of a GET."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_USER_AGENT": "Mozilla/5.0",
        **environ,
    }


class Site:
    """An application that answers as it is told, and what came of a request to it."""

    def __init__(self, status: str = "200 OK", *headers: tuple[str, str]) -> None:
        self.status = status
        self.headers = [("Content-Type", "text/html"), *headers]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(self.status, list(self.headers))
        return [b"a record"]


class ChangesItsMind:
    """Answers 200, then with `exc_info` what it is told."""

    def __init__(self, second: str) -> None:
        self.second = second

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        try:
            raise RuntimeError("too late")
        except RuntimeError:
            start_response(self.second, [], sys.exc_info())
        return [b"sorry"]


def ask(application: Application, environ: dict[str, Any] | None = None) -> tuple[str, bytes]:
    """(status, body) of one request, as a server gets them."""
    answers: list[str] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        answers.append(status)
        return written.append

    written: list[bytes] = []
    result = application(request() if environ is None else environ, start_response)
    try:
        body = b"".join([*written, *result])
    finally:
        if hasattr(result, "close"):
            result.close()
    return answers[-1], body


class Spool:
    """The directory, and what stands in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def files(self) -> list[Path]:
        return [self.directory / name for name in spool_files.names(self.directory)]

    def lines(self) -> list[bytes]:
        return [line for file in self.files() for line in file.read_bytes().split(b"\n") if line]

    def all(self) -> list[Hit]:
        """Every line, those that take back too. Raises `BadLine`."""
        return [spool_line.decode(line) for line in self.lines()]

    def hits(self) -> list[Hit]:
        """What stands: hits that were not taken back."""
        found = self.all()
        gone = {(hit.time, hit.actor, hit.url) for hit in found if hit.taken_back}
        return [hit for hit in found if (hit.time, hit.actor, hit.url) not in gone]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def wrapped(spool: Spool) -> Callable[..., UsageMiddleware]:
    """Wrap an application, with `PATTERNS` unless told otherwise."""

    def wrap(application: Application, **options: Any) -> UsageMiddleware:
        return UsageMiddleware(application, **{"spool": spool.directory, **PATTERNS, **options})

    return wrap


@pytest.fixture(scope="session")
def python() -> str:
    return sys.executable

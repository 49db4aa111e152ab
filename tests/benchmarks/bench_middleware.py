"""What a request costs with a wrapper around the site: ours, and what sites wear otherwise, in turn in one run.

Times are those of a whole call: the wrapper, an application that answers one chunk, and the iteration of its answer.
The request is made anew each time, by another visitor, just before the clock starts, as a server makes it.
"""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ground import Ground, Row

from doitui_middleware.wsgi import UsageMiddleware

#: Requests of each subject; taken in rounds, so that a busy moment of the machine meets all of them.
REQUESTS, ROUNDS = 20_000, 10

VISITORS = 1_000

HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", "2048"),
    ("Cache-Control", "no-cache"),
    ("Vary", "Cookie"),
]
BODY = [b"x" * 2048]

PATTERNS = {
    "views": [r"^/records/(?P<object_id>\d+)$"],
    "downloads": [r"^/records/(?P<object_id>\d+)/files/"],
    "repository": "h",
}

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

BARE, UNTRACKED, CITE_AS, TRACKED = "bare app", "ours, untracked", "ours, untracked, cite_as", "ours, tracked"
PROMETHEUS = "prometheus counter + histogram"


def rows(ground: Ground) -> list[Row]:
    """Nanoseconds a request."""
    subjects, missing = _subjects(ground.folder)
    took = _measured(subjects, ground.sized(REQUESTS) // ROUNDS)
    found = {name: (_quantile(times, 0.5), _quantile(times, 0.99)) for name, times in took.items()}
    return [
        Row("middleware: bare app, p50", found[BARE][0], "ns", beside=f"p99 {found[BARE][1]:,} ns"),
        *_ours(found),
        *(_peer(name, found) for name in subjects if not name.startswith((BARE, "ours"))),
        *(Row(f"middleware: {name}", None, "", beside=f"skipped: {why}") for name, why in missing.items()),
    ]


def _ours(found: Mapping[str, tuple[int, int]]) -> Iterator[Row]:
    bare = found[BARE][0]
    for name, most in ((UNTRACKED, 400), (CITE_AS, 1_200)):
        p50, p99 = found[name]
        yield Row(f"middleware: {name}, over bare, p50", p50 - bare, "ns", most=most, beside=f"p99 {p99:,} ns in all")
    p50, p99 = found[TRACKED]
    peer = found.get(PROMETHEUS)
    beside = f"{p50 / peer[0]:.2f} x {PROMETHEUS}" if peer else ""
    yield Row(f"middleware: {TRACKED}, p50", p50, "ns", most=1.3 * peer[0] if peer else None, beside=beside)
    yield Row(f"middleware: {TRACKED}, p99", p99, "ns", most=10_000)


def _peer(name: str, found: Mapping[str, tuple[int, int]]) -> Row:
    p50, p99 = found[name]
    beside = f"p99 {p99:,} ns; {p50 / found[TRACKED][0]:.1f} x ours, tracked"
    return Row(f"middleware: {name}, p50", p50, "ns", beside=beside)


def _measured(subjects: Mapping[str, tuple[Application, str]], requests: int) -> dict[str, list[int]]:
    took: dict[str, list[int]] = {name: [] for name in subjects}
    for application, path in subjects.values():  # files opened, caches filled, code specialised
        _times(application, path, VISITORS)
    for _ in range(ROUNDS):
        for name, (application, path) in subjects.items():
            took[name] += _times(application, path, requests)
    return took


def _times(application: Application, path: str, requests: int) -> list[int]:
    took = []
    clock = time.perf_counter_ns
    gc.collect()
    gc.disable()
    try:
        for number in range(requests):
            environ = _request(path, number)
            start = clock()
            for _ in application(environ, _start_response):
                pass
            took.append(clock() - start)
    finally:
        gc.enable()
    return took


def _quantile(times: list[int], part: float) -> int:
    return sorted(times)[int(len(times) * part)]


def _request(path: str, number: int) -> dict[str, Any]:
    visitor = number % VISITORS
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path.format(visitor),
        "QUERY_STRING": "",
        "SERVER_NAME": "archive.example.org",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": f"198.51.{visitor // 250}.{visitor % 250}",
        "HTTP_HOST": "archive.example.org",
        "HTTP_ACCEPT": "text/html",
        "HTTP_USER_AGENT": f"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/{visitor}.0",
        "HTTP_X_FORWARDED_FOR": "203.0.113.7",
        "wsgi.url_scheme": "https",
        "wsgi.input": None,
        "wsgi.errors": None,
    }


def _start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
    pass


def _site(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", list(HEADERS))
    return BODY


def _subjects(folder: Path) -> tuple[dict[str, tuple[Application, str]], dict[str, str]]:
    """Each application with the path it is asked for; and the peers that are not installed, with the reason."""
    spool = folder / "spool"
    about, record = "/about/{}", "/records/{}"
    subjects: dict[str, tuple[Application, str]] = {
        BARE: (_site, about),
        UNTRACKED: (UsageMiddleware(_site, spool=spool, **PATTERNS), about),
        CITE_AS: (UsageMiddleware(_site, spool=spool, **PATTERNS, cite_as=True), about),
        TRACKED: (UsageMiddleware(_site, spool=spool, **PATTERNS), record),
        "SQLite insert in the request, WAL, NORMAL": (_inserting(folder / "usage.db"), record),
    }
    missing = {}
    for name, make in PEERS.items():
        try:
            subjects[name] = (make(_site), record)
        except ImportError as error:
            missing[name] = f"{error.name or error} is not installed"
    return subjects, missing


def _inserting(path: Path) -> Application:
    """What a site does that keeps its own table of views."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE hit (time REAL, path TEXT, address TEXT, agent TEXT)")

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        values = (time.time(), environ["PATH_INFO"], environ["REMOTE_ADDR"], environ["HTTP_USER_AGENT"])
        database.execute("INSERT INTO hit VALUES (?, ?, ?, ?)", values)
        return _site(environ, start_response)

    return wrapped


def _proxy_fix(site: Application) -> Application:
    from werkzeug.middleware.proxy_fix import ProxyFix

    return ProxyFix(site)


def _prometheus(site: Application) -> Application:
    """As its documentation counts requests: by method and status, and their time by method."""
    from prometheus_client import CollectorRegistry, Counter, Histogram

    registry = CollectorRegistry()
    requests = Counter("requests", "Requests", ["method", "status"], registry=registry)
    seconds = Histogram("seconds", "Their time", ["method"], registry=registry)

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start = time.perf_counter()
        method = environ["REQUEST_METHOD"]

        def counting(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            requests.labels(method, status[:3]).inc()
            return start_response(status, headers, exc_info)

        try:
            return site(environ, counting)
        finally:
            seconds.labels(method).observe(time.perf_counter() - start)

    return wrapped


def _opentelemetry(site: Application) -> Application:
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
    from opentelemetry.sdk.trace import TracerProvider

    return OpenTelemetryMiddleware(site, tracer_provider=TracerProvider(shutdown_on_exit=False))


def _sentry(site: Application) -> Application:
    import sentry_sdk
    from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

    sentry_sdk.init()  # without a DSN nothing is sent
    return SentryWsgiMiddleware(site)


PEERS: dict[str, Callable[[Application], Application]] = {
    PROMETHEUS: _prometheus,
    "werkzeug ProxyFix": _proxy_fix,
    "OpenTelemetry, SDK without exporter": _opentelemetry,
    "Sentry, errors only": _sentry,
}

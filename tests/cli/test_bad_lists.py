"""A service sends malformed lists: one line, exit 4, no endless reading, nothing half done."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

Doitui = Callable[..., Any]


#: The address of the page with that cursor, as `links.next` has it.
def at(cursor: object) -> str:
    return f"/x?page%5Bcursor%5D={cursor}"


#: What is asked -> the answer. `n` is the number of the request, `elsewhere` another server's address.
def page(number: int, following: object = None, **more: Any) -> dict[str, Any]:
    item = {
        "id": f"uuid-{number}",
        "attributes": {"doi": f"10.5072/x{number}", "state": "findable", "subjId": "a", "objId": "b"},
    }
    return {"data": [item], "meta": {"total": 1000}, "links": {"next": following}, **more}


BAD: dict[str, Callable[[int, str, str], Any]] = {
    "cursors that alternate": lambda n, cursor, _: page(n, at("b" if cursor != "b" else "a")),
    "three cursors in a circle": lambda n, cursor, _: page(n, at({"a": "b", "b": "c"}.get(cursor, "a"))),
    "a cursor that stands still": lambda n, cursor, _: page(n, at(cursor)),
    "the same page under new cursors": lambda n, cursor, _: page(0, at(n)),
    "a next that is a number": lambda n, cursor, _: page(n, 2),
    "a next that is nothing of the kind": lambda n, cursor, _: page(n, {"href": at(n)}),
    "a next that is no address": lambda n, cursor, _: page(n, "http://[::1/x"),
    "a next at another server": lambda n, cursor, elsewhere: page(n, f"{elsewhere}{at(n)}"),
    "links that are a text": lambda n, cursor, _: page(n, links=7),
    "data that is no list": lambda n, cursor, _: page(n, data={"0": {}}),
    "data that is nothing": lambda n, cursor, _: page(n, data=None),
    "no data": lambda n, cursor, _: {"meta": {"total": 3}},
    "items without attributes": lambda n, cursor, _: page(n, data=[{"id": "a"}]),
    "attributes that are a list": lambda n, cursor, _: page(n, data=[{"id": "a", "attributes": [1]}]),
    "items that are texts": lambda n, cursor, _: page(n, data=["10.5072/x"]),
    "items that are nothing": lambda n, cursor, _: page(n, data=[None]),
    "a list and no document": lambda n, cursor, _: [page(n)],
}

#: Of those that only events, or only DOIs, have.
BAD_EVENTS: dict[str, Callable[[int, str, str], Any]] = {
    "a total that is a text": lambda n, cursor, _: page(n, meta={"total": "many"}),
    "a total below nothing": lambda n, cursor, _: page(n, meta={"total": -1}),
    "a total beyond all numbers": lambda n, cursor, _: page(n, meta={"total": 10**40}),
    "a total that is a list": lambda n, cursor, _: page(n, meta={"total": [3]}),
    "an event without an id": lambda n, cursor, _: page(n, data=[{"attributes": {}}]),
}

BAD_DOIS: dict[str, Callable[[int, str, str], Any]] = {
    "a DOI that is a number": lambda n, cursor, _: page(n, data=[{"attributes": {"doi": 7}}]),
    "no DOI": lambda n, cursor, _: page(n, data=[{"attributes": {"state": "findable"}}]),
}


class Service:
    """Answers every request with the result of `say`."""

    def __init__(self) -> None:
        self.say: Callable[[int, str, str], Any] = lambda n, cursor, _: page(n)
        self.url = self.elsewhere = ""
        self.asked: list[str] = []


@contextmanager
def serving(service: Service) -> Iterator[str]:
    numbers = count()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append(self.path)
            cursor = parse_qs(urlsplit(self.path).query).get("page[cursor]", [""])[0]
            body = json.dumps(service.say(next(numbers), cursor, service.elsewhere)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Credential-Username", "demo.repo")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Discard the log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def thief() -> Iterator[Service]:
    """The host that a bad answer points to."""
    service = Service()
    with serving(service) as service.url:
        yield service


@pytest.fixture
def service(thief: Service) -> Iterator[Service]:
    service = Service()
    service.elsewhere = thief.url
    with serving(service) as service.url:
        yield service


def offenders(service: Service, bad: dict[str, Callable[..., Any]], run: Callable[[], Any]) -> list[Any]:
    """Those whose command did not end with 4, one line and few questions."""
    found = []
    for name, service.say in bad.items():
        service.asked.clear()
        done = run()
        if done.code != 4 or done.err.count("\n") != 1 or "Traceback" in done.err or len(service.asked) > 5:
            found.append((name, done, len(service.asked)))
    return found


def test_a_sync_ends_at_a_bad_list(minted: Doitui, service: Service, thief: Service) -> None:
    minted("repository", "set", "h", "--url", service.url)
    before = minted("doi", "list", "--json").json
    assert offenders(service, BAD | BAD_DOIS, lambda: minted("sync")) == []
    assert minted("doi", "list", "--json").json == before
    assert thief.asked == []


def test_an_event_query_ends_at_a_bad_list(typed: Doitui, service: Service, thief: Service) -> None:
    line = ("event", "query", "--url", service.url, "--json")
    assert offenders(service, BAD | BAD_EVENTS, lambda: typed(*line)) == []
    assert thief.asked == []


def test_events_are_not_pulled_from_a_bad_list(minted: Doitui, service: Service, thief: Service) -> None:
    assert offenders(service, BAD | BAD_EVENTS, lambda: minted("event", "pull", "--url", service.url)) == []
    assert minted("event", "list", "--json").json["events"] == []
    assert thief.asked == []


def test_numbered_pages_that_repeat_are_not_read_for_ever(typed: Doitui, service: Service) -> None:
    service.say = lambda n, cursor, _: page(0, meta={"total": 10**9})
    done = typed("event", "query", "--url", service.url, "--sort", "total", "--page-size", "1")
    assert (done.code, "none that is new" in done.complaint, len(service.asked)) == (4, True, 2)


def test_numbered_pages_that_are_empty_too_early_are_a_bad_answer(typed: Doitui, service: Service) -> None:
    service.say = lambda n, cursor, _: page(n, data=[], meta={"total": 3})
    done = typed("event", "query", "--url", service.url, "--sort", "total")
    assert (done.code, "none that is new" in done.complaint) == (4, True)


def test_a_dry_run_ends_at_a_bad_list_too(minted: Doitui, service: Service) -> None:
    minted("repository", "set", "h", "--url", service.url)
    assert offenders(service, BAD | BAD_DOIS, lambda: minted("sync", "--dry-run")) == []


def test_json_that_stops_midway_is_one_document_that_says_so(typed: Doitui, service: Service) -> None:
    service.say = lambda n, cursor, _: page(n, at(n + 10)) if n < 3 else page(n, data=None)
    done = typed("event", "query", "--url", service.url, "--json")

    assert (done.code, done.json["complete"], len(done.json["events"])) == (4, False, 3)


def test_csv_that_stops_midway_has_whole_lines(typed: Doitui, service: Service) -> None:
    service.say = lambda n, cursor, _: page(n, at(n + 10)) if n < 3 else page(n, data=None)
    done = typed("event", "query", "--url", service.url, "--format", "csv")

    assert (done.code, done.out.count("\n"), done.out.endswith("uuid-2\n")) == (4, 4, True)

"""A thousand hostile suffixes over every service, read off a socket: what arrives names exactly that DOI, or nothing
was sent and the error is one line.
"""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_plus

import pytest

from doitui_core.datacite.events import EventsClient
from doitui_core.datacite.mds import MdsClient
from doitui_core.datacite.mds_states import Call
from doitui_core.datacite.reports import ReportsClient
from doitui_core.datacite.resolver import Resolver
from doitui_core.datacite.rest import RestClient
from doitui_core.domain import event
from doitui_core.domain.identifiers import fold
from doitui_core.errors import DoituiError
from doitui_core.events.usage_refresh import usage_events
from doitui_core.usage_reports import datasets
from doitui_core.usage_reports.month_counts import Usage
from doitui_core.usage_reports.period import Period
from doitui_core.usage_reports.reporter import Reporter

#: Each makes clients, proxies or servers change a path, cut it off, or take it for something else.
PIECES = (
    *(
        "a",
        "B",
        "victim",
        "7",
        ".",
        "..",
        "...",
        ".a",
        "/",
        "//",
        "\\",
        "%",
        "%2e",
        "%2E%2e",
        "%252e",
        "%2f",
        "%2F..%2F",
    ),
    *(
        "%5c",
        "%00",
        "%0d%0a",
        "%",
        "%%",
        "%zz",
        "%u002e",
        ";",
        ";..",
        "..;",
        ";a=1",
        "?",
        "?x=1",
        "#",
        "#x",
        "&",
        "=",
        "+",
    ),
    *(
        " ",
        "\t",
        "\r\n",
        "\n",
        "\r\nHost: evil",
        "\x00",
        "\x7f",
        "\x85",
        "ä",
        "Ä",
        "漢",
        "ﬀ",
        "．．",
        "／",
        "\u2028",
        "\U0001f409",
    ),
    *(
        "@",
        "@evil.example.org",
        ":",
        "::",
        "://",
        "http://evil.example.org/",
        "*",
        "~",
        "$",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
    ),
    *(
        "<",
        ">",
        '"',
        "'",
        "`",
        "|",
        "^",
        ",",
        "!",
        "-",
        "_",
        "/media/1",
        "/get-url",
        "/metadata",
        "/events/e1",
        "\ud800",
    ),
)


def suffixes(number: int) -> list[str]:
    """The same ones in every run: each piece alone and between letters, then mixtures."""
    chance = random.Random(16)
    plain = [*PIECES, *(f"x{piece}y" for piece in PIECES), *(f"x/{piece}/victim" for piece in PIECES)]
    mixed = ("".join(chance.choices(PIECES, k=chance.randint(2, 7))) for _ in range(number))
    return [*plain, *mixed][:number]


class Arrived(NamedTuple):
    """One request as its bytes came in."""

    method: str
    target: str
    body: str


class Wire:
    """A server that reads requests byte by byte, keeps them, and answers all of them alike."""

    def __init__(self, status: str = "200 OK", headers: str = "", body: str = "{}") -> None:
        self.arrived: list[Arrived] = []
        text = body.encode()
        self._answer = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(text)}\r\n\r\n".encode() + text
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        self._open: list[socket.socket] = []

    def close(self) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            while line := stream.readline():
                length = 0
                while (header := stream.readline()) not in (b"\r\n", b""):
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                method, target, _ = line.decode("ascii").split(" ")
                self.arrived.append(Arrived(method, target, stream.read(length).decode()))
                connection.sendall(self._answer)


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


Named = Callable[[Arrived], list[str]]


def below(place: str) -> Named:
    """The DOI in a path below `place`, every escape undone once."""

    def read(arrived: Arrived) -> list[str]:
        path = arrived.target.partition("?")[0]
        assert path.startswith(place)
        return [unquote(path.removeprefix(place))]

    return read


def in_rest_body(arrived: Arrived) -> list[str]:
    assert arrived.target.startswith("/dois?")
    return [json.loads(arrived.body)["data"]["attributes"]["doi"]]


def in_lines(arrived: Arrived) -> list[str]:
    """The DOI in the path and in the body of `PUT /doi`, which MDS unescapes."""
    values = dict(line.split("=", 1) for line in arrived.body.split("\n"))
    assert set(values) == {"doi", "url"}
    return [*below("/doi/")(arrived), unquote_plus(values["doi"].strip())]


def in_event(arrived: Arrived) -> list[str]:
    assert arrived.target.startswith("/events/")
    attributes = json.loads(arrived.body)["data"]["attributes"]
    (doi,) = (attributes[name] for name in ("subjId", "objId") if "10.5072/" in attributes[name])
    return [doi.removeprefix("https://doi.org/")]


def in_report(arrived: Arrived) -> list[str]:
    assert arrived.target.startswith("/reports/")
    return [one["dataset-id"][0]["value"] for one in json.loads(arrived.body)["report-datasets"]]


def services(url: str) -> dict[str, tuple[Callable[[str], Any], Named]]:
    """By name: what is done to a DOI, and where it stands in what arrives."""
    ours: dict[str, Any] = {"deadline": 20}
    rest, mds = RestClient(url, "DEMO.REPO", "pw", **ours), MdsClient(url, "DEMO.REPO", "pw", **ours)
    resolver = Resolver(url, "test", deadline=20, pace=lambda _: None)

    def over_mds(call: Call, content: str = "") -> Callable[[str], Any]:
        return lambda doi: mds.send(mds.request(call, doi, content))

    return {
        "REST GET": (rest.get, below("/dois/")),
        "REST PUT": (lambda doi: rest.replace(doi, {"event": "hide"}), below("/dois/")),
        "REST DELETE": (rest.delete_draft, below("/dois/")),
        "REST POST": (lambda doi: rest.create({"doi": doi}), in_rest_body),
        "MDS PUT metadata": (over_mds(Call.PUT_METADATA, "<resource/>"), below("/metadata/")),
        "MDS PUT doi": (over_mds(Call.PUT_URL, "https://archive.example.org/1"), in_lines),
        "MDS DELETE metadata": (over_mds(Call.DELETE_METADATA), below("/metadata/")),
        "MDS DELETE doi": (over_mds(Call.DELETE_DOI), below("/doi/")),
        "resolver": (resolver.walk, below("/")),
        "linking event": (
            lambda doi: _tell(url, event.from_text(doi, "Cites", "https://example.org/", "doitui")),
            in_event,
        ),
        "usage event": (lambda doi: _tell(url, *_usage(doi)), in_event),
        "usage report": (lambda doi: _report(url, doi), in_report),
    }


def _usage(doi: str) -> list[event.EventValue]:
    totals = {("unique-dataset-requests", "regular"): 3}
    on = ["unique-dataset-requests-regular"]
    return usage_events(doi, "https://archive.example.org/1", totals, source="doitui-counter", on=on)


def _tell(url: str, *events: event.EventValue) -> None:
    client = EventsClient(url, "DEMO.REPO", "pw", deadline=20)
    for one in events:
        client.send(client.request(one, "token"))


def _report(url: str, doi: str) -> None:
    usage = Usage(doi, "", "A set", {}, {("total-dataset-requests", "regular"): 1})
    reporter = Reporter(1, "h", "demo.repo/h", "demo.repo", "Archive")
    period = Period("2026-10", date(2026, 10, 1), date(2026, 10, 31), partial=False)
    body = {
        "report-header": datasets.header(reporter, period, date(2026, 11, 1), compressed=False),
        "report-datasets": [datasets.dataset(usage, reporter, period)],
    }
    client = ReportsClient(url, "DEMO.REPO", "pw", deadline=20)
    client.send(reporter.uuid("2026-10"), json.dumps(body).encode(), first=True, compressed=False)


@pytest.mark.parametrize("name", sorted(services("http://127.0.0.1:1")))
def test_what_arrives_names_exactly_the_doi_or_nothing_was_sent(wire: Wire, name: str) -> None:
    act, named = services(wire.url)[name]
    wrong: list[Any] = []
    arrived = 0
    for suffix in suffixes(1000):
        doi = f"10.5072/{suffix}".strip()
        wire.arrived.clear()
        error = ""
        try:
            act(doi)
        except DoituiError as refused:
            error = str(refused)
        except Exception as fault:
            wrong.append((doi, repr(fault)))
        got = [name for request in wire.arrived for name in named(request)]
        arrived += bool(got)
        if {*map(fold, got)} - {fold(doi)} or (not got and not error) or "\n" in error:
            wrong.append((doi, got, error))
    assert wrong[:5] == []
    assert arrived > 200

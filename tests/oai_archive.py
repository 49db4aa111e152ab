"""A small OAI-PMH server for tests: pages, resumption tokens that expire, deleted records, and broken answers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

RESPONSE_DATE = "2026-03-01T12:00:00Z"

RESOURCE = """<resource xmlns="http://datacite.org/schema/kernel-4">
<creators><creator><creatorName>Brandt, Ida</creatorName></creator></creators>
<titles><title>{title}</title></titles><publisher>Hollin Archive</publisher><publicationYear>2020</publicationYear>
<resourceType resourceTypeGeneral="Text">Letter</resourceType></resource>"""

OAI_DATACITE = (
    '<oai_datacite xmlns="http://schema.datacite.org/oai/oai-1.1/"><schemaVersion>4.4</schemaVersion>'
    "<payload>{}</payload></oai_datacite>"
)

OAI_DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "{}</oai_dc:dc>"
)


def datacite(title: str) -> str:
    return OAI_DATACITE.format(RESOURCE.format(title=escape(title)))


def dublin_core(**values: str) -> str:
    return OAI_DC.format("".join(f"<dc:{name}>{escape(value)}</dc:{name}>" for name, value in values.items()))


@dataclass
class OaiRecord:
    """A record of the archive; without `metadata` it is deleted."""

    number: int
    datestamp: str
    metadata: str

    def __str__(self) -> str:
        identifier = f"<identifier>oai:archive.example.org:{self.number}</identifier>"
        header = f"{identifier}<datestamp>{self.datestamp}</datestamp>"
        if not self.metadata:
            return f'<record><header status="deleted">{header}</header></record>'
        return f"<record><header>{header}</header><metadata>{self.metadata}</metadata></record>"


class OaiArchive:
    """The archive: its `rows`, in pages of `page_size`.

    `requests` are the queries it has had. `answers`: (status, headers, body) to give instead, the first one first. An
    answer of None sets `waiting` and waits for `released`. `expire()`: the tokens given so far are no longer valid.
    """

    def __init__(self) -> None:
        self.rows: list[OaiRecord] = []
        self.page_size = 3
        self.requests: list[dict[str, str]] = []
        self.agents: set[str] = set()
        self.answers: deque[Any] = deque()
        self.waiting = threading.Event()
        self.released = threading.Event()
        self.url = ""
        self._generation = 0
        self.lasting = True

    def add(self, *numbers: int, metadata: str = "", datestamp: str = "") -> None:
        for number in numbers:
            stamp = datestamp or f"2026-01-{number:02}T00:00:00Z"
            self.rows.append(OaiRecord(number, stamp, metadata or datacite(f"Record {number}")))

    def delete(self, number: int) -> None:
        self.rows.append(OaiRecord(number, f"2026-01-{number:02}T00:00:00Z", ""))

    def expire(self) -> None:
        self._generation += 1

    def document(self, query: dict[str, str]) -> str:
        token = query.get("resumptionToken", "")
        generation, since, start = token.split("|") if token else (self._generation, query.get("from", ""), 0)
        if token and (int(generation) != self._generation or not self.lasting):
            return self.error("badResumptionToken", "the token has expired")
        rows = [row for row in self.rows if row.datestamp >= since]
        if not rows:
            return self.error("noRecordsMatch", "nothing there")
        end = int(start) + self.page_size
        following = f"{self._generation}|{since}|{end}" if end < len(rows) else ""
        listed = "".join(map(str, rows[int(start) : end]))
        return self.envelope(f"<ListRecords>{listed}<resumptionToken>{following}</resumptionToken></ListRecords>")

    def error(self, code: str, message: str) -> str:
        return self.envelope(f'<error code="{code}">{message}</error>')

    def envelope(self, content: str) -> str:
        namespace = 'xmlns="http://www.openarchives.org/OAI/2.0/"'
        return f"<OAI-PMH {namespace}><responseDate>{RESPONSE_DATE}</responseDate>{content}</OAI-PMH>"

    def answer(self, query: dict[str, str]) -> tuple[int, dict[str, str], str]:
        self.requests.append(query)
        if self.answers:
            given = self.answers.popleft()
            if given is not None:
                return given  # type: ignore[no-any-return]
            self.waiting.set()
            self.released.wait(60)
        return 200, {}, self.document(query)

    @contextmanager
    def serving(self) -> Iterator[OaiArchive]:
        archive = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                archive.agents.add(self.headers["User-Agent"])
                status, headers, body = archive.answer(dict(parse_qsl(urlsplit(self.path).query)))
                content = body.encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def handle(self) -> None:
                with suppress(ConnectionError):  # whoever asked was killed
                    super().handle()

            def log_message(self, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/oai"
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            server.server_close()
            thread.join()

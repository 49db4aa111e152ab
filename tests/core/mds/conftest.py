"""Two generations of MDS on real sockets: poodle (datacite-api 2) and the Java MDS before it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

import pytest

from doitui_core.datacite.mds import MdsClient
from doitui_core.db.models import Doi
from doitui_core.metadata import from_xml
from doitui_core.operations import change_settings, doi_actions
from doitui_core.records import records
from doitui_core.worker import worker

ACCOUNT = "DEMO.REPO"
PASSWORD = "s3cret-Pässword"
KERNEL = "http://datacite.org/schema/kernel-4"
XML = f'<resource xmlns="{KERNEL}"><version>1</version></resource>'.encode()

Reply = tuple[int, str]


@dataclass
class Held:
    """One DOI of a server."""

    xml: bytes = b""
    url: str = ""
    state: str = "draft"


@dataclass(frozen=True)
class Seen:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def in_json(title: str) -> str:
    """An error as REST tells it."""
    return json.dumps({"errors": [{"status": "4xx", "title": title}]})


class Mds:
    """What both generations do the same. `dois` is keyed by the DOI in lower case."""

    def __init__(self) -> None:
        self.dois: dict[str, Held] = {}
        self.seen: list[Seen] = []
        self.url = ""
        self.location = ""

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        given = b64decode(seen.headers.get("authorization", "").removeprefix("Basic ")).decode()
        if not given:
            return 401, "An Authentication object was not found in the SecurityContext"
        if given != f"{ACCOUNT}:{PASSWORD}":
            return 401, in_json("Bad credentials.") if seen.path.startswith("/dois") else "Bad credentials"
        if seen.path == "/dois?page[size]=0":
            return 200, '{"data": []}'  # what asks after a fault whether it is there
        match = re.fullmatch(r"/(metadata|dois?)/([^?]+)(?:\?.*)?", unquote(seen.path))
        if match is None:
            return 404, "Resource not found"
        name = f"{seen.method.lower()}_{match[1]}"
        call: Callable[[str, Seen], Reply] = getattr(self, name)
        return call(match[2].lower(), seen)

    def get_dois(self, doi: str, seen: Seen) -> Reply:
        """REST, which stands beside every MDS."""
        held = self.dois.get(doi)
        if held is None:
            return 404, in_json("The resource you are looking for doesn't exist.")
        content = from_xml.parse(held.xml) if held.xml else {}
        attributes = {**content, "doi": doi, "state": held.state, "url": held.url or None, "registered": bool(held.url)}
        owner = {"client": {"data": {"id": ACCOUNT.lower(), "type": "clients"}}}
        return 200, json.dumps({"data": {"attributes": attributes, "relationships": owner}})


class Poodle(Mds):
    """Today's: a thin translator onto REST, whose events `show`, `publish` and `hide` it sends."""

    def put_metadata(self, doi: str, seen: Seen) -> Reply:
        if seen.headers.get("content-type") != "application/xml;charset=UTF-8":
            return 415, f"Content type {seen.headers.get('content-type')} is not supported"
        if b"datacite.org/schema/kernel" not in seen.body:
            return 415, "Metadata format not recognized"
        held = self.dois.setdefault(doi, Held())
        held.xml = seen.body
        held.state = "findable" if held.state == "registered" else held.state
        return 201, f"OK ({doi.upper()})"

    def put_doi(self, doi: str, seen: Seen) -> Reply:
        if not seen.body:
            return 400, ""
        lines = dict(line.split("=", 1) for line in seen.body.decode().split("\n"))
        if "url" not in lines:
            return 400, "param 'url' required"
        if unquote_plus(lines["doi"]).lower() != doi:
            return 400, "doi parameter does not match doi of resource"
        url = unquote_plus(lines["url"].strip())
        if " " in url:
            return 422, "URL is not valid"
        if doi not in self.dois:
            return 422, "Can't be blank"
        self.dois[doi].url, self.dois[doi].state = url, "findable"
        return 201, "OK"

    def get_metadata(self, doi: str, seen: Seen) -> Reply:
        held = self.dois.get(doi)
        return (200, held.xml.decode()) if held else (404, "DOI is unknown to MDS")

    def get_doi(self, doi: str, seen: Seen) -> Reply:
        held = self.dois.get(doi)
        if held is None:
            return 404, "DOI not found"
        return (200, held.url) if held.url else (204, "")

    def delete_metadata(self, doi: str, seen: Seen) -> Reply:
        if doi not in self.dois:
            self.dois[doi] = Held()
            return 201, ""
        held = self.dois[doi]
        held.state = "registered" if held.state == "findable" else held.state
        return 200, "OK"

    def delete_doi(self, doi: str, seen: Seen) -> Reply:
        if doi not in self.dois:
            return 404, "DOI not found"
        if self.dois[doi].state != "draft":
            return 405, "Method not allowed"
        del self.dois[doi]
        return 200, "OK"


class OldMds(Mds):
    """The Java one: 412 and 410, and a DELETE that toggles."""

    def put_metadata(self, doi: str, seen: Seen) -> Reply:
        if not seen.body.startswith(b"<"):
            return 400, "[xml] Content is not allowed in prolog."
        held = self.dois.setdefault(doi, Held())
        held.xml = seen.body
        held.state = "findable" if held.state == "registered" else held.state
        return 201, f"OK ({doi.upper()})"

    def put_doi(self, doi: str, seen: Seen) -> Reply:
        if seen.body.count(b"\n") != 1:
            return 400, "request body must contain exactly two lines: DOI and URL"
        if doi not in self.dois:
            return 412, "You have to register metadata first!"
        self.dois[doi].url, self.dois[doi].state = seen.body.decode().split("url=")[1], "findable"
        return 201, "OK"

    def get_metadata(self, doi: str, seen: Seen) -> Reply:
        if doi not in self.dois:
            return 404, "DOI is unknown to MDS"
        held = self.dois[doi]
        return (410, "dataset inactive") if held.state == "registered" else (200, held.xml.decode())

    def get_doi(self, doi: str, seen: Seen) -> Reply:
        held = self.dois.get(doi)
        if held is None:
            return 404, "DOI doesn't exist"
        return (200, held.url) if held.url else (204, "")

    def delete_metadata(self, doi: str, seen: Seen) -> Reply:
        if doi not in self.dois:
            return 404, "DOI doesn't exist"
        held = self.dois[doi]
        was_active = held.state != "registered"
        held.state = "registered" if was_active else "findable"
        return (200 if was_active else 201), "OK"


class Saying(Mds):
    """Whatever is asked, it says the same; `{sent}` in it stands for the header with the password."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__()
        self.reply = status, text

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        status, text = self.reply
        return status, text.format(sent=seen.headers["authorization"])


@pytest.fixture
def serve(http_server: Callable[..., str]) -> Callable[[Mds], Mds]:
    """Puts servers on the air until the test is over."""

    def start(mds: Mds) -> Mds:
        def answer(*request: Any) -> tuple[int, dict[str, str], bytes]:
            seen = Seen(*request)
            status, text = mds.answer(seen)
            moved = {"Location": mds.location} if mds.location and seen.method != "GET" else {}
            return status, {"X-Credential-Username": ACCOUNT.lower(), **moved}, text.encode()

        mds.url = http_server(answer)
        return mds

    return start


@pytest.fixture
def connect() -> Callable[..., MdsClient]:
    """`connect(mds)`: a client of that server; `password=`, `deadline=` and the like where they matter."""

    def make(mds: Mds, **options: Any) -> MdsClient:
        return MdsClient(mds.url, ACCOUNT, **{"password": PASSWORD, "deadline": 20, **options})

    return make


@pytest.fixture
def poodle(serve: Callable[[Mds], Mds]) -> Mds:
    return serve(Poodle())


@pytest.fixture
def old_mds(serve: Callable[[Mds], Mds]) -> Mds:
    return serve(OldMds())


@pytest.fixture(params=[Poodle, OldMds])
def either(request: pytest.FixtureRequest, serve: Callable[[Mds], Mds]) -> Mds:
    """Each generation in turn."""
    return serve(request.param())


@pytest.fixture
def saying(serve: Callable[[Mds], Mds]) -> Callable[[int, str], Mds]:
    """A server that says one thing only."""
    return lambda status, text: serve(Saying(status, text))


@pytest.fixture
def xml() -> str:
    return XML.decode()


@pytest.fixture
def password() -> str:
    return PASSWORD


class Site:
    """A repository that writes over one MDS, with one record `1`, and a worker on call."""

    doi = "10.5072/h/2026/1"

    def __init__(self, mds: Mds, clock: Any) -> None:
        self.mds = mds
        self.clock = clock
        self.settings(
            datacite_prefix="10.5072",
            datacite_repository_id=ACCOUNT,
            datacite_url=mds.url,
            datacite_password="env:PW",
            transport="mds",
            landing_page="https://archive.example.org/{object_id}",
        )
        self.record()

    def settings(self, **values: str) -> None:
        change_settings.save_repository("h", values)

    def record(self, title: str = "Letters") -> None:
        metadata = {
            "creators": [{"name": "Doe, Jo"}],
            "titles": [{"title": title}],
            "publisher": {"name": "Archive"},
            "publicationYear": 2026,
            "types": {"resourceTypeGeneral": "Text"},
        }
        records.save("1", metadata=metadata, repository="h")

    def work(self, **later: float) -> None:
        self.clock.forward(**later)
        worker.run(drain=True, threads=1)

    def minted(self) -> Site:
        doi_actions.mint("1")
        self.work()
        self.mds.seen.clear()
        return self

    def row(self) -> Doi:
        return Doi.get(Doi.doi == self.doi)

    def there(self) -> Held | None:
        return self.mds.dois.get(self.doi)

    def hold(self, **held: Any) -> None:
        """Somebody else puts the DOI there."""
        self.mds.dois[self.doi] = Held(**held)

    def written(self) -> list[str]:
        """The calls that came in and were no questions."""
        return [f"{one.method} {one.path.split('/')[1]}" for one in self.mds.seen if one.method != "GET"]


@pytest.fixture
def site(store: str, clock: Any, either: Mds, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site at each generation in turn."""
    monkeypatch.setenv("PW", PASSWORD)
    return Site(either, clock)


@pytest.fixture
def poodle_site(store: str, clock: Any, poodle: Mds, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site at today's."""
    monkeypatch.setenv("PW", PASSWORD)
    return Site(poodle, clock)

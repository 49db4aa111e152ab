"""A really running sandbox and plain `requests`: nothing of the client in core is imported here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox, running_sandbox

PREFIX = "10.5072"
OTHERS_PREFIX = "10.80225"
KERNEL_4 = "http://datacite.org/schema/kernel-4"

ACCOUNTS = (
    Account("DEMO.REPO", "demo", frozenset((PREFIX,))),
    Account("OTHER.REPO", "other", frozenset((PREFIX, OTHERS_PREFIX))),
    Account("GONE.REPO", "gone", frozenset((PREFIX,)), active=False),
    Account("DEMO", "member", frozenset((PREFIX,))),
)

# Seconds; a test that waits longer has failed.
PATIENCE = 20


class Api:
    """DataCite's REST API as one caller sees it."""

    def __init__(self, url: str, credentials: tuple[str, str] | None = None) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = credentials

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=PATIENCE, **options)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.send("GET", path, params=params)

    def post(self, **attributes: Any) -> requests.Response:
        return self.send("POST", "/dois", json=document(attributes))

    def put(self, doi: str, /, **attributes: Any) -> requests.Response:
        return self.send("PUT", f"/dois/{doi}", json=document(attributes))

    def delete(self, doi: str) -> requests.Response:
        return self.send("DELETE", f"/dois/{doi}")

    def read(self, doi: str, /, **params: Any) -> dict[str, Any]:
        """The attributes of `doi`."""
        answer = self.get(f"/dois/{doi}", **params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"]["attributes"])


def document(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"type": "dois", "attributes": attributes}}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(ACCOUNTS) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def connect() -> Iterator[Callable[..., Api]]:
    """Makes clients: `connect(sandbox.url, ("NAME", "password"))`."""
    made: list[Api] = []

    def make(url: str, credentials: tuple[str, str] | None = None) -> Api:
        made.append(Api(url, credentials))
        return made[-1]

    yield make
    for api in made:
        api.session.close()


@pytest.fixture
def api(sandbox: Sandbox, connect: Callable[..., Api]) -> Api:
    """The repository the DOIs of a test belong to."""
    return connect(sandbox.url, ("DEMO.REPO", "demo"))


@pytest.fixture
def other(sandbox: Sandbox, connect: Callable[..., Api]) -> Api:
    """Another repository, which shares the prefix and has one of its own."""
    return connect(sandbox.url, ("OTHER.REPO", "other"))


@pytest.fixture
def stranger(sandbox: Sandbox, connect: Callable[..., Api]) -> Api:
    """Nobody: no credentials at all."""
    return connect(sandbox.url)


@pytest.fixture
def impostor(sandbox: Sandbox, connect: Callable[..., Api]) -> Api:
    """The right name with a wrong password."""
    return connect(sandbox.url, ("DEMO.REPO", "wrong"))


_numbers = itertools.count(1)


@pytest.fixture
def doi() -> str:
    """A DOI no other test has."""
    return f"{PREFIX}/t{next(_numbers)}"


@pytest.fixture
def complete() -> dict[str, Any]:
    """Attributes DataCite takes for a findable DOI."""
    return {
        "url": "https://repo.example.org/1",
        "creators": [{"name": "Doe, Jo", "nameType": "Personal", "givenName": "Jo", "familyName": "Doe"}],
        "titles": [{"title": "A set"}],
        "publisher": {"name": "Repo"},
        "publicationYear": 2026,
        "types": {"resourceTypeGeneral": "Dataset"},
        "schemaVersion": KERNEL_4,
    }


@pytest.fixture
def made(api: Api, doi: str, complete: dict[str, Any]) -> Callable[[str], str]:
    """Brings the test's DOI into a state and returns it."""

    def make(state: str) -> str:
        event = {"registered": "register", "findable": "publish"}.get(state)
        answer = api.post(doi=doi, event=event, **complete)
        assert answer.json()["data"]["attributes"]["state"] == state
        return doi

    return make


@pytest.fixture
def refused() -> Callable[[requests.Response], dict[str, str]]:
    """The problems in a 422, by source."""

    def read(answer: requests.Response) -> dict[str, str]:
        assert answer.status_code == 422, answer.text
        return {error["source"]: error["title"] for error in answer.json()["errors"]}

    return read

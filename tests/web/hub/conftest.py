"""A hub over the archive's database, on SQLite and PostgreSQL, asked with webtest; and its callers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from doitui.web.hub.hub import Hub
from doitui_core.hub_store import tokens

REPORT = "0b6a5ee6-7e57-4b7e-9b7e-1f7a3a1c0001"
EVENT = "0b6a5ee6-7e57-4b7e-9b7e-1f7a3a1c0002"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the bodies of reports are."""
    return tmp_path / "reports"


@pytest.fixture
def hub(store: str, place: Path) -> Iterator[Hub]:
    """Its background work is done by `hub.background.drain()`."""
    hub = Hub(place)
    yield hub
    hub.stop()


class Caller:
    """A client with the token of `name`, or without one. No status is an error of the test by itself."""

    def __init__(self, hub: Hub, name: str = "", role: str = tokens.REPORTER) -> None:
        self.token = tokens.issue(name, role, actor="ida").token if name else ""
        self.app = TestApp(hub.application, lint=True)

    def send(self, method: str, path: str, document: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            named.setdefault("Authorization", f"Bearer {self.token}")
        if document is not None:
            call = getattr(self.app, f"{method.lower()}_json")
            return call(path, document, headers=named, expect_errors=True)
        return self.app.request(path, method=method, headers=named, expect_errors=True)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.send("GET", path, **headers)


@pytest.fixture
def as_caller(hub: Hub) -> Callable[..., Caller]:
    return lambda *words: Caller(hub, *words)


@pytest.fixture
def nobody(hub: Hub) -> Caller:
    return Caller(hub)


@pytest.fixture
def reporter(hub: Hub) -> Caller:
    return Caller(hub, "archive-a")


@pytest.fixture
def staff(hub: Hub) -> Caller:
    return Caller(hub, "ida", tokens.STAFF)


def report(month: int = 5, count: int = 3, created_by: str = "archive-a") -> dict[str, Any]:
    """A usage report that is valid."""
    period = {"begin-date": f"2026-{month:02}-01", "end-date": f"2026-{month:02}-28"}
    instance = {"count": count, "access-method": "regular", "metric-type": "unique-dataset-investigations"}
    dataset = {
        "dataset-title": "A set",
        "dataset-id": [{"type": "doi", "value": "10.5072/a"}],
        "platform": "Archive",
        "publisher": "Archive",
        "publisher-id": [{"type": "isni", "value": "0000000121032683"}],
        "data-type": "dataset",
        "uri": "https://archive.example.org/a",
        "yop": "2020",
        "performance": [{"period": period, "instance": [instance]}],
    }
    header = {
        "report-name": "dataset report",
        "report-id": "dsr",
        "release": "rd1",
        "created": "2026-06-01",
        "created-by": created_by,
        "reporting-period": period,
        "report-filters": [],
        "report-attributes": [],
        "exceptions": [],
    }
    return {"report-header": header, "report-datasets": [dataset]}


def event(uuid: str = EVENT) -> dict[str, Any]:
    """An event that is valid."""
    attributes = {
        "subj-id": "https://archive.example.org/a",
        "obj-id": "https://doi.org/10.5072/a",
        "relation-type-id": "is-cited-by",
        "source-id": "crossref",
        "source-token": "t",
    }
    return {"data": {"id": uuid, "type": "events", "attributes": attributes}}


def titles(answer: TestResponse) -> list[str]:
    """The errors of an answer, which have one shape."""
    errors = answer.json["errors"]
    assert errors
    assert {error["status"] for error in errors} == {str(answer.status_int)}
    return [error["title"] for error in errors]

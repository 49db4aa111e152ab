"""`doitui sandbox --staff`: what only DataCite's own people may do (datacite-api.md 3.2, 3.6)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import requests

from doitui.web.sandbox.server import serve
from doitui_core.errors import BadInput

EVENT = {
    "subj-id": "https://archive.example.org/a",
    "obj-id": "https://doi.org/10.5072/a",
    "source-id": "crossref",
    "source-token": "t",
}
REPOSITORY, STAFF = ("DEMO.REPO", "demo"), ("ida", "secret")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "doitui", "sandbox", "--port", "0", "--staff", "ida:secret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield "http" + process.stdout.readline().strip().partition("http")[2]
        process.terminate()


Send = Callable[..., requests.Response]


@pytest.fixture
def send(url: str) -> Send:
    def call(method: str, path: str, account: tuple[str, str] | None, **options: object) -> requests.Response:
        return requests.request(method, url + path, auth=account, timeout=30, **options)  # type: ignore[arg-type]

    return call


@pytest.mark.parametrize(("account", "status"), [(None, 401), (("ida", "wrong"), 401), (REPOSITORY, 403), (STAFF, 201)])
def test_only_staff_writes_events(send: Send, account: tuple[str, str] | None, status: int) -> None:
    document = {"data": {"type": "events", "attributes": EVENT}}
    assert send("POST", "/events", account, json=document).status_code == status


@pytest.mark.parametrize(("account", "status"), [(None, 401), (REPOSITORY, 401), (STAFF, 404)])
def test_only_staff_deletes_reports(send: Send, account: tuple[str, str] | None, status: int) -> None:
    path = "/reports/0b6a5ee6-7e57-4b7e-9b7e-1f7a3a1c0001"
    assert send("DELETE", path, account).status_code == status


def test_staff_does_not_own_dois(send: Send) -> None:
    document = {"data": {"type": "dois", "attributes": {"doi": "10.5072/staff"}}}
    assert send("POST", "/dois", STAFF, json=document).status_code == 403


@pytest.mark.parametrize(("staff", "message"), [("ida", "write NAME:PASSWORD"), ("demo.repo:x", "another name")])
def test_a_staff_account_that_cannot_be_used(staff: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        serve(0, ["10.5072"], "DEMO.REPO:demo", None, (), staff=staff)

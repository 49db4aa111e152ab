"""Reports on the wire."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.datacite.reports import BEGINNING, ReportsClient
from doitui_core.errors import Misconfigured, NotSent

UUID = "6e346671-e0d1-5d81-b3f0-bf237c106f44"

Connect = Callable[..., ReportsClient]


@pytest.fixture
def connect() -> Connect:
    def make(url: str, **options: Any) -> ReportsClient:
        return ReportsClient(url, "DEMO.REPO", "pässword", **{"deadline": 20, **options})

    return make


def test_the_first_part_is_put_under_its_uuid(saying: Any, connect: Connect) -> None:
    server = saying((200, "{}"))
    connect(server.url).send(UUID, b"x", first=True, compressed=False)
    ((method, path, headers, body),) = server.seen
    assert (method, path, headers["content-type"], body) == ("PUT", f"/reports/{UUID}", "application/json", b"x")


def test_the_others_are_posted(saying: Any, connect: Connect) -> None:
    server = saying((201, "{}"))
    connect(server.url).send(UUID, b"x", first=False, compressed=True)
    ((method, path, headers, _),) = server.seen
    assert (method, path, headers["content-type"], headers["content-encoding"]) == (
        "POST",
        "/reports",
        "application/gzip",
        "gzip",
    )


@pytest.mark.parametrize("end", ["", "/", "/reports", "/reports/"])
def test_the_address_may_end_in_reports(saying: Any, connect: Connect, end: str) -> None:
    server = saying((200, "{}"))
    connect(server.url + end).send(UUID, b"x", first=True, compressed=False)
    assert server.seen[0][1] == f"/reports/{UUID}"


def test_the_token_is_what_signs(saying: Any, connect: Connect) -> None:
    server = saying((200, "{}"))
    connect(server.url, token="t.o-ken").send(UUID, b"x", first=True, compressed=False)
    assert server.seen[0][2]["authorization"] == "Bearer t.o-ken"


def test_without_a_token_account_and_password_sign(saying: Any, connect: Connect) -> None:
    server = saying((200, "{}"))
    connect(server.url).send(UUID, b"x", first=True, compressed=False)
    assert server.seen[0][2]["authorization"] == "Basic " + b64encode("DEMO.REPO:pässword".encode()).decode()


def test_a_token_that_cannot_be_one_is_refused(connect: Connect) -> None:
    with pytest.raises(Misconfigured, match="datacite_api_token"):
        connect("http://127.0.0.1:1", token="a token\n")


@pytest.mark.parametrize("token", ["", "t0ken"])
def test_no_secret_comes_back(saying: Any, connect: Connect, token: str) -> None:
    client = connect(saying((500, "you said {sent}, pässword and t0ken." + " " * 60)).url, token=token)
    answer = client.send(UUID, b"x", first=True, compressed=False)
    secrets = (token or "pässword", b64encode("DEMO.REPO:pässword".encode()).decode())
    assert [secret for secret in secrets if secret in answer.text] == []


def test_of_a_long_answer_the_beginning_is_read(saying: Any, connect: Connect) -> None:
    answer = connect(saying((200, "x" * 50_000_000)).url).send(UUID, b"x", first=True, compressed=False)
    assert len(answer.text) == BEGINNING


def test_a_report_is_fetched_into_a_file(saying: Any, connect: Connect) -> None:
    into, text = io.BytesIO(), "x" * 40_000_000
    answer = connect(saying((200, text)).url).fetch(UUID, into)
    assert (answer.status, answer.text, into.tell()) == (200, "", len(text))


def test_an_error_is_not_fetched_into_the_file(saying: Any, connect: Connect) -> None:
    into = io.BytesIO()
    answer = connect(saying((404, json.dumps({"errors": []}))).url).fetch(UUID, into)
    assert (answer.text, into.tell()) == ('{"errors": []}', 0)


def test_a_server_that_is_not_there_is_reported(connect: Connect) -> None:
    with pytest.raises(NotSent):
        connect("http://127.0.0.1:1").send(UUID, b"x", first=True, compressed=False)

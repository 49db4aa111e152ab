"""What Sashimi's README says to send (seeds/sashimi-usage-reports-api.txt), and what a hub answers to it.

The sample deposit has its access method in the dataset instead of each instance, which Sashimi's own code refuses in
plain JSON (usage.md 1.5): a strict hub names it, a lenient one takes it. Each line of curl is sent with its headers.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from doitui.web.hub.hub import Hub
from doitui.web.hub.options import HubOptions
from doitui_core.hub_store import tokens

from .conftest import REPORT

OFF = "found unpermitted parameter: :access-method"


class Sender:
    """One who follows the README at a hub."""

    def __init__(self, hub: Hub, shared: Path) -> None:
        self.hub, self.app = hub, TestApp(hub.application)
        self.authorization = f"Bearer {tokens.issue('dataone', actor='ida').token}"
        text = (shared / "seeds" / "sashimi-usage-reports-api.txt").read_text()
        decoder = json.JSONDecoder()
        self.sample: dict[str, Any] = decoder.raw_decode(text, text.index("/reports{") + len("/reports"))[0]
        self.exception = decoder.raw_decode(text, text.index('"exceptions": [{') + len('"exceptions": ['))[0]

    def plain(self) -> TestResponse:
        """curl --header "Content-Type: application/json; Accept: application/json" … -X POST /reports"""
        return self._send(
            "POST", "/reports", json.dumps(self.sample).encode(), "application/json; Accept: application/json"
        )

    def compressed(self, title: str = "", method: str = "POST", path: str = "/reports/") -> TestResponse:
        """curl --header "Content-Type: application/gzip; Content-Encoding: gzip" … -X POST /reports/ -d @…"""
        document = json.loads(json.dumps(self.sample))
        document["report-header"]["exceptions"] = [self.exception]
        document["report-datasets"][0]["dataset-title"] = title or "lake erie fish community data"
        body = gzip.compress(json.dumps(document).encode())
        return self._send(method, path, body, "application/gzip; Content-Encoding: gzip")

    def state(self) -> str:
        """The state of the only report, once the hub has done its work."""
        self.hub.background.drain()
        (found,) = self.app.get("/reports").json["reports"]
        return str(found["state"])

    def reasons(self) -> list[str]:
        """Why the only report is not valid, or what is off."""
        (found,) = self.app.get("/reports").json["reports"]
        report = self.app.get(f"/reports/{found['id']}").json["report"]
        return [*(one["message"] for one in report["exceptions"]), *report["warnings"]]

    def _send(self, method: str, path: str, body: bytes, content_type: str) -> TestResponse:
        headers = {"Content-Type": content_type, "X-Authorization": self.authorization}
        return self.app.request(path, method=method, body=body, headers=headers, expect_errors=True)


@pytest.fixture
def strict(hub: Hub, shared: Path) -> Sender:
    return Sender(hub, shared)


@pytest.fixture
def lenient(store: str, place: Path, shared: Path) -> Sender:
    return Sender(Hub(place, HubOptions(lenient=True)), shared)


@pytest.fixture(params=["strict", "lenient"])
def either(request: pytest.FixtureRequest, store: str, place: Path, shared: Path) -> tuple[str, Sender]:
    """The mode, and a sender."""
    return request.param, Sender(Hub(place, HubOptions(lenient=request.param == "lenient")), shared)


def test_strict_the_plain_deposit_is_422_and_named(strict: Sender) -> None:
    answer = strict.plain()
    assert answer.status_int == 422
    assert [one["title"] for one in answer.json["errors"]] == [
        'report-datasets/0/performance/0/instance/0: "access-method" is a required property',
        OFF,
    ]
    assert strict.app.get("/reports").json["meta"]["total"] == 0


def test_lenient_the_plain_deposit_is_201_with_a_warning(lenient: Sender) -> None:
    answer = lenient.plain()
    assert (answer.status_int, answer.json["report"]["state"]) == (201, "valid")
    assert lenient.state() == "valid"
    assert any(one.startswith(OFF) for one in lenient.reasons())


def test_strict_the_compressed_deposit_is_202_then_not_valid(strict: Sender) -> None:
    """The two steps of the README: the header at once, the datasets behind."""
    assert strict.compressed().status_int == 202
    assert strict.app.get("/reports?queued=true").json["meta"]["total"] == 1
    assert strict.state() == "not_valid"
    assert strict.app.get("/reports?incorrect=true").json["meta"]["total"] == 1
    assert strict.reasons()[0].endswith('"access-method" is a required property')


def test_lenient_the_compressed_deposit_is_202_then_valid(lenient: Sender) -> None:
    assert (lenient.compressed().status_int, lenient.state()) == (202, "valid")
    assert any(one.startswith(OFF) for one in lenient.reasons())


def test_three_posts_with_one_header_are_one_report_of_three_subsets(either: tuple[str, Sender]) -> None:
    mode, sender = either
    answers = [sender.compressed(title) for title in "abc"]
    assert [one.status_int for one in answers] == [202] * 3
    assert len({one.json["report"]["id"] for one in answers}) == 1
    assert len(answers[-1].json["report"]["report-subsets"]) == 3
    assert sender.state() == ("not_valid" if mode == "strict" else "valid")


def test_put_then_posts_replace_the_report(either: tuple[str, Sender]) -> None:
    mode, sender = either
    lines = [("x", "PUT", f"/reports/{REPORT}"), ("y", "POST", "/reports/"), ("a", "PUT", f"/reports/{REPORT}")]
    answers = [sender.compressed(*line) for line in [*lines, ("b", "POST", "/reports/"), ("c", "POST", "/reports/")]]
    assert [one.status_int for one in answers] == [202] * 5
    assert {one.json["report"]["id"] for one in answers} == {REPORT}
    assert [len(one.json["report"]["report-subsets"]) for one in answers] == [1, 2, 1, 2, 3]
    assert sender.state() == ("not_valid" if mode == "strict" else "valid")

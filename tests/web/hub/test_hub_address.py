"""Under which address the hub is known: `hub_url`, or a Host that nobody can have invented. Both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.hub.hub import Hub
from doitui.web.hub.options import HubOptions
from doitui_core.hub_store import tokens

from .conftest import REPORT, Caller, report, titles

PUBLIC = HubOptions(public_url="https://hub.example.org/usage")

#: Options, Host, X-Forwarded-Host, the status of a report, and the beginning of the URL that is stored. gunicorn passes
#: X-Forwarded-Host on from everybody, so it says nothing unless waitress was told whom to trust.
STORED: list[tuple[HubOptions, str, str, int, str]] = [
    (HubOptions(), "127.0.0.1:8075", "", 201, "http://127.0.0.1:8075/"),
    (HubOptions(), "localhost", "", 201, "http://localhost/"),
    (HubOptions(), "[::1]:8075", "", 201, "http://[::1]:8075/"),
    (HubOptions(), "evil.example.org", "", 421, ""),
    (HubOptions(), "localhost.evil.example.org", "", 421, ""),
    (HubOptions(), "203.0.113.5", "", 421, ""),
    (HubOptions(), "hub.example.org", "hub.example.org", 421, ""),
    (HubOptions(host="Hub.example.org"), "hub.example.org:8075", "", 201, "http://hub.example.org:8075/"),
    (HubOptions(host="0.0.0.0"), "evil.example.org", "", 421, ""),
    (HubOptions(proxied=True), "hub.example.org", "hub.example.org", 201, "http://hub.example.org/"),
    (HubOptions(proxied=True), "evil.example.org", "", 421, ""),
    (PUBLIC, "evil.example.org", "evil.example.org", 201, "https://hub.example.org/usage/"),
    (PUBLIC, "not a host", "", 201, "https://hub.example.org/usage/"),
]

BROKEN = ["a b", "user@a.org", "a.org/x", "a.org\\x", "a.org:0", "a.org:99999", "ä.org", "a.org?x", "<b>", "-a.org"]


@pytest.fixture
def token(store: str) -> str:
    return tokens.issue("archive-a", actor="ida").token


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_invented_host_is_stored(token: str, place: Path, check_all: Callable[..., None]) -> None:
    def check(case: tuple[HubOptions, str, str, int, str]) -> None:
        options, host, forwarded, status, stored = case
        hub = Hub(place, options)
        headers = {"Host": host, "Authorization": f"Bearer {token}"}
        headers |= {"X_Forwarded_Host": forwarded} if forwarded else {}
        document = report(created_by=f"{host} {forwarded} {options}".translate(str.maketrans(" [", "--", "\\'")) + "a")
        answer = Caller(hub).send("POST", "/reports", document, **headers)
        assert answer.status_int == status, answer.text
        if status != 201:
            assert [host in title and "hub_url" in title for title in titles(answer)] == [True]
            return
        hub.background.drain()
        uid = answer.json["report"]["id"]
        listed = Caller(hub).get("/events?sort=-created&page[size]=1000", Host=host).json
        found = [one["attributes"]["subj-id"] for one in listed["data"] if uid in one["attributes"]["subj-id"]]
        assert found == [f"{stored}reports/{uid}"]
        assert listed["links"]["self"].startswith(f"{stored}events?")

    check_all(check, STORED)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_host_that_is_none_is_400(token: str, place: Path, check_all: Callable[..., None]) -> None:
    hub = Hub(place)

    def check(host: str) -> None:
        headers: dict[str, Any] = {"Host": host.encode().decode("latin-1")}
        for path in ("/events", f"/reports/{REPORT}", "/openapi.json"):
            answer = Caller(hub).get(path, **headers)
            assert (answer.status_int, titles(answer)) == (400, ["Host is not a valid host name"])

    check_all(check, BROKEN)


@pytest.mark.parametrize("options", [HubOptions(), PUBLIC])
def test_whose_report_it_is_is_asked_before_the_address(store: str, place: Path, options: HubOptions) -> None:
    assert Caller(Hub(place, options)).send("POST", "/reports", report(), Host="evil.org").status_int == 401


def test_another_public_address_leaves_the_events_of_a_report_where_they_are(token: str, place: Path) -> None:
    """A correction must meet the events of the report, so it keeps the address it was created under."""
    for options, count in ((HubOptions(), 3), (PUBLIC, 8)):
        hub = Hub(place, options)
        headers = {"Authorization": f"Bearer {token}"}
        Caller(hub).send("PUT", f"/reports/{REPORT}", report(count=count), **headers)
        hub.background.drain()
    (event,) = Caller(hub).get("/events").json["data"]
    found = event["attributes"]
    assert (found["subj-id"], found["total"]) == (f"http://localhost:80/reports/{REPORT}", 8)

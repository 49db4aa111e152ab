"""What HTTP asks of every route of the hub: errors of one shape, HEAD, tags, CORS. Both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.hub.hub import Hub
from doitui.web.hub.options import HubOptions
from doitui_core.db import database
from doitui_core.hub_store.body_storage import CLAIM

from .conftest import EVENT, REPORT, Caller, event, report, titles

READS = ["/events", f"/events/{EVENT}", "/reports", f"/reports/{REPORT}", "/heartbeat", "/metrics", "/openapi.json"]


@pytest.fixture
def filled(reporter: Caller, staff: Caller) -> None:
    assert reporter.send("PUT", f"/reports/{REPORT}", report()).status_int == 201
    assert staff.send("PUT", f"/events/{EVENT}", event()).status_int == 201


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/events/nothing", {}, 404),
        ("GET", f"/reports/{REPORT}", {}, 404),
        ("GET", "/report-subsets/1", {}, 404),
        ("GET", "/report-subsets/x", {}, 404),
        ("DELETE", "/events", {}, 405),
        ("PUT", "/reports", {}, 405),
        ("POST", "/heartbeat", {}, 405),
        ("GET", "/events", {"Accept": "text/html"}, 406),
        ("GET", "/events", {"Accept": "application/json;q=0"}, 406),
        ("GET", "/metrics", {"Accept": "application/json"}, 406),
        ("POST", "/events", {"Content-Type": "text/xml"}, 415),
        ("POST", "/events", {"Content-Type": "application/json", "Content-Encoding": "br"}, 415),
        ("POST", "/reports", {"Content-Type": "text/xml"}, 415),
        ("POST", "/reports", {"Content-Type": "application/json", "Content-Encoding": "br"}, 415),
        ("POST", "/reports", {"Content-Type": "application/json", "Content-Length": "200000000"}, 413),
        ("POST", "/events", {"Content-Type": "application/json"}, 422),
        ("POST", "/reports", {"Content-Type": "application/json"}, 400),
        ("GET", "/events?page[number]=99999999", {}, 400),
    ],
)
def test_errors_have_one_shape(staff: Caller, method: str, path: str, headers: dict[str, str], status: int) -> None:
    answer = staff.send(method, path, **headers)
    assert (answer.status_int, answer.content_type) == (status, "application/vnd.api+json")
    assert titles(answer)


def test_only_what_datacite_keeps_since_2026_is_listed_when_that_is_chosen(staff: Caller, place: Path) -> None:
    """One event by its UUID is shown anyway: who wrote it can read it."""
    author = event()
    author["data"]["attributes"] |= {"relation-type-id": "is-authored-by", "obj-id": "https://orcid.org/0000-0001"}
    assert staff.send("PUT", f"/events/{EVENT}", author).status_int == 201
    scoped = Caller(Hub(place, HubOptions(datacite_scope=True)))
    listed = [caller.get("/events").json["meta"]["total"] for caller in (staff, scoped)]
    assert (listed, scoped.get(f"/events/{EVENT}").status_int) == ([1, 0], 200)


def test_an_invalid_event_names_its_status_as_text(staff: Caller) -> None:
    answer = staff.send("POST", "/events", {"data": {"attributes": {"total": 1}}})
    assert titles(answer) == ["Subj can't be blank", "Source can't be blank", "Source token can't be blank"]


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "text/html, */*;q=0.1", ""])
def test_an_accept_that_takes_json_is_served(nobody: Caller, accept: str) -> None:
    assert nobody.get("/events", Accept=accept).status_int == 200


def test_both_versions_and_csv_are_chosen_by_accept(filled: None, nobody: Caller) -> None:
    version_2 = nobody.get(f"/events/{EVENT}", Accept="application/vnd.api+json; version=2").json
    assert version_2["data"]["attributes"]["objId"] == "https://doi.org/10.5072/a"
    assert nobody.get("/events", Accept="text/csv").text.startswith("subj-id,obj-id")


@pytest.mark.parametrize("path", [*READS, "/nothing"])
def test_head_has_the_headers_of_get_and_no_body(filled: None, nobody: Caller, path: str) -> None:
    get, head = nobody.get(path), nobody.send("HEAD", path)
    assert (head.status_int, head.body, head.content_type) == (get.status_int, b"", get.content_type)
    assert head.headers.get("ETag") == get.headers.get("ETag")


@pytest.mark.parametrize("path", [f"/events/{EVENT}", f"/reports/{REPORT}", "/events", "/reports"])
def test_who_has_the_answer_is_not_sent_it_again(filled: None, nobody: Caller, reporter: Caller, path: str) -> None:
    tag = nobody.get(path).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = nobody.get(path, If_None_Match=known)
        assert (again.status_int, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert nobody.get(path, If_None_Match='"x"').status_int == 200


@pytest.mark.parametrize("path", [f"/reports/{REPORT}", "/events"])
def test_a_change_has_another_tag(hub: Hub, filled: None, nobody: Caller, reporter: Caller, path: str) -> None:
    hub.background.drain()
    tag = nobody.get(path).headers["ETag"]
    reporter.send("PUT", f"/reports/{REPORT}", report(count=9))
    hub.background.drain()
    assert nobody.get(path, If_None_Match=tag).status_int == 200


@pytest.mark.parametrize("path", READS)
def test_other_sites_may_read(filled: None, nobody: Caller, path: str) -> None:
    answer = nobody.get(path, Origin="https://elsewhere.example.org")
    assert (answer.status_int, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


def test_other_sites_may_read_errors_too(nobody: Caller) -> None:
    assert nobody.get("/nothing", Origin="https://x.example.org").headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_is_answered_without_a_token(nobody: Caller) -> None:
    asked = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "authorization"}
    answer = nobody.send("OPTIONS", f"/reports/{REPORT}", Origin="https://elsewhere.example.org", **asked)
    assert answer.status_int == 200
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization"


@pytest.mark.parametrize("path", ["/heartbeat", "/hearthbeat"])
def test_the_heartbeat_is_ok_and_leaves_nothing(nobody: Caller, place: Path, path: str) -> None:
    answer = nobody.get(path)
    assert (answer.status_int, answer.text, answer.content_type) == (200, "OK", "text/plain")
    assert [file.name for file in place.iterdir()] == [CLAIM]


def test_the_heartbeat_misses_a_storage_that_is_gone(nobody: Caller, place: Path) -> None:
    place.joinpath(CLAIM).unlink()
    place.rmdir()
    place.write_text("a file where the directory was")
    answer = nobody.get("/heartbeat")
    assert (answer.status_int, answer.text) == (500, "storage: Not a directory")


def test_the_heartbeat_misses_a_database_that_is_gone(nobody: Caller) -> None:
    with database.write():
        database.current().db.execute_sql("ALTER TABLE hub_token RENAME TO hub_token_gone")
    answer = nobody.get("/heartbeat")
    with database.write():
        database.current().db.execute_sql("ALTER TABLE hub_token_gone RENAME TO hub_token")
    assert (answer.status_int, answer.text.partition(":")[0], answer.text.count("\n")) == (500, "database", 0)


def test_the_heartbeat_names_a_background_step_that_fails(hub: Hub, nobody: Caller) -> None:
    with database.write():
        database.current().db.execute_sql("ALTER TABLE hub_report_part RENAME TO gone")
    hub.background.round()
    answer = nobody.get("/heartbeat")
    with database.write():
        database.current().db.execute_sql("ALTER TABLE gone RENAME TO hub_report_part")
    assert answer.status_int == 500
    assert answer.text.startswith("background: reports: ")


def test_what_fails_unexpectedly_is_500_without_details(nobody: Caller) -> None:
    with database.write():
        database.current().db.execute_sql("ALTER TABLE hub_event RENAME TO gone")
    answer = nobody.get(f"/events/{EVENT}")
    with database.write():
        database.current().db.execute_sql("ALTER TABLE gone RENAME TO hub_event")
    assert answer.status_int in (500, 503)
    assert "hub_event" not in answer.text
    assert titles(answer)


def test_metrics_count_requests_and_what_is_stored(hub: Hub, filled: None, nobody: Caller) -> None:
    nobody.get("/nothing")
    lines = set(nobody.get("/metrics").text.splitlines())
    assert {
        'doitui_hub_requests_total{method="PUT",route="/reports/{uid}",status="201"} 1.0',
        'doitui_hub_requests_total{method="GET",route="other",status="404"} 1.0',
        'doitui_hub_reports{state="valid"} 1.0',
        'doitui_hub_tokens{state="valid"} 2.0',
        'doitui_hub_request_seconds_count{route="/events/{uuid}"} 1.0',
    } <= lines
    assert any(line.startswith("doitui_hub_background_lag_seconds ") for line in lines)


def test_two_hubs_in_a_process_have_metrics_of_their_own(hub: Hub, nobody: Caller, place: Path) -> None:
    nobody.get("/nothing")
    assert "/nothing" not in Caller(Hub(place)).get("/metrics").text
    assert 'status="404"' not in Caller(Hub(place)).get("/metrics").text


def test_the_tombstone_of_a_doi_that_is_none_is_a_page(nobody: Caller) -> None:
    answer = nobody.get("/tombstones/10.5072/<b>", Accept="text/html")
    assert (answer.status_int, answer.content_type) == (404, "text/html")
    assert "<b>" not in answer.text


def test_the_openapi_document_names_every_route_and_method(hub: Hub, nobody: Caller) -> None:
    paths: dict[str, Any] = nobody.get("/openapi.json").json["paths"]
    routes: Callable[..., Any] = hub.application._app._router.find  # type: ignore[attr-defined]
    values = {"{uuid}": EVENT, "{uid}": REPORT, "{number}": "1", "{doi}": "10.5072/a"}
    for path, item in paths.items():
        filled_in = path
        for name, value in values.items():
            filled_in = filled_in.replace(name, value)
        _resource, methods, *_ = routes(filled_in)
        served = {name.lower() for name, act in methods.items() if "not_allowed" not in getattr(act, "__name__", "")}
        assert set(item) - {"parameters"} == served - {"options"}, path

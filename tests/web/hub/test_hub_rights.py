"""Who may do what at the hub, from the token to the life of a report. Both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui.web.hub.hub import Hub
from doitui_core.hub_store import tokens

from ...conftest import Clock
from .conftest import EVENT, REPORT, Caller, event, report, titles

WRITES = {
    "POST /events": event(),
    f"PUT /events/{EVENT}": event(),
    f"PATCH /events/{EVENT}": event(),
    f"DELETE /events/{EVENT}": None,
    "POST /reports": report(),
    f"PUT /reports/{REPORT}": report(),
    f"PATCH /reports/{REPORT}": report(),
    f"DELETE /reports/{REPORT}": None,
}

#: The status of each write for nobody, a reporter and staff, where nothing is stored yet.
EXPECTED = {
    "POST /events": (401, 403, 201),
    f"PUT /events/{EVENT}": (401, 403, 201),
    f"PATCH /events/{EVENT}": (401, 403, 201),
    f"DELETE /events/{EVENT}": (401, 403, 404),
    "POST /reports": (401, 201, 201),
    f"PUT /reports/{REPORT}": (401, 201, 201),
    f"PATCH /reports/{REPORT}": (401, 201, 201),
    f"DELETE /reports/{REPORT}": (401, 403, 404),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_needs_a_role(nobody: Caller, reporter: Caller, staff: Caller, write: str) -> None:
    wanted = EXPECTED[write]
    for caller, status in ((nobody, wanted[0]), (reporter, wanted[1])):
        answer = caller.send(*write.split(), WRITES[write])
        assert answer.status_int == status
        assert status == 201 or titles(answer)
    if wanted[1] == 201:
        return  # the month is the reporter's now
    assert staff.send(*write.split(), WRITES[write]).status_int == wanted[2]


@pytest.mark.parametrize("write", [write for write in WRITES if "reports" in write and "DELETE" not in write])
def test_staff_sends_reports_too(staff: Caller, write: str) -> None:
    assert staff.send(*write.split(), WRITES[write]).status_int == 201


@pytest.mark.parametrize("path", ["/events", "/reports", "/heartbeat", "/hearthbeat", "/metrics", "/openapi.json"])
def test_everybody_reads(nobody: Caller, path: str) -> None:
    assert nobody.get(path).status_int == 200


@pytest.mark.parametrize(
    "header", ["Bearer x.y.z", "Bearer ", "Bearer", "Basic YTpi", "x", "Bearer " + "x" * 9000, "é"]
)
@pytest.mark.parametrize("name", ["Authorization", "X_Authorization"])
def test_a_wrong_token_is_told_so_also_where_none_is_needed(nobody: Caller, header: str, name: str) -> None:
    answer = nobody.get("/events", **{name: header})
    assert (answer.status_int, titles(answer)) == (401, ["Bad credentials."])
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "{}"])
@pytest.mark.parametrize("name", ["Authorization", "X_Authorization"])
def test_a_token_is_taken_in_each_form_and_header(nobody: Caller, reporter: Caller, form: str, name: str) -> None:
    answer = nobody.send("POST", "/reports", report(), **{name: form.format(reporter.token)})
    assert (answer.status_int, answer.headers["X-Credential-Username"]) == (201, "archive-a")


def test_behind_a_proxy_with_a_password_of_its_own_x_authorization_counts(reporter: Caller) -> None:
    headers = {"Authorization": "Basic YTpi", "X_Authorization": f"Bearer {reporter.token}"}
    assert reporter.send("POST", "/reports", report(), **headers).status_int == 201


def test_a_revoked_token_ends_at_once(reporter: Caller) -> None:
    tokens.revoke("archive-a", actor="ida")
    assert reporter.send("POST", "/reports", report()).status_int == 401


def test_a_reporter_changes_its_own_report_and_no_other(
    reporter: Caller, staff: Caller, as_caller: Callable[..., Caller]
) -> None:
    other = as_caller("archive-b")
    path = f"/reports/{REPORT}"
    sent = [(reporter, report(), 201), (reporter, report(count=5), 200), (other, report(count=7), 403)]
    for caller, document, status in [*sent, (staff, report(count=9), 200)]:
        assert caller.send("PUT", path, document).status_int == status
    assert other.get(path).json["report"]["report-header"]["client-id"] == "archive-a"


def test_the_month_of_another_reporter_is_a_conflict(reporter: Caller, as_caller: Callable[..., Caller]) -> None:
    reporter.send("POST", "/reports", report())
    answer = as_caller("archive-b").send("POST", "/reports", report())
    assert (answer.status_int, titles(answer)) == (409, ["The resource already exists."])


def test_a_new_token_of_the_name_owns_its_reports(reporter: Caller, as_caller: Callable[..., Caller]) -> None:
    reporter.send("PUT", f"/reports/{REPORT}", report())
    tokens.revoke("archive-a", actor="ida")
    assert as_caller("Archive-A").send("PUT", f"/reports/{REPORT}", report(count=5)).status_int == 200


class Unread:
    """A body that must not be read."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")

    readline = __iter__ = readlines = read


@pytest.mark.parametrize("write", [write for write in WRITES if "DELETE" not in write])
def test_who_may_not_is_refused_before_the_body_is_read(nobody: Caller, write: str) -> None:
    method, path = write.split()
    environ = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(10**9), "CONTENT_TYPE": "application/json"}
    answer = nobody.app.request(path, method=method, environ=environ, expect_errors=True)
    assert answer.status_int == 401


def test_the_life_of_a_report(hub: Hub, reporter: Caller, staff: Caller, nobody: Caller, clock: Clock) -> None:
    path = f"/reports/{REPORT}"

    def totals() -> list[int]:
        clock.forward(seconds=1)
        hub.background.drain()
        return [one["attributes"]["total"] for one in nobody.get("/events").json["data"]]

    assert reporter.send("PUT", path, report(count=3)).status_int == 201
    assert totals() == [3]
    assert reporter.send("PUT", path, report(count=8)).status_int == 200
    assert totals() == [8]
    assert [one["id"] for one in nobody.get("/reports?client-id=archive-a").json["reports"]] == [REPORT]
    assert reporter.send("DELETE", path).status_int == 403
    assert staff.send("DELETE", path).status_int == 204
    assert (nobody.get(path).status_int, totals()) == (404, [])
    assert staff.send("DELETE", path).status_int == 404


def test_the_life_of_an_event(staff: Caller, nobody: Caller) -> None:
    path = f"/events/{EVENT}"
    assert staff.send("PUT", path, event()).status_int == 201
    assert staff.send("PUT", path, event()).status_int == 200
    assert nobody.get(path).json["data"]["id"] == EVENT
    assert (staff.send("DELETE", path).status_int, nobody.get(path).status_int) == (204, 404)

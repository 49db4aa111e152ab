"""usage.md 1.1 to 1.8: what an answer of the report store means."""

from __future__ import annotations

import json

import pytest

from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import OutcomeKind
from doitui_core.usage_reports.report_outcomes import is_waiting, report_outcome

UUID = "6e346671-e0d1-5d81-b3f0-bf237c106f44"
OURS = json.dumps({"report": {"id": UUID, "report-header": {}}})


def told(status: int, text: str = "", **headers: str) -> tuple[OutcomeKind, str]:
    outcome = report_outcome(Answer(status, {name.replace("_", "-"): v for name, v in headers.items()}, text), UUID)
    return outcome.kind, outcome.cause


def error(title: str) -> str:
    return json.dumps({"errors": [{"title": title}]})


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_that_names_the_report_is_one(status: int) -> None:
    assert told(status, OURS) == (OutcomeKind.DONE, "")


def test_the_beginning_of_a_long_answer_is_enough() -> None:
    assert told(201, OURS[:60]) == (OutcomeKind.DONE, "")


def test_the_case_of_the_uuid_is_no_matter() -> None:
    assert told(201, OURS.upper().replace("ID", "id")) == (OutcomeKind.DONE, "")


@pytest.mark.parametrize("text", ["", '{"report": {"id": "another"}}', UUID])
def test_a_success_about_something_else_is_none(text: str) -> None:
    assert told(200, text) == (OutcomeKind.AMBIGUOUS, "unreadable")


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (401, error("Bad credentials."), (OutcomeKind.BLOCKED, "credentials")),
        (403, error("not authorized"), (OutcomeKind.BLOCKED, "forbidden")),
        (403, "<!DOCTYPE html>blocked", (OutcomeKind.RETRYABLE, "firewall")),
        (404, error("No"), (OutcomeKind.BLOCKED, "configuration")),
        (405, error("No"), (OutcomeKind.BLOCKED, "configuration")),
        (406, error("No"), (OutcomeKind.PERMANENT, "rejected")),
        (409, error("The resource already exists."), (OutcomeKind.PERMANENT, "taken")),
        (413, error("No"), (OutcomeKind.PERMANENT, "too_large")),
        (422, error("undefined method `uid' for nil:NilClass"), (OutcomeKind.BLOCKED, "credentials")),
        (422, error("Report protocol is incorrect"), (OutcomeKind.PERMANENT, "report")),
        (422, '{"created_by": ["can\'t be blank"]}', (OutcomeKind.PERMANENT, "report")),
        (400, error("No"), (OutcomeKind.PERMANENT, "bad_request")),
        (301, "", (OutcomeKind.PERMANENT, "redirected")),
        (429, "", (OutcomeKind.THROTTLED, "throttled")),
        (408, "", (OutcomeKind.THROTTLED, "throttled")),
        (500, "<html>", (OutcomeKind.AMBIGUOUS, "proxy")),
        (502, error("No"), (OutcomeKind.AMBIGUOUS, "server_error")),
        (418, error("No"), (OutcomeKind.PERMANENT, "rejected")),
        (600, error("No"), (OutcomeKind.AMBIGUOUS, "server_error")),
    ],
)
def test_each_status_has_one_meaning(status: int, text: str, expected: tuple[OutcomeKind, str]) -> None:
    assert told(status, text) == expected


def test_a_503_that_names_a_time_has_not_begun() -> None:
    assert told(503, "", retry_after="30") == (OutcomeKind.THROTTLED, "throttled")


def test_the_servers_own_words_come_first() -> None:
    outcome = report_outcome(Answer(422, {}, error("Reports are monthly")), UUID)
    assert outcome.message.startswith("HTTP 422: Reports are monthly; ")


def state(status: int, state: str, *reasons: str) -> Answer:
    exceptions = [{"code": 422, "message": reason} for reason in reasons]
    report = {"id": UUID, "state": state, "exceptions": exceptions, "report-header": {"exceptions": []}}
    return Answer(status, {}, json.dumps({"report": report}))


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_stored_report_that_is_not_valid_is_no_success(status: int) -> None:
    outcome = report_outcome(state(status, "not_valid", "report-datasets/3/yop: 5 is not of type"), UUID)
    assert (outcome.kind, outcome.cause) == (OutcomeKind.PERMANENT, "report")
    assert "report-datasets/3/yop" in outcome.message


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (state(202, "waiting"), True),
        (Answer(202, {}, OURS), True),
        (state(202, "valid"), False),
        (Answer(201, {}, OURS), False),
    ],
)
def test_what_is_validated_later_is_waiting(answer: Answer, expected: bool) -> None:
    assert is_waiting(answer) is expected

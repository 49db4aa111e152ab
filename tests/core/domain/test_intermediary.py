"""Which answers are the service's own, as one table for all services; and what becomes of the others."""

from __future__ import annotations

import json

import pytest

from doitui_core.datacite.mds_outcomes import mds_outcome
from doitui_core.datacite.mds_states import Call
from doitui_core.domain.answer import Answer
from doitui_core.domain.intermediary import DATACITE, FIREWALL, MDS, PROXY, REPORTS, interferer
from doitui_core.domain.outcomes import Outcome, OutcomeKind, from_answer
from doitui_core.events.event_outcomes import event_outcome
from doitui_core.usage_reports.report_outcomes import report_outcome

UUID = "6f4bd7a4-6f64-4b2c-9e0b-6f2d7a6c1a85"
URL = "https://api.example.org/dois"

PAGE = "<!DOCTYPE html><html><body><h1>Access denied</h1></body></html>"

#: What stands on the way and refuses, in its own words.
IN_BETWEEN = [
    PAGE,
    "\n  <html>blocked by policy</html>",
    "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    '{"message": "Forbidden"}',
    '{"message":"Missing Authentication Token"}',
    '{"errors": [{"code": 1020, "message": "Access denied"}]}',
    '{"errors": []}',
    '{"errors": "no"}',
    '{"error": {"code": 403}}',
    "[]",
    "null",
]

#: Said by text servers in between; to REST it is as foreign as anything that is no JSON.
NAMES = ["Forbidden", "403 Forbidden", "forbidden.", "Unauthorized", "Not Found", "404 Not Found"]

#: All that refuse without having done anything.
REFUSALS = [400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 421, 422, 431, 451]
FAULTS = [500, 501, 502, 503, 504, 505, 507, 520, 530, 599]


def decisions(status: int, text: str, **headers: str) -> dict[str, Outcome]:
    """What each service's rules say to it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Answer(status, named, text, URL)
    found = {
        "rest": from_answer(answer),
        "events": event_outcome(answer, UUID),
        "reports": report_outcome(answer, UUID),
    }
    return found | {f"mds {call}": mds_outcome(answer, call) for call in Call}


def others(status: int, text: str, kind: OutcomeKind, cause: str, **headers: str) -> list[str]:
    """The services that decide otherwise."""
    found = decisions(status, text, **headers)
    return [
        f"{name} {status} {text!r}: {it.kind} {it.cause}"
        for name, it in found.items()
        if (it.kind, it.cause) != (kind, cause)
    ]


def test_no_refusal_in_foreign_words_is_the_services_own() -> None:
    wrong = [
        each
        for status in REFUSALS
        for text in IN_BETWEEN
        for each in others(status, text, OutcomeKind.RETRYABLE, FIREWALL)
    ]
    assert wrong == []


def test_a_fault_in_foreign_words_is_a_proxys_and_may_have_been_done() -> None:
    wrong = [
        each for status in FAULTS for text in IN_BETWEEN for each in others(status, text, OutcomeKind.AMBIGUOUS, PROXY)
    ]
    assert wrong == []


def test_a_page_with_a_success_is_a_login_page_and_proves_nothing() -> None:
    wrong = [each for status in (200, 201, 202, 203) for each in others(status, PAGE, OutcomeKind.AMBIGUOUS, FIREWALL)]
    wrong += others(200, "welcome", OutcomeKind.AMBIGUOUS, FIREWALL, content_type="text/html; charset=utf-8")
    assert wrong == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_elsewhere_is_a_login_page(status: int) -> None:
    assert others(status, "", OutcomeKind.RETRYABLE, FIREWALL, location="https://login.example.net/?next=/dois") == []


@pytest.mark.parametrize("status", [302, 303, 304, 307])
def test_a_redirect_for_now_is_a_login_page_also_on_the_same_host(status: int) -> None:
    assert others(status, "", OutcomeKind.RETRYABLE, FIREWALL, location="/login?next=/dois") == []


@pytest.mark.parametrize("location", ["/v2/dois", "https://api.example.org/v2/dois", "http://api.example.org/dois", ""])
def test_a_redirect_for_good_on_the_same_host_is_a_wrong_address(location: str) -> None:
    assert others(301, "", OutcomeKind.PERMANENT, "redirected", **({"location": location} if location else {})) == []


def test_a_proxy_that_wants_credentials_is_a_proxy() -> None:
    assert [
        each
        for text in ("", PAGE, "Proxy Authentication Required")
        for each in others(407, text, OutcomeKind.RETRYABLE, PROXY)
    ] == []


def test_a_portal_that_says_so_is_a_portal() -> None:
    assert others(511, PAGE, OutcomeKind.RETRYABLE, FIREWALL) == []


@pytest.mark.parametrize("text", ["", PAGE, '{"message": "Too many requests"}'])
@pytest.mark.parametrize("status", [408, 425, 429])
def test_whoever_asks_to_wait_is_waited_for(status: int, text: str) -> None:
    assert others(status, text, OutcomeKind.THROTTLED, "throttled") == []


def test_an_error_list_is_datacites_whatever_its_status() -> None:
    text = json.dumps({"errors": [{"status": "403", "title": "You are not authorized to access this resource."}]})
    told = {status: interferer(Answer(status, {}, text), DATACITE) for status in [*REFUSALS, *FAULTS]}
    assert {status: who for status, who in told.items() if who} == {}


def test_what_is_wrong_with_a_report_is_the_report_stores_own_words() -> None:
    bodies = ['{"created_by": ["can\'t be blank"]}', '{"base": [[{"#/report-datasets/0/yop": "is missing"}]]}']
    assert [interferer(Answer(422, {}, text), REPORTS) for text in bodies] == ["", ""]
    assert interferer(Answer(403, {}, bodies[0]), REPORTS) == FIREWALL


#: Every sentence of poodle and of the Java MDS (datacite-api 2).
OF_MDS = [
    (400, ""),
    (400, "param 'doi' required"),
    (400, "doi parameter does not match doi of resource"),
    (400, "[xml] xml error: cvc-complex-type"),
    (401, "An Authentication object was not found in the SecurityContext"),
    (401, "Bad credentials"),
    (403, "Access is denied"),
    (403, "login problem, Quota exceeded"),
    (404, "DOI not found"),
    (404, "DOI is unknown to MDS"),
    (404, "Resource not found"),
    (405, "Method not allowed"),
    (410, ""),
    (410, "dataset inactive"),
    (412, "You have to register metadata first!"),
    (415, "Content type application/x-www-form-urlencoded is not supported"),
    (422, "Can't be blank"),
    (422, "DOI 10.x/y: Missing child element(s). Expected is ( {http://datacite.org/schema/kernel-4}creators )."),
    (500, "Something went wrong"),
]


def test_the_sentences_of_mds_are_its_own() -> None:
    told = {(status, text): interferer(Answer(status, {}, text), MDS) for status, text in OF_MDS}
    assert {what: who for what, who in told.items() if who} == {}


def test_the_name_of_a_status_is_not_a_sentence_of_mds() -> None:
    told = {
        text: interferer(Answer(int(text[:3]) if text[0].isdigit() else STATUS[text.lower().strip(".")], {}, text), MDS)
        for text in NAMES
    }
    assert set(told.values()) == {FIREWALL}


STATUS = {"forbidden": 403, "unauthorized": 401, "not found": 404}


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_an_empty_refusal_is_nobodys_own(status: int) -> None:
    assert others(status, "", OutcomeKind.RETRYABLE, FIREWALL) == []


def test_the_message_says_what_came_from_where_and_never_that_a_right_is_missing() -> None:
    outcome = from_answer(Answer(403, {}, PAGE, URL))
    assert outcome.message == (
        "HTTP 403: Access denied; not DataCite's own answer: a firewall, proxy or login page on the way, or a wrong"
        " datacite_url"
    )

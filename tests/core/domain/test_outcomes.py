"""What an answer means, as a table over all statuses."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.domain import outcomes
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import LONGEST_WAIT, OutcomeKind, for_read, from_answer, from_error, retry_after
from doitui_core.errors import CredentialsRefused, Misconfigured, NoAnswer, NotSent, RemoteFailed

FINDABLE = json.dumps({"data": {"attributes": {"state": "findable"}}})
NOW = "Fri, 20 Nov 2026 12:00:00 GMT"


def answer(status: int, text: str = "", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


def errors(*titles: str) -> str:
    return json.dumps({"errors": [{"source": "doi", "title": title} for title in titles]})


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (100, OutcomeKind.AMBIGUOUS, "server_error"),
        (301, OutcomeKind.PERMANENT, "redirected"),
        (308, OutcomeKind.PERMANENT, "redirected"),
        (400, OutcomeKind.PERMANENT, "bad_request"),
        (401, OutcomeKind.BLOCKED, "credentials"),
        (402, OutcomeKind.PERMANENT, "rejected"),
        (403, OutcomeKind.PERMANENT, "forbidden"),
        (404, OutcomeKind.PERMANENT, "not_there"),
        (405, OutcomeKind.PERMANENT, "not_a_draft"),
        (406, OutcomeKind.PERMANENT, "rejected"),
        (408, OutcomeKind.THROTTLED, "throttled"),
        (409, OutcomeKind.RETRYABLE, "conflict"),
        (410, OutcomeKind.PERMANENT, "rejected"),
        (412, OutcomeKind.PERMANENT, "rejected"),
        (413, OutcomeKind.PERMANENT, "too_large"),
        (415, OutcomeKind.PERMANENT, "rejected"),
        (422, OutcomeKind.PERMANENT, "metadata"),
        (425, OutcomeKind.THROTTLED, "throttled"),
        (429, OutcomeKind.THROTTLED, "throttled"),
        (451, OutcomeKind.PERMANENT, "rejected"),
        (500, OutcomeKind.AMBIGUOUS, "server_error"),
        (502, OutcomeKind.AMBIGUOUS, "server_error"),
        (503, OutcomeKind.AMBIGUOUS, "server_error"),
        (504, OutcomeKind.AMBIGUOUS, "server_error"),
        (520, OutcomeKind.AMBIGUOUS, "server_error"),
        (599, OutcomeKind.AMBIGUOUS, "server_error"),
        (999, OutcomeKind.AMBIGUOUS, "server_error"),
    ],
)
def test_a_status_means(status: int, kind: OutcomeKind, cause: str) -> None:
    outcome = from_answer(answer(status, errors("No.")))
    assert (outcome.kind, outcome.cause, outcome.http_status) == (kind, cause, status)


def test_no_status_but_a_2xx_is_done() -> None:
    done = [status for status in range(100, 1000) if from_answer(answer(status, FINDABLE)).kind is OutcomeKind.DONE]
    assert done == list(range(200, 300))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"data": {"attributes": {"state": "odd"}}}'])
@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_that_cannot_be_read_is_ambiguous(status: int, text: str) -> None:
    outcome = from_answer(answer(status, text))
    assert (outcome.kind, outcome.cause) == (OutcomeKind.AMBIGUOUS, "unreadable")


def test_a_204_has_no_body_by_right() -> None:
    assert from_answer(answer(204)).kind is OutcomeKind.DONE


def test_a_503_that_names_a_time_was_not_begun() -> None:
    outcome = from_answer(answer(503, retry_after="7"))
    assert (outcome.kind, outcome.wait) == (OutcomeKind.THROTTLED, 7.0)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_gateway_that_names_a_time_proves_nothing(status: int) -> None:
    assert from_answer(answer(status, retry_after="7")).kind is OutcomeKind.AMBIGUOUS


def test_a_doi_that_exists_is_reported_apart_from_bad_metadata() -> None:
    outcome = from_answer(answer(422, errors("This DOI has already been taken")))
    assert (outcome.kind, outcome.cause) == (OutcomeKind.PERMANENT, outcomes.DOI_EXISTS)


def test_the_message_has_the_servers_words_and_what_to_do_in_one_line() -> None:
    message = from_answer(answer(422, errors("can't be\nblank"))).message
    assert message == "HTTP 422: doi: can't be blank; fix the record, then retry"


@pytest.mark.parametrize(
    ("error", "kind", "cause"),
    [
        (NotSent("x"), OutcomeKind.RETRYABLE, "unreachable"),
        (NoAnswer("x"), OutcomeKind.AMBIGUOUS, "no_answer"),
        (CredentialsRefused("x"), OutcomeKind.BLOCKED, "credentials"),
        (Misconfigured("x"), OutcomeKind.BLOCKED, "configuration"),
    ],
)
def test_a_request_without_an_answer_means(error: RemoteFailed | Misconfigured, kind: OutcomeKind, cause: str) -> None:
    outcome = from_error(error)
    assert (outcome.kind, outcome.cause, outcome.message) == (kind, cause, "x")


@pytest.mark.parametrize("kind", OutcomeKind)
def test_a_read_is_repeated_where_a_write_is_ambiguous(kind: OutcomeKind) -> None:
    read = for_read(outcomes.Outcome(kind, "why"))
    assert (read.kind, read.cause) == (OutcomeKind.RETRYABLE if kind is OutcomeKind.AMBIGUOUS else kind, "why")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("1000000000", LONGEST_WAIT),
        ("9" * 5000, LONGEST_WAIT),
        ("-5", None),
        ("1e9", None),
        ("1_0", None),
        ("1.5", None),
        ("", None),
        ("soon", None),
        ("Fri, 20 Nov 2026 12:01:40 GMT", 100.0),
        ("Fri, 20 Nov 2026 13:01:40 +0100", 100.0),
        ("Friday, 20-Nov-26 12:01:40 GMT", 100.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2099 12:00:00 GMT", LONGEST_WAIT),
        ("Fri, 99 Nov 2026 12:00:00 GMT", None),
        ("Fri, 20 Nov 99999 12:00:00 GMT", None),
    ],
)
def test_the_seconds_of_retry_after(header: str, seconds: float | None) -> None:
    assert retry_after(answer(429, retry_after=header, date=NOW)) == seconds


def test_a_date_is_worth_nothing_without_the_servers_own() -> None:
    assert retry_after(answer(429, retry_after="Fri, 20 Nov 2026 12:01:40 GMT")) is None


@given(st.text(), st.text())
def test_no_header_makes_it_fail(header: str, date: str) -> None:
    wait = retry_after(answer(429, retry_after=header, date=date))
    assert wait is None or 0 <= wait <= LONGEST_WAIT


@given(st.integers(min_value=100, max_value=999), st.text() | st.binary().map(lambda body: body.decode("latin-1")))
def test_every_answer_has_a_cause_or_is_done(status: int, body: str) -> None:
    outcome = from_answer(answer(status, body))
    assert outcome.kind is OutcomeKind.DONE or outcome.cause

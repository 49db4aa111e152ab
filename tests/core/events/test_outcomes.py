"""What an answer of the Events API means, as a table."""

from __future__ import annotations

import json

import pytest

from doitui_core.domain import outcomes
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import OutcomeKind
from doitui_core.events.event_outcomes import event_outcome

UUID = "a85a73b3-37d1-54ab-a313-b17e977cfe6e"
STORED = json.dumps({"data": {"id": UUID, "type": "events", "attributes": {"total": 1}}})
HTML = "<!DOCTYPE html><html><body><h1>Sorry</h1></body></html>"
NOW = "Fri, 20 Nov 2026 12:00:00 GMT"


def answer(status: int, text: str = "", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


def error(title: str) -> str:
    return json.dumps({"errors": [{"status": 422, "title": title}]})


@pytest.mark.parametrize("status", [200, 201])
def test_an_event_that_is_there_is_done(status: int) -> None:
    assert event_outcome(answer(status, STORED), UUID) == outcomes.Outcome(OutcomeKind.DONE, http_status=status)


def test_a_uuid_is_the_same_in_capitals() -> None:
    assert event_outcome(answer(201, STORED.replace(UUID, UUID.upper())), UUID).kind is OutcomeKind.DONE


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"data": []}', STORED.replace("a85", "b85")])
@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_that_is_not_about_the_event_is_ambiguous(status: int, text: str) -> None:
    outcome = event_outcome(answer(status, text), UUID)

    assert (outcome.kind, outcome.cause) == (OutcomeKind.AMBIGUOUS, "unreadable")


@pytest.mark.parametrize(
    ("status", "text", "kind", "cause"),
    [
        (301, "", OutcomeKind.PERMANENT, "redirected"),
        (400, error("Bad"), OutcomeKind.PERMANENT, "bad_request"),
        (401, error("Bad credentials."), OutcomeKind.BLOCKED, "credentials"),
        (401, HTML, OutcomeKind.RETRYABLE, "firewall"),
        (403, error("You are not authorized."), OutcomeKind.BLOCKED, "forbidden"),
        (403, "", OutcomeKind.RETRYABLE, "firewall"),
        (403, HTML, OutcomeKind.RETRYABLE, "firewall"),
        (404, HTML, OutcomeKind.RETRYABLE, "firewall"),
        (404, error("Not found"), OutcomeKind.BLOCKED, "configuration"),
        (405, error("No"), OutcomeKind.BLOCKED, "configuration"),
        (406, error("No"), OutcomeKind.PERMANENT, "rejected"),
        (408, "", OutcomeKind.THROTTLED, "throttled"),
        (409, error("The resource already exists."), OutcomeKind.RETRYABLE, "conflict"),
        (413, error("No"), OutcomeKind.PERMANENT, "too_large"),
        (415, error("No"), OutcomeKind.PERMANENT, "rejected"),
        (422, error("Subj can't be blank"), OutcomeKind.PERMANENT, "event"),
        (422, error("Source token can't be blank"), OutcomeKind.BLOCKED, "configuration"),
        (429, HTML, OutcomeKind.THROTTLED, "throttled"),
        (500, error("No"), OutcomeKind.AMBIGUOUS, "server_error"),
        (502, HTML, OutcomeKind.AMBIGUOUS, "proxy"),
        (503, error("No"), OutcomeKind.AMBIGUOUS, "server_error"),
        (504, error("No"), OutcomeKind.AMBIGUOUS, "server_error"),
        (999, error("No"), OutcomeKind.AMBIGUOUS, "server_error"),
    ],
)
def test_a_refusal_is_what_it_is(status: int, text: str, kind: OutcomeKind, cause: str) -> None:
    outcome = event_outcome(answer(status, text), UUID)

    assert (outcome.kind, outcome.cause, outcome.http_status) == (kind, cause, status)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "stale or wrong token"),
        (403, "no right to write events: DataCite gives it to its staff only; send usage reports instead"),
        (404, "correct events_url"),
        (409, "there under another UUID"),
        (422, "doitui event show"),
        (500, "sent again by itself, under the same UUID"),
        (301, "correct events_url"),
        (418, "doitui event show"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, words: str) -> None:
    assert words in event_outcome(answer(status, error("No")), UUID).message


def test_the_servers_own_words_come_first() -> None:
    message = event_outcome(answer(422, error("Subj can't be blank")), UUID).message

    assert message.startswith("HTTP 422: Subj can't be blank; ")


def test_a_page_is_no_word_about_rights() -> None:
    assert "staff" not in event_outcome(answer(403, HTML), UUID).message


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_names_a_time_is_waited_for(status: int) -> None:
    outcome = event_outcome(answer(status, "", retry_after="17"), UUID)

    assert (outcome.kind, outcome.wait) == (OutcomeKind.THROTTLED, 17)


def test_a_time_may_be_a_date() -> None:
    headers = {"retry_after": "Fri, 20 Nov 2026 12:00:30 GMT", "date": NOW}

    assert event_outcome(answer(429, "", **headers), UUID).wait == 30

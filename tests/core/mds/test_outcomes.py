"""What an MDS answer means, as tables."""

from __future__ import annotations

import pytest

from doitui_core.datacite.mds_outcomes import ABSENT, DEACTIVATED, METADATA_FIRST, NOT_HIDDEN, QUOTA, mds_outcome
from doitui_core.datacite.mds_states import Call
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import OutcomeKind

XML = '<?xml version="1.0"?>\n<resource xmlns="http://datacite.org/schema/kernel-4"/>'
HTML = "<!DOCTYPE html><html><body>DOI portal: OK</body></html>"


def answer(status: int, text: str = "", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


def meaning(status: int, text: str, call: Call) -> tuple[OutcomeKind, str]:
    outcome = mds_outcome(answer(status, text), call)
    return outcome.kind, outcome.cause


@pytest.mark.parametrize(
    ("call", "status", "text"),
    [
        (Call.PUT_METADATA, 201, "OK (10.5072/ABCD)"),
        (Call.PUT_METADATA, 200, "OK"),
        (Call.PUT_URL, 201, "OK"),
        (Call.PUT_URL, 200, "OK\n"),
        (Call.PUT_URL, 201, "https://a.example/1"),
        (Call.DELETE_METADATA, 200, "OK"),
        (Call.DELETE_METADATA, 204, ""),
        (Call.DELETE_DOI, 200, "OK"),
        (Call.DELETE_DOI, 204, ""),
    ],
)
def test_a_success_is_done(call: Call, status: int, text: str) -> None:
    assert meaning(status, text, call) == (OutcomeKind.DONE, "")


@pytest.mark.parametrize("text", ["", "{}", "O.K."])
@pytest.mark.parametrize("call", Call)
def test_a_success_in_other_words_is_ambiguous(call: Call, text: str) -> None:
    assert meaning(200, text, call) == (OutcomeKind.AMBIGUOUS, "unreadable")


@pytest.mark.parametrize("call", sorted({Call.PUT_METADATA, Call.PUT_URL}))
def test_a_204_says_nothing_about_what_was_put(call: Call) -> None:
    assert meaning(204, "", call) == (OutcomeKind.AMBIGUOUS, "unreadable")


@pytest.mark.parametrize("call", Call)
def test_a_success_in_the_words_of_rest_is_ambiguous(call: Call) -> None:
    assert meaning(200, '{"data": {"attributes": {"state": "draft"}}}', call) == (OutcomeKind.AMBIGUOUS, "unreadable")


@pytest.mark.parametrize("text", ["", "OK"])
def test_a_deactivation_that_is_answered_like_a_creation_is_ambiguous(text: str) -> None:
    assert meaning(201, text, Call.DELETE_METADATA) == (OutcomeKind.AMBIGUOUS, NOT_HIDDEN)


@pytest.mark.parametrize(
    ("call", "status", "text", "kind", "cause"),
    [
        (Call.PUT_METADATA, 400, "[xml] xml error: cvc-complex-type", OutcomeKind.PERMANENT, "metadata"),
        (Call.PUT_METADATA, 400, "", OutcomeKind.PERMANENT, "metadata"),
        (Call.PUT_METADATA, 415, "Metadata format not recognized", OutcomeKind.PERMANENT, "metadata"),
        (Call.PUT_METADATA, 422, "DOI 10.5072/a: Missing child element(s)", OutcomeKind.PERMANENT, "metadata"),
        (Call.PUT_METADATA, 422, "Can't be blank", OutcomeKind.PERMANENT, "metadata"),
        (Call.PUT_METADATA, 410, "dataset inactive", OutcomeKind.PERMANENT, DEACTIVATED),
        (Call.PUT_METADATA, 412, "", OutcomeKind.PERMANENT, "rejected"),
        (Call.PUT_METADATA, 404, "DOI not found", OutcomeKind.PERMANENT, "not_there"),
        (Call.PUT_URL, 400, "", OutcomeKind.PERMANENT, "bad_request"),
        (Call.PUT_URL, 400, "param 'doi' required", OutcomeKind.PERMANENT, "bad_request"),
        (Call.PUT_URL, 400, "param 'url' required", OutcomeKind.PERMANENT, "bad_request"),
        (Call.PUT_URL, 400, "doi parameter does not match doi of resource", OutcomeKind.PERMANENT, "bad_request"),
        (Call.PUT_URL, 410, "dataset inactive", OutcomeKind.PERMANENT, DEACTIVATED),
        (Call.PUT_URL, 412, "You have to register metadata first!", OutcomeKind.RETRYABLE, METADATA_FIRST),
        (Call.PUT_URL, 412, "", OutcomeKind.RETRYABLE, METADATA_FIRST),
        (Call.PUT_URL, 415, "Content type x is not supported", OutcomeKind.PERMANENT, "rejected"),
        (Call.PUT_URL, 422, "Can't be blank", OutcomeKind.RETRYABLE, METADATA_FIRST),
        (Call.PUT_URL, 422, "URL is not valid", OutcomeKind.PERMANENT, "metadata"),
        (Call.PUT_URL, 404, "DOI not found", OutcomeKind.PERMANENT, "not_there"),
        (Call.DELETE_METADATA, 404, "DOI doesn't exist", OutcomeKind.DONE, ABSENT),
        (Call.DELETE_METADATA, 410, "", OutcomeKind.DONE, DEACTIVATED),
        (Call.DELETE_DOI, 404, "DOI not found", OutcomeKind.DONE, ABSENT),
        (Call.DELETE_DOI, 405, "Method not allowed", OutcomeKind.PERMANENT, "not_a_draft"),
        (Call.DELETE_DOI, 410, "", OutcomeKind.PERMANENT, DEACTIVATED),
    ],
)
def test_a_status_means_by_its_call(call: Call, status: int, text: str, kind: OutcomeKind, cause: str) -> None:
    assert meaning(status, text, call) == (kind, cause)


@pytest.mark.parametrize("call", Call)
@pytest.mark.parametrize("text", ["Resource not found", "No such place"])
def test_a_404_that_is_not_of_mds_blocks_the_repository_and_proves_nothing(call: Call, text: str) -> None:
    assert meaning(404, text, call) == (OutcomeKind.BLOCKED, "configuration")


@pytest.mark.parametrize("call", Call)
@pytest.mark.parametrize(
    ("status", "text", "kind", "cause"),
    [
        (401, "Bad credentials", OutcomeKind.BLOCKED, "credentials"),
        (401, "An Authentication object was not found in the SecurityContext", OutcomeKind.BLOCKED, "credentials"),
        (403, "Access is denied", OutcomeKind.PERMANENT, "forbidden"),
        (403, "login problem, Quota exceeded", OutcomeKind.BLOCKED, QUOTA),
        (301, "", OutcomeKind.PERMANENT, "redirected"),
        (429, "", OutcomeKind.THROTTLED, "throttled"),
    ],
)
def test_a_status_means_the_same_for_every_call(
    call: Call, status: int, text: str, kind: OutcomeKind, cause: str
) -> None:
    assert meaning(status, text, call) == (kind, cause)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
@pytest.mark.parametrize("call", Call)
def test_a_fault_of_the_server_leaves_it_open(call: Call, status: int) -> None:
    assert meaning(status, "Something went wrong", call) == (OutcomeKind.AMBIGUOUS, "server_error")


def test_a_503_that_names_a_time_was_not_begun() -> None:
    outcome = mds_outcome(answer(503, retry_after="7"), Call.PUT_URL)

    assert (outcome.kind, outcome.wait) == (OutcomeKind.THROTTLED, 7.0)


@pytest.mark.parametrize("call", Call)
def test_no_other_status_is_done(call: Call) -> None:
    others = set(range(100, 600)) - {200, 201, 204, 404, 410}

    assert [status for status in others if meaning(status, "OK", call)[0] is OutcomeKind.DONE] == []


def test_the_message_has_the_servers_words_and_what_to_do_in_one_line() -> None:
    message = mds_outcome(answer(412, "You have to register\nmetadata first!"), Call.PUT_URL).message

    assert message == ("HTTP 412: You have to register metadata first!; metadata and URL are sent again automatically")

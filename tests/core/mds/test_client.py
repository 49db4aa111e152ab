"""The MDS client on the wire, against both generations."""

from __future__ import annotations

import socket
import traceback
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from doitui_core.datacite.mds import MdsClient
from doitui_core.datacite.mds_outcomes import ABSENT, METADATA_FIRST, NOT_HIDDEN, mds_outcome
from doitui_core.datacite.mds_states import Call, state_after
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import OutcomeKind
from doitui_core.domain.states import Remote
from doitui_core.errors import BadInput, InvalidDoi, NoAnswer, NotSent

DOI = "10.5072/Harbour-1"
URL = "https://archive.example.org/1"

Connect = Callable[..., MdsClient]


def make(client: MdsClient, call: Call, doi: str, content: str = "") -> Answer:
    return client.send(client.request(call, doi, content))


def minted(client: MdsClient, xml: str) -> None:
    make(client, Call.PUT_METADATA, DOI, xml)
    make(client, Call.PUT_URL, DOI, URL)


def state_of(mds: Any) -> Remote:
    held = mds.dois.get(DOI.lower())
    return Remote(held.state) if held else Remote.NONE


def test_metadata_then_address_make_a_findable_doi(either: Any, connect: Connect, xml: str) -> None:
    client = connect(either)

    kinds = [
        mds_outcome(make(client, Call.PUT_METADATA, DOI, xml), Call.PUT_METADATA).kind,
        mds_outcome(make(client, Call.PUT_URL, DOI, URL), Call.PUT_URL).kind,
    ]

    assert (kinds, state_of(either)) == ([OutcomeKind.DONE, OutcomeKind.DONE], Remote.FINDABLE)


def test_what_is_sent_is_what_it_has(either: Any, connect: Connect, xml: str) -> None:
    client = connect(either)
    minted(client, xml)

    held = either.dois[DOI.lower()]
    assert (held.xml.decode(), held.url) == (xml, URL)


@pytest.mark.parametrize("before", [Remote.NONE, Remote.DRAFT, Remote.REGISTERED, Remote.FINDABLE])
@pytest.mark.parametrize("call", [Call.PUT_METADATA, Call.PUT_URL, Call.DELETE_METADATA, Call.DELETE_DOI])
def test_the_table_of_states_says_what_poodle_does(
    poodle: Any, connect: Connect, xml: str, call: Call, before: Remote
) -> None:
    client = connect(poodle)
    ways: dict[Remote, tuple[Call, ...]] = {
        Remote.NONE: (),
        Remote.DRAFT: (Call.PUT_METADATA,),
        Remote.FINDABLE: (Call.PUT_METADATA, Call.PUT_URL),
        Remote.REGISTERED: (Call.PUT_METADATA, Call.PUT_URL, Call.DELETE_METADATA),
    }
    more = {Call.PUT_METADATA: xml, Call.PUT_URL: URL}
    for step in ways[before]:
        make(client, step, DOI, more.get(step, ""))

    answer = make(client, call, DOI, more.get(call, ""))

    assert state_of(poodle) == (state_after(call, before) if answer.ok else before)


def test_metadata_that_is_sent_again_brings_a_hidden_doi_back(either: Any, connect: Connect, xml: str) -> None:
    client = connect(either)
    minted(client, xml)
    make(client, Call.DELETE_METADATA, DOI)

    make(client, Call.PUT_METADATA, DOI, xml)

    assert state_of(either) is state_after(Call.PUT_METADATA, Remote.REGISTERED) is Remote.FINDABLE


def test_an_address_before_the_metadata_wants_the_metadata_first(either: Any, connect: Connect) -> None:
    outcome = mds_outcome(make(connect(either), Call.PUT_URL, DOI, URL), Call.PUT_URL)

    assert (outcome.kind, outcome.cause, outcome.wait) == (OutcomeKind.RETRYABLE, METADATA_FIRST, 0.0)


def test_hiding_what_old_mds_has_hidden_already_is_no_success(old_mds: Any, connect: Connect, xml: str) -> None:
    client = connect(old_mds)
    minted(client, xml)
    make(client, Call.DELETE_METADATA, DOI)

    outcome = mds_outcome(make(client, Call.DELETE_METADATA, DOI), Call.DELETE_METADATA)

    assert (outcome.kind, outcome.cause, state_of(old_mds)) == (OutcomeKind.AMBIGUOUS, NOT_HIDDEN, Remote.FINDABLE)


def test_hiding_what_is_not_there_makes_poodle_a_draft_and_is_no_success(poodle: Any, connect: Connect) -> None:
    outcome = mds_outcome(make(connect(poodle), Call.DELETE_METADATA, DOI), Call.DELETE_METADATA)

    assert (outcome.kind, outcome.cause, state_of(poodle)) == (OutcomeKind.AMBIGUOUS, NOT_HIDDEN, Remote.DRAFT)


def test_a_draft_is_deleted_and_a_second_time_is_no_harm(poodle: Any, connect: Connect, xml: str) -> None:
    client = connect(poodle)
    make(client, Call.PUT_METADATA, DOI, xml)

    outcomes = [mds_outcome(make(client, Call.DELETE_DOI, DOI), Call.DELETE_DOI) for _ in range(2)]

    assert [(outcome.kind, outcome.cause) for outcome in outcomes] == [
        (OutcomeKind.DONE, ""),
        (OutcomeKind.DONE, ABSENT),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/x?q=a+b",
        "https://a.example/a%20b",
        "https://a.example/100%25",
        "https://a.example/?a=1&url=https://b.example/",
        "https://a.example/Hafen/Fähre",
        "https://a.example/%2B+%2520",
    ],
)
def test_an_address_arrives_letter_for_letter(poodle: Any, connect: Connect, xml: str, url: str) -> None:
    client = connect(poodle)
    make(client, Call.PUT_METADATA, DOI, xml)

    make(client, Call.PUT_URL, DOI, url)

    assert poodle.dois[DOI.lower()].url == url


def test_a_doi_with_a_plus_arrives_letter_for_letter(poodle: Any, connect: Connect, xml: str) -> None:
    client = connect(poodle)
    make(client, Call.PUT_METADATA, "10.5072/a+b%20", xml)

    assert make(client, Call.PUT_URL, "10.5072/a+b%20", URL).status == 201


def test_bodies_go_out_with_the_types_mds_wants(poodle: Any, connect: Connect, xml: str) -> None:
    minted(connect(poodle), xml)

    assert [(one.headers["content-type"], one.body) for one in poodle.seen] == [
        ("application/xml;charset=UTF-8", xml.encode()),
        ("text/plain;charset=UTF-8", f"doi={DOI}\nurl={URL}".encode()),
    ]


def test_requests_without_a_body_have_no_content_type(poodle: Any, connect: Connect) -> None:
    client = connect(poodle)
    for call in (Call.DELETE_METADATA, Call.DELETE_DOI):
        make(client, call, DOI)

    assert [one.headers.get("content-type") for one in poodle.seen] == [None] * 2


def test_a_contact_address_stands_in_the_user_agent(poodle: Any, connect: Connect) -> None:
    make(connect(poodle, contact_email="ops@a.example"), Call.DELETE_DOI, DOI)

    assert "(mailto:ops@a.example)" in poodle.seen[0].headers["user-agent"]


def test_a_doi_is_escaped_in_the_address(poodle: Any, connect: Connect) -> None:
    make(connect(poodle), Call.DELETE_DOI, "10.5072/(a)~b;c:d*e$f=g/h?i#j%k")

    assert poodle.seen[0].path == "/doi/10.5072/%28a%29~b%3Bc%3Ad%2Ae%24f%3Dg/h%3Fi%23j%25k"


@pytest.mark.parametrize(
    "doi", ["10.5072", "10.5072/", "", "abc/d", "10.5072/../10.9999/x", "10.5072/a/./b", "10.5072/.."]
)
def test_a_doi_that_would_reach_another_one_is_not_sent(poodle: Any, connect: Connect, xml: str, doi: str) -> None:
    with pytest.raises(InvalidDoi):
        make(connect(poodle), Call.PUT_METADATA, doi, xml)

    assert poodle.seen == []


@pytest.mark.parametrize("url", ["", "https://a b", "https://a\nurl=https://b", "https://a\r\n"])
def test_an_address_with_spaces_or_line_breaks_is_not_sent(poodle: Any, connect: Connect, url: str) -> None:
    with pytest.raises(BadInput):
        make(connect(poodle), Call.PUT_URL, DOI, url)

    assert poodle.seen == []


def test_a_wrong_password_blocks(either: Any, connect: Connect, xml: str) -> None:
    outcome = mds_outcome(make(connect(either, password="wrong"), Call.PUT_METADATA, DOI, xml), Call.PUT_METADATA)

    assert (outcome.kind, outcome.cause) == (OutcomeKind.BLOCKED, "credentials")


def test_something_that_is_no_kernel_is_the_records_fault(either: Any, connect: Connect) -> None:
    outcome = mds_outcome(make(connect(either), Call.PUT_METADATA, DOI, "@book{x}"), Call.PUT_METADATA)

    assert (outcome.kind, outcome.cause) == (OutcomeKind.PERMANENT, "metadata")


def test_one_client_serves_many_threads(poodle: Any, connect: Connect, xml: str) -> None:
    client = connect(poodle)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: make(client, Call.PUT_METADATA, f"10.5072/{number}", xml), range(40)))

    assert ({answer.status for answer in answers}, len(poodle.dois)) == ({201}, 40)


@pytest.mark.parametrize("status", [200, 201, 400, 403, 500])
@pytest.mark.parametrize("text", ["<p>{sent}</p>", "\u2013 Pässword: s3cret-Pässword"])
def test_a_page_that_shows_the_request_loses_the_password(
    saying: Any, connect: Connect, xml: str, password: str, status: int, text: str
) -> None:
    client = connect(saying(status, text))
    answers = {
        Call.PUT_METADATA: make(client, Call.PUT_METADATA, DOI, xml),
        Call.DELETE_METADATA: make(client, Call.DELETE_METADATA, DOI),
    }

    told = [answer.text + answer.stored_text + mds_outcome(answer, call).message for call, answer in answers.items()]

    assert not any(secret in text for text in told for secret in secrets(password))


def test_no_exception_has_the_password_in_it(connect: Connect, password: str, xml: str, nobody: Any) -> None:
    with pytest.raises(NotSent) as caught:
        make(connect(nobody), Call.PUT_METADATA, DOI, xml)

    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert not any(secret in shown for secret in secrets(password))


def test_a_server_that_takes_the_request_and_hangs_leaves_it_open_what_became_of_it(
    connect: Connect, password: str, xml: str, silent: Any
) -> None:
    with pytest.raises(NoAnswer) as caught:
        make(connect(silent, deadline=0.3), Call.PUT_METADATA, DOI, xml)

    shown = "".join(traceback.format_exception(caught.value))
    assert not any(secret in shown for secret in secrets(password))


def secrets(password: str) -> tuple[str, str]:
    return password, b64encode(f"DEMO.REPO:{password}".encode()).decode()


@pytest.fixture
def silent() -> Any:
    """A listener that never answers; the kernel takes the connection and the request."""

    class Listening:
        def __init__(self, listener: socket.socket) -> None:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Listening(listener)


@pytest.fixture
def nobody() -> Any:
    """An address at which nothing listens."""

    class Nobody:
        url = ""

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Nobody.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return Nobody

"""Writing events, on the wire."""

from __future__ import annotations

import json
import socket
import traceback
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from doitui_core.datacite.events import EventsApiVersion, EventsClient
from doitui_core.domain.answer import Answer
from doitui_core.domain.event import EventValue
from doitui_core.domain.outcomes import OutcomeKind
from doitui_core.errors import Misconfigured, NoAnswer, NotSent
from doitui_core.events.event_outcomes import event_outcome
from doitui_core.text import MASK

Connect = Callable[..., EventsClient]

SOURCE_TOKEN = "doitui-test"


def put(client: EventsClient, event: EventValue) -> Answer:
    return client.send(client.request(event, SOURCE_TOKEN))


def outcome(client: EventsClient, event: EventValue) -> tuple[OutcomeKind, str]:
    told = event_outcome(put(client, event), event.uuid)
    return told.kind, told.cause


@pytest.mark.parametrize("dialect", EventsApiVersion)
def test_an_event_arrives_whole(api: Any, connect: Connect, event: EventValue, dialect: EventsApiVersion) -> None:
    put(connect(api, dialect=dialect), event)

    assert api.events == {
        event.uuid: {
            "subjId": "https://doi.org/10.5072/ab-1",
            "relationTypeId": "is-supplement-to",
            "objId": "https://doi.org/10.5072/xy",
            "sourceId": "doitui",
            "sourceToken": SOURCE_TOKEN,
            "messageAction": "create",
            "total": 3,
            "license": "https://creativecommons.org/publicdomain/zero/1.0/",
            "occurredAt": "2026-05-01T00:00:00Z",
            "subj": event.payload["subj"],
            "obj": {},
        }
    }


@pytest.mark.parametrize("dialect", EventsApiVersion)
def test_an_event_that_arrived_is_done(
    api: Any, connect: Connect, event: EventValue, dialect: EventsApiVersion
) -> None:
    assert outcome(connect(api, dialect=dialect), event) == (OutcomeKind.DONE, "")


def test_without_a_time_the_server_takes_its_own(api: Any, connect: Connect, event: EventValue) -> None:
    put(connect(api), replace(event, occurred_at=""))

    assert "occurredAt" not in api.events[event.uuid]


def test_the_uuid_is_in_the_address_and_in_the_document(api: Any, connect: Connect, event: EventValue) -> None:
    put(connect(api), event)

    (seen,) = api.seen
    assert (seen.method, seen.path, json.loads(seen.body)["data"]["id"]) == ("PUT", f"/events/{event.uuid}", event.uuid)


def test_sent_twice_it_is_one_event_with_the_last_total(api: Any, connect: Connect, event: EventValue) -> None:
    client = connect(api)
    for total in (3, 8):
        put(client, replace(event, total=total))

    assert [held["total"] for held in api.events.values()] == [8]


def test_threads_that_send_at_once_make_one_event(api: Any, connect: Connect, event: EventValue) -> None:
    client = connect(api)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: put(client, event), range(32)))

    assert list(api.events) == [event.uuid]


def test_an_event_of_somebody_else_is_not_taken_over(api: Any, connect: Connect, event: EventValue) -> None:
    client = connect(api)
    put(client, event)
    api.events["b1946ac9-2492-4d23-a1b8-0a2a1c1f9a11"] = api.events.pop(event.uuid)

    assert (outcome(client, event), len(api.events)) == ((OutcomeKind.RETRYABLE, "conflict"), 1)


def test_the_token_is_what_signs(api: Any, connect: Connect, event: EventValue, secrets: dict[str, str]) -> None:
    put(connect(api), event)

    assert api.seen[0].headers["authorization"] == f"Bearer {secrets['token']}"


def test_without_a_token_account_and_password_sign(
    api: Any, connect: Connect, event: EventValue, secrets: dict[str, str]
) -> None:
    put(connect(api, token=""), event)

    assert b64decode(api.seen[0].headers["authorization"].removeprefix("Basic ")).decode().endswith(secrets["password"])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"token": ""}, (OutcomeKind.BLOCKED, "forbidden")),
        ({"token": "stale"}, (OutcomeKind.BLOCKED, "credentials")),
        ({"token": "", "password": "wrong"}, (OutcomeKind.BLOCKED, "credentials")),
    ],
)
def test_rights_are_reported_apart(
    api: Any, connect: Connect, event: EventValue, options: dict[str, str], expected: tuple[OutcomeKind, str]
) -> None:
    assert outcome(connect(api, **options), event) == expected


def test_a_source_token_that_is_missing_is_a_setting_that_is_missing(
    api: Any, connect: Connect, event: EventValue
) -> None:
    client = connect(api)
    answer = client.send(client.request(event, ""))

    assert "event_source_token" in event_outcome(answer, event.uuid).message


@pytest.mark.parametrize("ending", ["", "/", "/events", "/events/"])
def test_the_address_is_taken_with_and_without_events(
    api: Any, connect: Connect, event: EventValue, ending: str
) -> None:
    api.url += ending
    put(connect(api), event)

    assert api.seen[0].path == f"/events/{event.uuid}"


def test_who_asks_is_named(api: Any, connect: Connect, event: EventValue) -> None:
    put(connect(api, contact_email="a@example.org"), event)

    assert api.seen[0].headers["user-agent"].endswith(" (mailto:a@example.org)")


@pytest.mark.parametrize("token", ["", "the right one"])
def test_no_secret_comes_back_from_an_error_page(
    saying: Callable[..., Any], connect: Connect, event: EventValue, secrets: dict[str, str], token: str
) -> None:
    shown = "<html>you sent {sent} and " + secrets["password"]
    client = connect(saying(500, shown), **({} if token else {"token": ""}))

    text = put(client, event).text
    assert (MASK in text, [name for name, secret in secrets.items() if secret in text]) == (True, [])


def test_without_a_password_nothing_else_is_masked(
    saying: Callable[..., Any], connect: Connect, event: EventValue
) -> None:
    assert put(connect(saying(500, "<p>{sent}</p>"), password=""), event).text == f"<p>Bearer {MASK}</p>"


@pytest.mark.parametrize("token", ["two words", "line\n", "ключ", "a=b"])
def test_a_token_that_cannot_be_one_is_refused_unseen(api: Any, connect: Connect, token: str) -> None:
    with pytest.raises(Misconfigured, match="datacite_api_token") as refused:
        connect(api, token=token)

    assert token not in str(refused.value)


def test_no_secret_is_in_what_is_kept_of_a_request(
    api: Any, connect: Connect, event: EventValue, secrets: dict[str, str]
) -> None:
    request = connect(api).request(event, SOURCE_TOKEN)

    assert [name for name, secret in secrets.items() if secret in repr(request)] == []


def test_nobody_there_means_not_sent(connect: Connect, api: Any, event: EventValue, secrets: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        api.url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(NotSent) as error:
        put(connect(api), event)

    assert secrets["token"] not in "".join(traceback.format_exception(error.value))


def test_silence_after_sending_means_nobody_knows(silent: Any, connect: Connect, event: EventValue) -> None:
    with pytest.raises(NoAnswer):
        put(connect(silent), event)


def test_after_silence_the_same_again_settles_it(
    silent: Any, serve: Callable[[Any], Any], api: Any, connect: Connect, event: EventValue
) -> None:
    with pytest.raises(NoAnswer):
        put(connect(silent), event)
    api.events = silent.events

    assert (outcome(connect(api), event), len(api.events)) == ((OutcomeKind.DONE, ""), 1)


@pytest.mark.parametrize(
    ("status", "said", "headers", "expected"),
    [
        (200, "<html>Log in to the network", {}, (OutcomeKind.AMBIGUOUS, "firewall")),
        (429, "", {"Retry_After": "3"}, (OutcomeKind.THROTTLED, "throttled")),
        (502, "<html>Bad gateway", {}, (OutcomeKind.AMBIGUOUS, "proxy")),
        (302, "", {"Location": "https://elsewhere.example.org/"}, (OutcomeKind.RETRYABLE, "firewall")),
    ],
)
def test_answers_of_others_on_the_way(
    saying: Callable[..., Any],
    connect: Connect,
    event: EventValue,
    status: int,
    said: str,
    headers: dict[str, str],
    expected: tuple[OutcomeKind, str],
) -> None:
    assert outcome(connect(saying(status, said, **headers)), event) == expected

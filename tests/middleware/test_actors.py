"""Who acted: the best identity there is, comparable within a day, and never the address itself."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from doitui_middleware.actor_key import ActorKey
from doitui_middleware.actors import Actors, client_address

HOUR = 3_600_000_000
NOON = (20_000 * 24 + 12) * HOUR


@pytest.fixture
def key(tmp_path: Path) -> ActorKey:
    return ActorKey(str(tmp_path / "actor.key"))


def actors(key: ActorKey, **options: Any) -> Actors:
    return Actors(key, **{"user": None, "session_cookie": None, "trusted_hops": 0, **options})


def environ(address: str = "192.0.2.1", **more: Any) -> dict[str, Any]:
    return {"REMOTE_ADDR": address, **more}


def test_the_same_address_and_agent_are_one_actor_within_an_hour(key: ActorKey) -> None:
    them = actors(key)
    assert them.identify(environ(), "Firefox", NOON) == them.identify(environ(), "Firefox", NOON + HOUR - 1)


@pytest.mark.parametrize(
    ("address", "agent", "when"),
    [("192.0.2.2", "Firefox", NOON), ("192.0.2.1", "Chrome", NOON), ("192.0.2.1", "Firefox", NOON + HOUR)],
)
def test_another_address_agent_or_hour_is_another_actor(key: ActorKey, address: str, agent: str, when: int) -> None:
    them = actors(key)
    assert them.identify(environ(address), agent, when) != them.identify(environ(), "Firefox", NOON)


def test_a_session_goes_before_the_address(key: ActorKey) -> None:
    them = actors(key, session_cookie="sid")
    first = them.identify(environ(HTTP_COOKIE="a=b; sid=XYZ"), "Firefox", NOON)
    assert first[0] == "session"
    assert first == them.identify(environ("198.51.100.9", HTTP_COOKIE='sid="XYZ"'), "Chrome", NOON + HOUR)


def test_the_name_of_the_cookie_is_taken_whole(key: ActorKey) -> None:
    assert (
        actors(key, session_cookie="sid").identify(environ(HTTP_COOKIE="xsid=XYZ; sid2=Y"), "Firefox", NOON)[0]
        == "address"
    )


def test_a_signed_in_user_goes_before_the_session(key: ActorKey) -> None:
    them = actors(key, session_cookie="sid", user=lambda environ: environ.get("REMOTE_USER"))
    assert them.identify(environ(HTTP_COOKIE="sid=1", REMOTE_USER="jo"), "", NOON)[0] == "user"
    assert them.identify(environ(HTTP_COOKIE="sid=1"), "", NOON)[0] == "session"


@pytest.mark.parametrize(("user", "kind"), [(0, "user"), ("", "address"), (None, "address"), (17, "user")])
def test_a_user_id_may_be_any_value_but_none_and_the_empty_string(key: ActorKey, user: object, kind: str) -> None:
    assert actors(key, user=lambda environ: user).identify(environ(), "", NOON)[0] == kind


def test_a_user_named_like_a_session_is_somebody_else(key: ActorKey) -> None:
    user = actors(key, user=lambda environ: "1").identify(environ(), "", NOON)
    assert user[1] != actors(key, session_cookie="s").identify(environ(HTTP_COOKIE="s=1"), "", NOON)[1]


def test_a_failing_user_function_means_not_signed_in_and_is_said_once(
    key: ActorKey, caplog: pytest.LogCaptureFixture
) -> None:
    them = actors(key, user=lambda environ: environ["no such key"])
    with caplog.at_level(logging.WARNING):
        assert [them.identify(environ(), "", NOON)[0] for _ in range(3)] == ["address"] * 3
    assert len(caplog.records) == 1
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        ("203.0.113.7", 1, "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", 1, "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7, 10.0.0.2", 2, "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7,10.0.0.2 , 10.0.0.3", 3, "203.0.113.7"),
        ("203.0.113.7", 2, "192.0.2.1"),
        ("", 1, "192.0.2.1"),
        ("203.0.113.7:4711", 1, "203.0.113.7"),
        ("[2001:db8::7]:4711", 1, "2001:db8::7"),
        ("2001:db8::7", 1, "2001:db8::7"),
        ("6.6.6.6,", 1, "192.0.2.1"),
    ],
)
def test_the_client_is_counted_from_the_right(forwarded: str, hops: int, address: str) -> None:
    assert client_address("192.0.2.1", forwarded, hops) == address


def test_what_anyone_can_write_changes_nobody(key: ActorKey) -> None:
    them = actors(key, trusted_hops=1)
    spoofed = environ("10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.7")
    assert them.identify(spoofed, "", NOON) == them.identify(
        environ("10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7"), "", NOON
    )


def test_without_trusted_hops_the_header_is_not_read(key: ActorKey) -> None:
    them = actors(key)
    assert them.identify(environ(HTTP_X_FORWARDED_FOR="6.6.6.6"), "", NOON) == them.identify(environ(), "", NOON)


@pytest.mark.parametrize("peer", ["", "127.0.0.1", "::1"])
def test_visitors_behind_an_unknown_proxy_are_said_to_look_alike(
    key: ActorKey, peer: str, caplog: pytest.LogCaptureFixture
) -> None:
    them = actors(key)
    for _ in range(3):
        them.identify(environ(peer, HTTP_X_FORWARDED_FOR="203.0.113.7"), "", NOON)
    assert ["trusted_hops=1" in record.getMessage() for record in caplog.records] == [True]


def test_the_hash_does_not_tell_the_address(key: ActorKey, tmp_path: Path) -> None:
    here, elsewhere = actors(key), actors(ActorKey(str(tmp_path / "other.key")))
    assert here.identify(environ(), "", NOON) != elsewhere.identify(environ(), "", NOON)


def test_a_new_day_makes_new_hashes_of_everybody(key: ActorKey) -> None:
    them = actors(key, user=lambda environ: "jo")
    assert them.identify(environ(), "", NOON) != them.identify(environ(), "", NOON + 24 * HOUR)


def test_a_clock_that_is_set_back_harms_nobody(key: ActorKey) -> None:
    them = actors(key)
    them.identify(environ(), "", NOON)
    assert them.identify(environ(), "", NOON - 48 * HOUR)[0] == "address"


def test_an_agent_that_is_no_text_has_an_actor_all_the_same(key: ActorKey) -> None:
    assert actors(key).identify(environ(), "\udcff", NOON)[0] == "address"

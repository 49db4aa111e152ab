"""What DataCite's answers say of an account, and where its landing pages may be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.clock import parse
from doitui_core.domain import repository_account
from doitui_core.domain.answer import Answer
from doitui_core.domain.repository_account import AccountFacts, ApiKey


def answer(document: Any, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(document))


def client(prefixes: Any = (), **attributes: Any) -> Answer:
    listed = [{"id": one, "type": "prefixes"} for one in prefixes]
    return answer({"data": {"attributes": attributes, "relationships": {"prefixes": {"data": listed}}}})


def test_prefixes_domains_and_activity_are_read() -> None:
    found = repository_account.from_answer(client(["10.1", "10.2"], domains="a.org,*.b.org", isActive=True))
    assert found == AccountFacts(frozenset({"10.1", "10.2"}), ("a.org", "*.b.org"), True)


def test_a_server_controls_no_terminal() -> None:
    found = repository_account.from_answer(client(["10.1\x1b[2J"], domains="a.org\n,b.org"))
    assert found == AccountFacts(frozenset({"10.1 [2J"}), ("a.org ", "b.org"), True)


def test_an_account_that_is_deactivated_is_read() -> None:
    found = repository_account.from_answer(client(domains="*", isActive=False))
    assert found is not None
    assert not found.active


@pytest.mark.parametrize("domains", [None, "", 7, "*"])
def test_without_domains_any_is_allowed(domains: Any) -> None:
    found = repository_account.from_answer(client(name="x", domains=domains))
    assert found is not None
    assert found.allows("anywhere.example.org")


@pytest.mark.parametrize(
    "document",
    [{}, [], {"data": None}, {"data": []}, {"data": {"attributes": {}}}, {"data": {"attributes": "x"}}],
)
def test_an_answer_that_is_about_no_account_says_nothing(document: Any) -> None:
    assert repository_account.from_answer(answer(document)) is None


@pytest.mark.parametrize("relationships", [None, {}, {"prefixes": None}, {"prefixes": {"data": "10.1"}}, "x"])
def test_prefixes_that_are_not_told_are_not_known(relationships: Any) -> None:
    found = repository_account.from_answer(
        answer({"data": {"attributes": {"name": "x"}, "relationships": relationships}})
    )
    assert found is not None
    assert found.prefixes is None


def test_an_error_says_nothing_of_an_account() -> None:
    assert repository_account.from_answer(answer({"data": {"attributes": {"name": "x"}}}, 404)) is None


def test_domains_allow_hosts_as_lupo_does(check_all: Callable[..., None]) -> None:
    facts = AccountFacts(None, ("a.org", "*.b.org"), True)
    allowed = {
        "a.org": True,
        "www.a.org": False,
        "A.org": False,
        "b.org": False,
        "x.b.org": True,
        "x.y.b.org": True,
        "xb.org": False,
        "": False,
    }
    check_all(lambda host: _equal(facts.allows(host), allowed[host]), allowed)


def _equal(found: object, expected: object) -> None:
    assert found == expected


def key(**attributes: Any) -> dict[str, Any]:
    return {"attributes": {"name": "Nightly", "lastUsedAt": None, "revokedAt": None} | attributes}


def test_keys_are_read_with_their_last_use() -> None:
    at = "2026-08-01T10:00:00.000Z"
    found = repository_account.keys_from_answer(answer({"data": [key(), key(name="Old", lastUsedAt=at)]}))
    assert found == [ApiKey("Nightly", None), ApiKey("Old", parse(at))]


def test_revoked_keys_are_left_out() -> None:
    revoked = key(revokedAt="2026-08-01T10:00:00.000Z")
    assert repository_account.keys_from_answer(answer({"data": [revoked]})) == []


@pytest.mark.parametrize("document", [{}, {"data": None}, {"data": [1, {}]}, {"errors": [{"title": "no"}]}])
def test_a_list_of_keys_that_is_none_has_no_keys(document: Any) -> None:
    assert repository_account.keys_from_answer(answer(document)) == []


def test_without_the_right_to_list_keys_there_are_none() -> None:
    assert repository_account.keys_from_answer(answer({"data": [key()]}, 403)) == []

"""`/clients/{id}`, domains and API keys of a repository account (datacite-api.md 1.1, 1.6 and 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from doitui.web.common.accounts import Account
from doitui.web.dois import doi_rules
from doitui.web.dois.doi_record import Doi
from doitui.web.sandbox.server import Sandbox, running_sandbox

from .conftest import PREFIX, Api

KEYS = "/credentials/api-keys"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    accounts = [
        Account("DEMO.REPO", "demo", frozenset((PREFIX, "10.4321")), domains="archive.example.org,*.example.net"),
        Account("OTHER.REPO", "other", frozenset((PREFIX,)), domains=""),
    ]
    with running_sandbox(accounts) as sandbox:
        yield sandbox


@pytest.fixture
def new_key(api: Api) -> dict[str, Any]:
    made = api.send("POST", KEYS, json={"data": {"type": "api-keys", "attributes": {"name": "Nightly run"}}})
    assert made.status_code == 201, made.text
    return dict(made.json()["data"])


def test_everybody_may_read_prefixes_and_domains_of_a_repository(stranger: Api) -> None:
    found = stranger.get("/clients/Demo.Repo").json()["data"]
    prefixes = [one["id"] for one in found["relationships"]["prefixes"]["data"]]
    assert (prefixes, found["attributes"]["domains"]) == (["10.4321", PREFIX], "archive.example.org,*.example.net")


def test_no_domains_are_any_domain(stranger: Api) -> None:
    assert stranger.get("/clients/other.repo").json()["data"]["attributes"]["domains"] == "*"


def test_an_unknown_repository_is_404(stranger: Api) -> None:
    assert stranger.get("/clients/none.repo").status_code == 404


DOMAINS = "archive.example.org,*.example.net"


def test_a_landing_page_must_be_on_a_domain_of_the_account(check_all: Callable[..., None]) -> None:
    allowed = {
        "https://archive.example.org/1": True,
        "https://archive.example.org:8080/1": True,
        "https://me@archive.example.org/1": True,
        "https://a.b.example.net/1": True,
        "https://example.net/1": False,  # `*.` stands for what is below it
        "https://www.archive.example.org/1": False,
        "https://Archive.example.org/1": False,  # lupo compares letter by letter
        "https://other.example.com/archive.example.org": False,
    }

    def check(url: str, state: str) -> None:
        doi = Doi(1, "10.5072/A", "demo.repo", state, {"url": url}, "", "")
        refused = doi_rules.domain_problems(doi, DOMAINS)
        assert bool(refused) == (state != "draft" and not allowed[url])

    check_all(check, allowed, ("draft", "registered", "findable"))


def test_a_doi_with_a_landing_page_elsewhere_is_rejected(api: Api, doi: str, complete: dict[str, Any]) -> None:
    answer = api.post(doi=doi, event="publish", **complete)
    title = "URL https://repo.example.org/1 is not allowed by repository demo.repo domain settings."
    assert answer.json()["errors"] == [{"source": "url", "title": title, "uid": doi}]


def test_a_key_is_the_password_and_the_token_of_its_account(
    new_key: dict[str, Any], sandbox: Sandbox, connect: Callable[..., Api]
) -> None:
    secret = new_key["attributes"]["key"]
    ways = [connect(sandbox.url, ("DEMO.REPO", secret)), connect(sandbox.url, (secret, "")), connect(sandbox.url)]
    ways[2].session.headers["Authorization"] = f"Bearer {secret}"
    names = [way.get("/dois", **{"page[size]": 0}).headers.get("X-Credential-Username") for way in ways]
    assert names == ["demo.repo"] * 3


def test_a_key_is_not_the_password_of_another_account(
    new_key: dict[str, Any], sandbox: Sandbox, connect: Callable[..., Api]
) -> None:
    other = connect(sandbox.url, ("OTHER.REPO", new_key["attributes"]["key"]))
    assert "X-Credential-Username" not in other.get("/dois").headers


def test_keys_are_listed_without_their_secret(new_key: dict[str, Any], api: Api) -> None:
    (listed,) = api.get(KEYS).json()["data"]
    shown = new_key["attributes"]["key"][:11]
    assert (listed["attributes"]["name"], listed["attributes"]["keyPrefix"]) == ("Nightly run", shown)
    assert ("key" in listed["attributes"], listed["attributes"]["lastUsedAt"]) == (False, None)


def test_the_last_use_is_listed(
    new_key: dict[str, Any], api: Api, sandbox: Sandbox, connect: Callable[..., Api]
) -> None:
    connect(sandbox.url, ("DEMO.REPO", new_key["attributes"]["key"])).get("/dois")
    assert api.get(KEYS).json()["data"][0]["attributes"]["lastUsedAt"] is not None


def test_with_a_key_keys_are_not_listed(new_key: dict[str, Any], sandbox: Sandbox, connect: Callable[..., Api]) -> None:
    assert connect(sandbox.url, ("DEMO.REPO", new_key["attributes"]["key"])).get(KEYS).status_code == 403


def test_without_an_account_keys_are_not_listed(stranger: Api) -> None:
    assert stranger.get(KEYS).status_code == 401


def test_a_revoked_key_is_worth_nothing_and_not_listed(
    new_key: dict[str, Any], api: Api, sandbox: Sandbox, connect: Callable[..., Api]
) -> None:
    assert api.send("DELETE", f"{KEYS}/{new_key['id']}").status_code == 204
    revoked = connect(sandbox.url, ("DEMO.REPO", new_key["attributes"]["key"]))
    assert "X-Credential-Username" not in revoked.get("/dois").headers
    assert api.get(KEYS).json()["meta"] == {"total": 0}


def test_only_its_owner_revokes_a_key(new_key: dict[str, Any], other: Api) -> None:
    assert other.send("DELETE", f"{KEYS}/{new_key['id']}").status_code == 403


def test_a_key_needs_a_name(api: Api) -> None:
    made = api.send("POST", KEYS, json={"data": {"type": "api-keys", "attributes": {}}})
    assert (made.status_code, made.json()["errors"][0]["title"]) == (422, "Name can't be blank")

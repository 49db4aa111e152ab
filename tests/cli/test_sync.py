"""`doitui sync` stores what was changed at DataCite outside doitui, and revives no tombstone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]


@pytest.fixture
def elsewhere(sandbox: Sandbox, doi_of: Callable[[str], str]) -> Callable[..., None]:
    """`elsewhere("a", state="registered")`: somebody changes it at DataCite; `state=None` makes it vanish."""

    def change(object_id: str, state: str | None) -> None:
        there = sandbox.store.find(doi_of(object_id))
        assert there is not None
        if state is None:
            sandbox.store.delete(there)
        else:
            sandbox.store.save(replace(there, state=state))

    return change


def test_without_differences_no_single_doi_is_requested(minted: Doitui, sandbox: Sandbox) -> None:
    sandbox.requests.clear()
    done = minted("sync", "--json")

    assert (done.code, done.json["compared"], done.json["differences"]) == (0, 3, [])
    assert [one["path"] for one in sandbox.requests.entries()] == ["/dois"]


@pytest.mark.parametrize(("state", "status"), [("registered", "registered"), (None, "reserved")])
def test_a_state_that_changed_at_datacite_is_stored(
    minted: Doitui, elsewhere: Callable[..., None], doi_of: Callable[[str], str], state: str | None, status: str
) -> None:
    elsewhere("a", state)
    done = minted("sync", "--json")

    (difference,) = done.json["differences"]
    assert (difference["doi"], difference["before"], difference["after"]) == (doi_of("a"), "findable", state or "none")
    assert difference["todo"]
    assert minted("doi", "show", doi_of("a"), "--json").json["status"] == status
    assert minted("status", "--json").json["jobs"]["pending"] == 0


def test_a_tombstone_that_is_public_again_is_hidden_again(
    minted: Doitui, elsewhere: Callable[..., None], doi_of: Callable[[str], str], sandbox: Sandbox
) -> None:
    minted("doi", "deactivate", doi_of("a"), "--reason", "withdrawn", "--now")
    elsewhere("a", "findable")
    minted("sync")
    minted("work", "--drain")

    there = sandbox.store.find(doi_of("a"))
    assert there is not None
    assert there.state == "registered"
    assert minted("doi", "show", doi_of("a"), "--json").json["status"] == "tombstone"


def test_unknown_dois_of_the_account_are_listed(minted: Doitui, sandbox: Sandbox, doi_of: Callable[[str], str]) -> None:
    there = sandbox.store.find(doi_of("a"))
    assert there is not None
    sandbox.store.save(replace(there, number=99, doi="10.5072/OTHER"))

    assert minted("sync", "--json").json["unknown"] == ["10.5072/other"]


def test_a_prefix_limits_the_sync(minted: Doitui) -> None:
    assert minted("sync", "--prefix", "10.82433", "--json").json["compared"] == 0
    assert minted("sync", "--prefix", "10.5072", "--json").json["compared"] == 3
    assert minted("sync", "--prefix", "nonsense").code == 2


def test_a_dry_run_prints_differences_and_changes_nothing(
    minted: Doitui, elsewhere: Callable[..., None], doi_of: Callable[[str], str]
) -> None:
    elsewhere("a", "registered")

    assert len(minted("sync", "--dry-run", "--json").json["differences"]) == 1
    assert minted("doi", "show", doi_of("a"), "--json").json["status"] == "findable"


def test_a_stopped_server_is_unreachable(minted: Doitui) -> None:
    minted("repository", "set", "h", "--url", "http://127.0.0.1:9")

    assert minted("sync").code == 4

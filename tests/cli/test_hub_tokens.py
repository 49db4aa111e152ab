"""`doitui hub token`, `tokens` and `revoke`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config.operators import actor

Doitui = Callable[..., Any]


@pytest.fixture
def hub(doitui: Doitui) -> Doitui:
    doitui("init")
    return lambda *words: doitui("hub", *words)


def test_a_token_is_printed_with_its_name_role_and_end(hub: Doitui) -> None:
    done = hub("token", "--name", "Archive-A", "--role", "staff_admin", "--days", "2", "--json")
    assert (done.code, sorted(done.json)) == (0, ["expires_at", "name", "role", "token"])
    assert (done.json["name"], done.json["role"], done.json["token"].count(".")) == ("Archive-A", "staff_admin", 2)


def test_without_json_the_token_alone_is_printed_and_the_rest_said(hub: Doitui) -> None:
    done = hub("token", "--name", "a")
    assert (done.out.count("."), done.out.count("\n")) == (2, 1)
    assert done.complaint.startswith("reporter token for a, valid until ")


def test_no_list_shows_a_token(hub: Doitui) -> None:
    token = hub("token", "--name", "a").out.strip()
    shown = hub("tokens").out + hub("tokens", "--json").out + hub("revoke", "a", "--json").out
    assert [part for part in token.split(".") if part in shown] == []


def test_tokens_are_listed_with_what_became_of_them(hub: Doitui) -> None:
    hub("token", "--name", "a")
    hub("token", "--name", "b")
    hub("revoke", "A")
    rows = hub("tokens", "--json").json["tokens"]
    assert [(row["name"], row["role"], row["state"]) for row in rows] == [
        ("b", "reporter", "valid"),
        ("a", "reporter", "revoked"),
    ]


def test_a_dry_run_issues_and_revokes_nothing(hub: Doitui, home: Path) -> None:
    would = hub("token", "--name", "a", "--dry-run", "--json").json
    assert (would["token"], (home / "config" / "doitui").exists()) == (None, False)
    hub("token", "--name", "a")
    assert hub("revoke", "a", "--dry-run").out == "the reporter token of a would be revoked\n"
    assert [row["state"] for row in hub("tokens", "--json").json["tokens"]] == ["valid"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("token", "--name", "a"), 1, "'a' has a valid token: choose another name, or `doitui hub revoke a` first"),
        (("token", "--name", "b", "--role", "x"), 2, "unknown role 'x': use reporter or staff_admin"),
        (("token", "--name", "b", "--days", "0"), 2, "a token cannot last 0 days: use 1 to 36500"),
        (("token", "--name", "b", "--days", "99999999999"), 2, "a token cannot last 99999999999 days: use 1 to 36500"),
        (("revoke", "c"), 2, "no valid token is named 'c': `doitui hub tokens` lists all"),
        (("revoke", "a\x1b[2J"), 2, "no valid token is named 'a\\x1b[2J': `doitui hub tokens` lists all"),
    ],
)
@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)], ids=["", "dry-run"])
def test_errors_are_one_line(
    hub: Doitui, words: tuple[str, ...], code: int, message: str, dry_run: tuple[str, ...]
) -> None:
    hub("token", "--name", "a")
    done = hub(*words, *dry_run)
    assert (done.code, done.out, done.complaint) == (code, "", f"doitui: {message}")


def test_both_acts_are_in_the_audit(hub: Doitui, doitui: Doitui) -> None:
    hub("token", "--name", "a")
    hub("revoke", "a")
    acts = doitui("audit", "--limit", "2", "--json").json["acts"]
    assert [(act["actor"], act["action"], act["subject"]) for act in acts] == [
        (actor(), "revoke", "hub token a"),
        (actor(), "issue", "hub token a"),
    ]

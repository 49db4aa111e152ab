"""`doitui` never prints the password of a database URL, valid or invalid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Doitui = Callable[..., Any]

URLS = (
    "postgresql://u:hunter2%zz@127.0.0.1:1/db",
    "postgres://u:hunter2@",
    "postgresql://127.0.0.1:1/db?PASSWORD=hunter2",
    "postgresql://127.0.0.1:1/db?password=hunter2",
    "postgresql://u:hunter2@127.0.0.1:1/db?foo=1",
    "postgresql://u:hunter2@127.0.0.1:x/db",
    "postgresql://u:hunter2/db",
    "postgresql://u:hun@hunter2@127.0.0.1:1/db",
    "postgresql://u:%68unter2@127.0.0.1:1/db",
    "host=127.0.0.1 port=1 user=u password=hunter2 dbname=x",
)

COMMANDS = (
    "status",
    "init",
    "init --dry-run",
    "doctor --json",
    "--debug status",
    "work --drain",
    "usage drain --spool .",
)


def given_as_option(typed: Doitui, url: str, command: str) -> Any:
    return typed("--database", url, *command.split())


def given_joined(typed: Doitui, url: str, command: str) -> Any:
    return typed(f"--database={url}", *command.split())


@pytest.mark.parametrize("given", [given_as_option, given_joined])
def test_no_command_shows_the_password_of_its_database(typed: Doitui, given: Callable[..., Any]) -> None:
    result = {(url, command): given(typed, url, command) for url in URLS for command in COMMANDS}
    assert [at for at, done in result.items() if "unter2" in done.out + done.err or done.code not in (2, 3)] == []


def test_a_password_in_the_environment_is_not_shown(typed: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    for url in URLS:
        monkeypatch.setenv("DOITUI_DATABASE", url)
        shown += [
            (url, command) for command in COMMANDS if "unter2" in (done := typed(*command.split())).err + done.out
        ]
    assert shown == []


def test_a_url_in_the_place_of_a_command_is_shown_without_its_password(typed: Doitui) -> None:
    done = typed("postgresql://u:hunter2@127.0.0.1/db", "status")
    assert (done.code, "hunter2" in done.complaint) == (2, False)


def test_a_refused_password_is_reported_where_it_belongs(typed: Doitui) -> None:
    done = typed("--database", "u:hunter2@127.0.0.1/db", "status")
    assert (done.code, "~/.pgpass" in done.complaint, "PGPASSFILE" in done.complaint) == (2, True, True)

"""The setting `operators`: every command that writes refuses who is not in it, and every other one stays open."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config.operators import actor
from doitui_core.db import database
from doitui_core.db.models import Audit, Doi, DoiLog, Job, Record, Repository, Setting
from tests.cli.conftest import Doitui
from tests.cli.test_commands import COMMANDS

#: Every command that writes to the database of the archive, with arguments it would accept.
WRITING = {
    "init": "",
    "work": "--drain",
    "hub": "--port 0",
    "hub token": "--name x",
    "hub revoke": "x",
    "repository set": "h --publisher X",
    "repository remove": "h",
    "setting set": "lease_seconds 90",
    "setting unset": "lease_seconds",
    "record import": "records.jsonl",
    "record harvest": "http://127.0.0.1:9/oai",
    "record publish": "a",
    "record unpublish": "a",
    "record delete": "a",
    "record set": "a --owner-name X",
    "funding import": "rows.csv",
    "doi adopt": "10.5072/x",
    "doi assign": "a 10.5072/x",
    "doi unassign": "a 10.5072/x",
    "doi reserve": "a",
    "doi mint": "a",
    "doi update": "10.5072/x",
    "doi verify": "10.5072/x",
    "doi deactivate": "10.5072/x --reason X",
    "doi abandon": "10.5072/x",
    "doi set-url": "10.5072/x https://archive.example.org/x",
    "doi restore": "10.5072/x --reason X",
    "batch mint": "--all",
    "batch update": "--changed",
    "queue retry": "--all",
    "queue pause": "",
    "queue resume": "",
    "queue cancel": "1",
    "queue prune": "",
    "queue schedule": "1 --at 2030-01-01T00:00:00Z",
    "sync": "",
    "restore": "--already-copied",
    "cron nightly": "",
    "cron register-local": "",
    "cron verify-local": "",
    "mail test": "a@archive.example.org",
    "event flush": "",
    "event retry": "--all",
    "event discard": "",
    "event derive": "",
    "event add": "--subject 10.5072/x --relation references --object 10.5072/y",
    "event pull": "",
    "usage drain": "--spool .",
    "usage import-log": "access.log",
    "usage import-counts": "rows.csv",
    "usage-report submit": "--month 2020-01",
    "metrics backfill": "rows.csv",
    "metrics set": "htr",
}

#: Every other command: it reads, or writes files only, or works in a place of its own.
READING = {
    "tui": None,
    "sandbox": None,
    "demo": None,
    "metadata validate": None,
    "metadata convert": None,
    "schema install": None,
    "help": None,
    "completion": None,
    "man": None,
    "usage count": None,
    "usage-report validate": None,
    "event query": None,
    "doctor": "--offline",
    "status": "",
    "audit": "",
    "backup": "copy.db",
    "paths": "",
    "repository list": "",
    "report causes": "",
    "repository show": "h",
    "setting list": "",
    "setting get": "operators",
    "record list": "",
    "record show": "a",
    "record check": "a",
    "doi list": "",
    "doi show": "10.5072/x",
    "doi history": "10.5072/x",
    "doi duplicates": "",
    "doi export": "--record a --format json",
    "doi tombstone-page": "10.5072/x",
    "hub tokens": "",
    "queue list": "",
    "queue show": "1",
    "event list": "",
    "event show": "1",
    "usage show": "",
    "usage-report build": "--month 2020-01",
    "usage-report list": "",
    "usage-report reconcile": "--month 2020-01",
    "metrics list": "",
    "metrics export": "",
}

REFUSAL = f"{actor()} is not in the setting operators (bo, carl). Ask one of them to add {actor()};"


@pytest.fixture
def guarded(archive: Doitui, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doitui:
    """An archive with the record a, whose operators are others."""
    monkeypatch.chdir(tmp_path)
    for name in ("rows.csv", "access.log"):
        (tmp_path / name).write_text("")
    assert archive("record", "import", write("a")).code == 0
    assert archive("setting", "set", "operators", "bo carl", "--yes").code == 0
    return archive


def everything(url: str) -> list[Any]:
    database.open(url, read_only=True)
    try:
        tables = (Audit, Doi, DoiLog, Job, Record, Repository, Setting)
        return [list(table.select().order_by(table.id).dicts()) for table in tables]
    finally:
        database.close()


def test_every_command_is_known_to_write_or_to_read() -> None:
    assert set(WRITING) ^ set(READING) == set(COMMANDS) | {"hub"}


def test_every_command_that_writes_refuses_others(
    guarded: Doitui, archive_url: str, check_all: Callable[..., None]
) -> None:
    before = everything(archive_url)

    def check(name: str) -> None:
        done = guarded(*name.split(), *WRITING[name].split())
        assert (done.code, done.out) == (3, "")
        assert done.complaint.startswith(f"doitui: {REFUSAL}")

    check_all(check, WRITING)
    assert everything(archive_url) == before


def test_every_other_command_stays_open(guarded: Doitui, check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        done = guarded(*name.split(), *str(READING[name]).split())
        assert "operators (bo, carl)" not in done.err
        assert done.code in (0, 1, 2), done.err

    check_all(check, [name for name, arguments in READING.items() if arguments is not None])


def test_a_dry_run_stays_open(guarded: Doitui, check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert guarded(*name.split(), "--dry-run").code == 0

    check_all(check, ["init", "doi mint a", "doi reserve a", "setting set lease_seconds 90", "work", "cron nightly"])


def test_operators_may(archive: Doitui) -> None:
    assert archive("setting", "set", "operators", f"bo {actor()}").code == 0
    assert archive("setting", "set", "lease_seconds", "90").code == 0


def test_a_backup_is_not_put_back_by_others(guarded: Doitui, archive_url: str) -> None:
    assert guarded("backup", "copy.db").code == 0
    before = everything(archive_url)
    done = guarded("restore", "copy.db")
    assert (done.code, REFUSAL in done.complaint, everything(archive_url) == before) == (3, True, True)


def test_nobody_locks_themselves_out_by_mistake(archive: Doitui) -> None:
    done = archive("setting", "set", "operators", "bo carl")
    assert (done.code, archive("setting", "get", "operators").out) == (2, "\n")
    assert f"{actor()} would not be in operators (bo, carl)" in done.complaint
    assert "--yes" in done.complaint


def test_the_way_out_of_a_lock_out_is_the_environment(guarded: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write the database is not stopped: the setting stops mistakes."""
    monkeypatch.setenv("DOITUI_OPERATORS", "")
    assert guarded("setting", "unset", "operators").code == 0


def test_operators_are_those_of_the_whole_database(archive: Doitui) -> None:
    done = archive("setting", "set", "operators", actor(), "--repository", "h")
    assert (done.code, "operators is for the whole database" in done.complaint) == (2, True)


def test_a_process_without_a_login_acts_as_its_user() -> None:
    """As under systemd and cron; behind sudo it is who has logged in."""
    assert actor() in (pwd.getpwuid(os.getuid()).pw_name, _login())


def _login() -> str:
    try:
        return os.getlogin()
    except OSError:
        return ""

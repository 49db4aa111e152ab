"""Incidents: each ends by itself, or is one line with what to do, and `doctor` reports it.

Each is brought about for real, then a worker runs.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]


@dataclass(frozen=True)
class Incident:
    """`bring`: makes it happen while a worker runs, or before. `line`: in the worker's one line. `doctor`: the check
    that names it, its level, and what stands in it.
    """

    bring: Callable[[Doitui, Path], None]
    line: str
    doctor: tuple[str, str, str]


def unset_token(archive: Doitui, file: Path) -> None:
    archive("setting", "set", "datacite_api_token", "env:TOK")


def empty_password_file(archive: Doitui, file: Path) -> None:
    place = file.with_name("password")
    place.write_text("\n")
    archive("repository", "set", "h", "--password-file", place)


def restored_file(archive: Doitui, file: Path) -> None:
    copy = file.with_name("backup.db")
    with closing(sqlite3.connect(file)) as ours, closing(sqlite3.connect(copy)) as theirs:
        ours.backup(theirs)
        theirs.execute("DELETE FROM worker")
        theirs.commit()
        theirs.execute("PRAGMA journal_mode=wal")
    for suffix in ("-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
    os.replace(copy, file)


BEFORE = {
    "unset token": Incident(
        unset_token,
        "datacite_api_token: the environment variable TOK is not set: set it, or change datacite_api_token",
        ("secrets", "FAIL", "datacite_api_token: the environment variable TOK is not set"),
    ),
    "empty password file": Incident(
        empty_password_file, "datacite_password: the file ", ("secrets", "FAIL", "password is empty")
    ),
}

WHILE = {
    "restored file": Incident(
        restored_file,
        "was replaced (a backup was restored?): restart this program",
        ("workers", "FAIL", "no worker running, 1 job waiting"),
    ),
}


def named(archive: Doitui, incident: Incident) -> bool:
    name, level, result = incident.doctor
    checks = archive("doctor", "--json").json["checks"]
    return any(one["name"] == name and one["level"] == level and result in one["message"] for one in checks)


@pytest.mark.parametrize("what", BEFORE)
def test_what_is_wrong_before_a_worker_runs(archive: Doitui, write: Callable[..., Path], file: Path, what: str) -> None:
    archive("record", "import", write("a"))
    archive("batch", "mint")
    BEFORE[what].bring(archive, file)
    done = archive("work", "--drain")
    assert (done.code, BEFORE[what].line in done.complaint, named(archive, BEFORE[what])) == (3, True, True), done


@pytest.mark.parametrize("what", WHILE)
def test_what_happens_while_a_worker_runs(
    archive: Doitui, write: Callable[..., Path], file: Path, start: Start, until: Any, what: str
) -> None:
    archive("record", "import", write("a"))
    archive("batch", "mint")
    archive("queue", "pause")
    worker = start("work", "--every", "0.1")
    until(lambda: bool(archive("status", "--json").json["workers"]))
    WHILE[what].bring(archive, file)
    _, err = worker.communicate(timeout=60)
    assert (worker.returncode, err.count("\n"), WHILE[what].line in err) == (3, 1, True), err
    assert named(archive, WHILE[what])

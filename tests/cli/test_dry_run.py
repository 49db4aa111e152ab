"""`--dry-run` does not change a byte of the database."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]

#: After three mints, one of them queued again (job 4) and one with a failed update (job 5).
WRITING = (
    "init",
    "work --drain",
    "repository set h --publisher Nobody --inactive",
    "repository set new --prefix 10.82433",
    "repository remove idle",
    "setting set lease_seconds 20",
    "setting set datacite_password --stdin",
    "setting unset backoff_minutes",
    "record import {file}",
    "record import --doi ignore --object-id filename --unpublished {file}",
    "record import --overwrite {file}",
    "record set d --auto-create true --url https://b.example.org/d --owner-name Ida --owner-email ida@example.org",
    "record publish d",
    "doi assign d 10.5072/by-hand",
    "doi assign d 10.1594/by-hand",
    "doi reserve d",
    "doi mint d",
    "doi mint d --now",
    "doi update {doi}",
    "doi update {doi} --now",
    "doi verify {doi}",
    "doi verify {doi} --now",
    "doi deactivate {doi} --reason gone",
    "doi deactivate {doi} --reason gone --now",
    "doi adopt {doi}",
    "batch mint --all",
    "batch mint d --state draft",
    "queue retry --all",
    "queue cancel 4",
)


@pytest.fixture
def busy(minted: Doitui, write: Callable[..., Path], doi_of: Callable[[str], str]) -> Doitui:
    minted("repository", "set", "idle", "--prefix", "10.82433")
    minted("setting", "set", "backoff_minutes", "1")
    minted("record", "import", "--repository", "h", write("d"))
    minted("doi", "update", doi_of("a"))
    return minted


def written(file: Path) -> str:
    """The bytes of the file and its write-ahead log."""
    wal = file.with_name(file.name + "-wal")
    return hashlib.sha256(file.read_bytes() + (wal.read_bytes() if wal.exists() else b"")).hexdigest()


@pytest.mark.parametrize("line", WRITING)
def test_a_dry_run_changes_no_byte(
    busy: Doitui, file: Path, doi_of: Callable[[str], str], write: Callable[..., Path], sandbox: Sandbox, line: str
) -> None:
    arguments = line.format(doi=doi_of("b"), file=write("x", "y", name="new.jsonl")).split()
    if arguments[:2] == ["record", "import"]:
        arguments += ["--repository", "h"]
    before = written(file)
    done = busy(*arguments, "--dry-run", stdin=b"secret")
    assert (done.code, written(file)) == (0, before), done.err


@pytest.mark.parametrize("line", WRITING)
def test_a_dry_run_sends_nothing_that_writes(
    busy: Doitui, doi_of: Callable[[str], str], write: Callable[..., Path], sandbox: Sandbox, line: str
) -> None:
    arguments = line.format(doi=doi_of("b"), file=write("x", "y", name="new.jsonl")).split()
    sandbox.requests.clear()
    busy(*arguments, "--dry-run", stdin=b"secret")
    assert [entry for entry in sandbox.requests.entries() if entry["method"] != "GET"] == []


def test_a_dry_run_leaves_what_a_killed_process_left(
    doitui: Doitui, archive: Doitui, file: Path, tmp_path: Path
) -> None:
    """A killed process leaves writes in the write-ahead log; a reader must not checkpoint them."""
    connection = sqlite3.connect(file)
    connection.execute(
        "INSERT INTO setting (repository_id, name, value, updated_at) VALUES (0, 'lease_seconds', '7', 0)"
    )
    connection.commit()
    kept = tmp_path / "killed"
    kept.mkdir()
    for part in (file, file.with_name(file.name + "-wal")):
        shutil.copy(part, kept / part.name)
    connection.close()
    for part in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        part.unlink(missing_ok=True)
    for part in kept.iterdir():
        shutil.copy(part, file.parent / part.name)
    before = written(file)
    done = doitui("setting", "set", "lease_seconds", "20", "--dry-run")
    seen = doitui("setting", "get", "lease_seconds").out.strip()
    assert (done.code, written(file), seen) == (0, before, "7")


def test_a_dry_run_of_init_makes_no_file(doitui: Doitui, file: Path) -> None:
    done = doitui("init", "--dry-run", "--json")
    assert (done.code, done.json["steps"] != [], file.exists()) == (0, True, False)


def test_a_dry_run_keeps_no_secret(archive: Doitui, home: Path) -> None:
    archive("setting", "set", "datacite_password", "--stdin", "--dry-run", stdin=b"secret")
    assert not (home / "config").exists()


def test_a_dry_run_tells_the_doi_it_would_make(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a"))
    would = archive("doi", "mint", "a", "--dry-run", "--json").json["results"][0]["doi"]
    assert archive("doi", "mint", "a", "--json").json["results"][0]["doi"] == would


@pytest.mark.parametrize("line", ["doi mint nobody", "doi update 10.5072/nope", "doi reserve a b", "queue cancel 1"])
def test_a_dry_run_fails_as_the_real_one(minted: Doitui, line: str) -> None:
    dry = minted(*line.split(), "--dry-run")
    real = minted(*line.split())
    assert (dry.code, dry.err) == (real.code, real.err)

"""`doitui backup` and `doitui restore`: whole files or none, verified, and what is refused."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]


@pytest.fixture
def backup(minted: Doitui, tmp_path: Path) -> Path:
    """A backup of three findable DOIs."""
    place = tmp_path / "backups" / "doitui.db"
    place.parent.mkdir()
    done = minted("backup", place)
    assert done.code == 0, done.err
    return place


def test_a_backup_is_one_private_file_that_is_whole(backup: Path) -> None:
    assert (stat.S_IMODE(backup.stat().st_mode), os.listdir(backup.parent)) == (0o600, ["doitui.db"])
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT COUNT(*) FROM doi").fetchone() == (3,)


def test_what_is_only_in_the_wal_is_in_the_backup(minted: Doitui, file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as keeps_wal:
        keeps_wal.execute("SELECT COUNT(*) FROM doi").fetchone()
        minted("repository", "set", "other", "--prefix", "10.82433")
        assert Path(f"{file}-wal").stat().st_size
        minted("backup", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT code FROM repository ORDER BY code").fetchall() == [("h",), ("other",)]


def test_a_backup_is_not_overwritten_without_force(minted: Doitui, backup: Path) -> None:
    before = backup.read_bytes()
    done = minted("backup", backup)
    assert (done.code, "--force" in done.complaint, backup.read_bytes() == before) == (2, True, True)
    assert (minted("backup", backup, "--force").code, os.listdir(backup.parent)) == (0, ["doitui.db"])


@pytest.mark.parametrize("place", ["nowhere/x.db", "."])
def test_a_place_that_cannot_be_written_is_named_and_left_empty(
    minted: Doitui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    done = minted("backup", place, "--force")
    assert (done.code, done.complaint != "", os.listdir(here)) == (2, True, [])


def test_the_database_itself_is_never_replaced_by_its_backup(minted: Doitui, file: Path) -> None:
    done = minted("backup", file, "--force")
    assert (done.code, minted("status", "--json").json["dois"]["total"]) == (2, 3)


def test_a_dry_run_writes_no_backup(minted: Doitui, tmp_path: Path) -> None:
    done = minted("backup", tmp_path / "x.db", "--dry-run")
    assert (done.code, (tmp_path / "x.db").exists()) == (0, False)


def test_a_restore_brings_the_backup_and_keeps_what_was_there(minted: Doitui, backup: Path, file: Path) -> None:
    minted("repository", "set", "later", "--prefix", "10.82433")
    done = minted("restore", backup, "--json")
    assert (done.code, done.json["dois"]) == (0, 3), done.err
    assert [row["code"] for row in minted("repository", "list", "--json").json["repositories"]] == ["h"]
    with closing(sqlite3.connect(done.json["replaced"])) as old:
        assert old.execute("SELECT COUNT(*) FROM repository").fetchone() == (2,)
    assert Path(done.json["replaced"]).parent == file.parent


def test_every_doi_is_asked_about_once_and_nothing_is_sent(minted: Doitui, backup: Path, sandbox: Sandbox) -> None:
    minted("restore", backup)
    assert minted("status", "--json").json["dois"]["uncertain"] == 3
    before = len(sandbox.requests.entries())
    assert minted("work", "--drain").code == 0
    asked = [row["method"] for row in sandbox.requests.entries()[before:] if row["doi"]]
    assert (asked, minted("status", "--json").json["dois"]["uncertain"]) == (["GET"] * 3, 0)


def test_newer_content_at_datacite_is_not_replaced_by_that_of_the_backup(
    minted: Doitui, backup: Path, write: Callable[..., Path], doi_of: Callable[[str], str], sandbox: Sandbox
) -> None:
    minted("record", "import", write("a", titles=[{"title": "Newer"}]))
    minted("doi", "update", doi_of("a"), "--now")
    minted("restore", backup)
    minted("work", "--drain")
    sent = [row for row in sandbox.requests.entries() if row["method"] == "PUT"]
    found = minted("doi", "show", doi_of("a"), "--json").json
    assert (len(sent), found["status"], found["marks"]) == (1, "findable", ["changed"])


def test_a_tombstone_of_later_is_one_again_with_its_reason(
    minted: Doitui, backup: Path, doi_of: Callable[[str], str]
) -> None:
    minted("doi", "deactivate", doi_of("a"), "--reason", "withdrawn", "--now")
    minted("restore", backup)
    assert minted("sync").code == 0
    minted("doi", "update", doi_of("a"), "--now")
    found = minted("doi", "show", doi_of("a"), "--json").json
    assert (found["status"], found["reason"]) == ("tombstone", "withdrawn")


@pytest.mark.parametrize("damage", ["torn", "no database", "another database", "missing"])
def test_what_is_no_backup_is_refused_and_nothing_changes(
    minted: Doitui, backup: Path, file: Path, damage: str
) -> None:
    if damage == "torn":
        content = bytearray(backup.read_bytes())
        content[8192:60_000] = b"\x55" * (60_000 - 8192)
        backup.write_bytes(content)
    elif damage == "no database":
        backup.write_text("no database" * 1000)
    elif damage == "another database":
        backup.unlink()
        with closing(sqlite3.connect(backup)) as other:
            other.execute("CREATE TABLE x (y)")
    else:
        backup.unlink()
    done = minted("restore", backup)
    assert (done.code, str(backup) in done.complaint) == (2, True)
    assert (minted("status", "--json").json["dois"]["total"], sorted(os.listdir(file.parent))) == (
        3,
        sorted({*os.listdir(file.parent)} - {name for name in os.listdir(file.parent) if "replaced" in name}),
    )


def test_a_backup_of_a_newer_doitui_is_refused_with_what_to_do(minted: Doitui, backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as newer:
        newer.execute("INSERT INTO schema_migration VALUES (999, 'newer', 0)")
        newer.commit()
    done = minted("restore", backup)
    assert (done.code, "upgrade doitui" in done.complaint) == (3, True)


def test_a_restore_is_refused_while_the_database_is_open_elsewhere(minted: Doitui, backup: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as open_elsewhere:
        open_elsewhere.execute("SELECT COUNT(*) FROM doi").fetchone()
        done = minted("restore", backup)
        assert (done.code, "is in use" in done.complaint) == (1, True)
    assert minted("restore", backup).code == 0


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_a_backup_is_put_in_the_place_of_nothing_or_of_a_damaged_file(
    minted: Doitui, backup: Path, file: Path, state: str
) -> None:
    for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        path.unlink(missing_ok=True)
    if state == "damaged":
        file.write_bytes(b"damaged" * 10_000)
    done = minted("restore", backup, "--json")
    assert (done.code, done.json["replaced"] is None) == (0, state == "missing"), done.err
    assert minted("status", "--json").json["dois"]["total"] == 3


def test_a_dry_run_restores_nothing(minted: Doitui, backup: Path) -> None:
    minted("repository", "set", "later", "--prefix", "10.82433")
    assert minted("restore", backup, "--dry-run").code == 0
    assert len(minted("repository", "list", "--json").json["repositories"]) == 2


def test_a_database_copied_by_other_means_is_checked_too(
    minted: Doitui, doi_of: Callable[[str], str], file: Path
) -> None:
    copy = file.read_bytes()
    minted("doi", "deactivate", doi_of("a"), "--reason", "withdrawn", "--now")
    file.write_bytes(copy)
    assert minted("restore", "--already-copied", "--json").json["dois"] == 3
    minted("work", "--drain")
    assert minted("doi", "show", doi_of("a"), "--json").json["status"] == "tombstone"


def test_a_file_and_already_copied_are_one_too_many(minted: Doitui, backup: Path) -> None:
    assert (minted("restore").code, minted("restore", backup, "--already-copied").code) == (2, 2)


def test_a_mode_of_a_group_stays(minted: Doitui, backup: Path, file: Path) -> None:
    file.chmod(0o660)
    minted("restore", backup)
    assert stat.S_IMODE(file.stat().st_mode) == 0o660

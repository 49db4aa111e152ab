"""Where files are, who may open them, and what the doctor says of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Audit, Repository

Doitui = Callable[..., Any]


def checks(doitui: Doitui, name: str) -> list[tuple[str, str]]:
    """(level, fix) of the doctor's checks of that name."""
    found = doitui("doctor", "--offline", "--json").json["checks"]
    return [(check["level"], check["fix"]) for check in found if check["name"] == name]


@pytest.mark.parametrize(("folder", "mode"), [(0o2770, 0o660), (0o2750, 0o600), (0o770, 0o600), (0o700, 0o600)])
def test_a_group_directory_makes_a_database_of_the_group(typed: Doitui, tmp_path: Path, folder: int, mode: int) -> None:
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(folder)
    before = os.umask(0o077)
    try:
        assert typed("--database", f"sqlite:///{place}/d.db", "init").code == 0
    finally:
        os.umask(before)
    database.open(f"sqlite:///{place}/d.db")
    with database.write():
        database.count("x", 1)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()}
    database.close()
    assert modes == {"d.db": mode, "d.db-wal": mode, "d.db-shm": mode}


def test_a_password_file_that_others_can_read_is_named_with_the_command(archive: Doitui, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct-horse-battery")
    secret.chmod(0o600)
    archive("repository", "set", "h", "--password-file", secret)
    assert checks(archive, "secrets") == [("OK", "")]
    secret.chmod(0o644)
    assert ("WARN", f"chmod o-rwx {secret}") in checks(archive, "secrets")


def test_a_week_without_a_backup_is_a_warning(archive: Doitui, file: Path, tmp_path: Path) -> None:
    assert [level for level, _ in checks(archive, "backup")] == ["OK"]
    for model, column in ((Repository, Repository.created_at), (Audit, Audit.at)):
        archive("backup", tmp_path / "copy.db", "--force") if model is Audit else None
        database.open(f"sqlite:///{file}")
        with database.write():
            model.update({column: column - 8 * 24 * 3600 * 1_000_000}).execute()
        database.close()
        assert [level for level, _ in checks(archive, "backup")] == ["WARN"]
    archive("backup", tmp_path / "copy.db", "--force")
    assert [level for level, _ in checks(archive, "backup")] == ["OK"]


def test_paths_says_where_things_are_and_who_says_so(
    doitui: Doitui, file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOITUI_LOG", str(home / "doi.log"))
    found = {row["what"]: (row["path"], row["source"]) for row in doitui("paths", "--json").json["paths"]}
    assert found["database"] == (f"sqlite:///{file}", "--database")
    assert found["log"] == (str(home / "doi.log"), "DOITUI_LOG")
    assert (found["spool"], found["secrets"][0]) == ((None, "default"), str(home / "config" / "doitui"))
    assert not file.exists()


def test_paths_says_where_the_hub_keeps_reports(archive: Doitui, file: Path, tmp_path: Path) -> None:
    def place() -> tuple[str, str]:
        (row,) = (row for row in archive("paths", "--json").json["paths"] if row["what"] == "hub reports")
        return row["path"], row["source"]

    before = place()
    archive("setting", "set", "hub_reports", tmp_path / "reports")
    assert (before, place()) == (
        (f"{file}.reports", "default"),
        (str(tmp_path / "reports"), "setting hub_reports"),
    )
    archive("setting", "set", "hub_reports", "s3://bucket/reports")
    assert place() == ("s3://bucket/reports", "setting hub_reports")

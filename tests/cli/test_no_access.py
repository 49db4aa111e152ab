"""A database without access: one line with what to do, exit 3."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def place(tmp_path: Path, file: Path, typed: Doitui) -> Iterator[Path]:
    """A directory with the database, whose mode the test changes."""
    assert typed("--database", f"sqlite:///{file}", "init").code == 0
    yield tmp_path
    tmp_path.chmod(0o700)
    file.chmod(0o600)


def complaint(process: subprocess.Popen[str]) -> str:
    """The error line of a command that ended with 3."""
    out, err = process.communicate()
    assert (process.returncode, out, err.count("\n"), "Traceback" in err) == (3, "", 1, False), err
    return err


@pytest.mark.parametrize("line", ["status", "doctor --offline", "setting set lease_seconds 5", "init", "work --drain"])
def test_a_directory_that_cannot_be_written_is_explained(
    place: Path, start: Start, as_anybody: list[str], line: str
) -> None:
    place.chmod(0o500)
    said = complaint(start(*line.split(), before=as_anybody))
    assert f"may not write to the directory {place}" in said
    assert "doitui.db-wal and doitui.db-shm" in said


def test_a_file_that_cannot_be_read_is_explained(place: Path, file: Path, start: Start, as_anybody: list[str]) -> None:
    file.chmod(0o000)
    assert "may not read the file" in complaint(start("status", before=as_anybody))


def test_a_file_that_cannot_be_written_is_explained(
    place: Path, file: Path, start: Start, as_anybody: list[str]
) -> None:
    file.chmod(0o400)
    said = complaint(start("setting", "set", "lease_seconds", "5", before=as_anybody))
    assert f"may not write to {file}" in said


def test_a_directory_that_cannot_be_looked_into_is_explained(place: Path, start: Start, as_anybody: list[str]) -> None:
    place.chmod(0o600)
    assert f"may not look into {place}" in complaint(start("status", before=as_anybody))


@pytest.mark.parametrize("line", ["status", "init"])
def test_a_directory_is_no_database(typed: Doitui, tmp_path: Path, line: str) -> None:
    done = typed("--database", f"sqlite:///{tmp_path}", line)
    assert (done.code, "it is a directory: name a file in it" in done.complaint) == (3, True)


@pytest.mark.parametrize("line", ["status", "init"])
def test_nobody_waits_for_a_pipe(typed: Doitui, tmp_path: Path, line: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = typed("--database", f"sqlite:///{tmp_path / 'pipe'}", line)
    assert (done.code, "not a regular file" in done.complaint) == (3, True)


@pytest.mark.parametrize("line", ["status", "init"])
def test_a_place_below_a_file_is_none(typed: Doitui, tmp_path: Path, line: str) -> None:
    (tmp_path / "file").touch()
    done = typed("--database", f"sqlite:///{tmp_path / 'file' / 'x.db'}", line)
    assert (done.code, f"{tmp_path / 'file'} is a file" in done.complaint) == (3, True)


def test_a_name_that_is_too_long_is_none(typed: Doitui, tmp_path: Path) -> None:
    done = typed("--database", f"sqlite:///{tmp_path / ('x' * 300)}", "init")
    assert (done.code, "too long" in done.complaint) == (3, True)

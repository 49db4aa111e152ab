"""A running program notices a replaced or deleted database file, and does not write to it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def restore(file: Path, tmp_path: Path) -> Callable[[], None]:
    """Returns a function that replaces the database by a copy made now, as an operator would."""

    def copied() -> Callable[[], None]:
        copy = tmp_path / "backup.db"
        with closing(sqlite3.connect(file)) as ours, closing(sqlite3.connect(copy)) as theirs:
            ours.backup(theirs)
            theirs.execute("PRAGMA journal_mode=wal")

        def put_back() -> None:
            for suffix in ("-wal", "-shm"):
                Path(f"{file}{suffix}").unlink(missing_ok=True)
            os.replace(copy, file)

        return put_back

    return copied  # type: ignore[return-value]


def ways(file: Path, put_back: Callable[[], None]) -> dict[str, Callable[[], None]]:
    return {"replaced": put_back, "deleted": file.unlink, "moved away": lambda: file.rename(f"{file}.old")}


@pytest.mark.parametrize("how", ["replaced", "deleted", "moved away"])
def test_an_idle_worker_ends_with_one_line(
    minted: Doitui, start: Start, file: Path, restore: Any, until: Any, how: str
) -> None:
    put_back = restore()
    worker = start("work", "--every", "0.1")
    until(lambda: bool(minted("status", "--json").json["workers"]))
    ways(file, put_back)[how]()
    _, err = worker.communicate(timeout=60)
    result = "was replaced" if how == "replaced" else "was moved or deleted"
    assert (worker.returncode, err.count("\n"), result in err) == (3, 1, True), err


def test_what_was_under_way_is_not_written_into_either_file(
    minted: Doitui, start: Start, sandbox: Sandbox, restore: Any, until: Any, doi_of: Any, file: Path
) -> None:
    minted("doi", "update", doi_of("a"))
    put_back = restore()
    sandbox.faults.replace(["PUT /dois/* latency seconds=2"])
    worker = start("work", "--drain")
    until(lambda: minted("queue", "list", "--json").json["jobs"][0]["status"] == "processing")
    put_back()
    _, err = worker.communicate(timeout=60)
    assert (worker.returncode, err.count("\n")) == (3, 1), err
    assert minted("queue", "list", "--json").json["jobs"][0]["status"] == "pending"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_log_of_the_new_file_survives_the_end_of_the_old_worker(
    minted: Doitui, start: Start, restore: Any, until: Any, file: Path
) -> None:
    put_back = restore()
    worker = start("work", "--every", "0.1")
    until(lambda: bool(minted("status", "--json").json["workers"]))
    put_back()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE repository SET code = 'new'")
        connection.commit()
        worker.communicate(timeout=60)
        with closing(sqlite3.connect(file)) as another:
            assert another.execute("SELECT code FROM repository").fetchall() == [("new",)]


def test_a_restart_goes_on_with_the_new_file(
    minted: Doitui, doi_of: Callable[[str], str], restore: Any, start: Start, until: Any
) -> None:
    minted("doi", "update", doi_of("a"))
    put_back = restore()
    worker = start("work", "--every", "0.1")
    until(lambda: minted("queue", "list", "--json").json["jobs"][0]["status"] == "completed")
    put_back()
    worker.communicate(timeout=60)
    assert minted("queue", "list", "--json").json["jobs"][0]["status"] == "pending"
    assert (minted("work", "--drain").code, minted("queue", "list", "--json").json["jobs"][0]["status"]) == (
        0,
        "completed",
    )


def test_a_status_that_watches_reads_the_new_file(minted: Doitui, start: Start, restore: Any) -> None:
    put_back = restore()
    minted("repository", "set", "other", "--prefix", "10.82433")
    watch = start("status", "--watch", "--every", "0.1")
    assert watch.stdout is not None
    assert watch.stderr is not None
    watch.stdout.readline()
    put_back()
    assert "was replaced (a backup was restored?)" in watch.stderr.readline()
    watch.terminate()
    watch.communicate()

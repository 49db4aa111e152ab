"""A full disk: one line reports it, finished work stays, nothing is half done.

A real disk if the tests can mount one (root on Linux), and SQLite's page limit everywhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]

#: More than the small disk takes.
MANY = 12_000

LOG_LINE = (
    '203.0.113.{0} - - [10/Mar/2026:10:00:00 +0000] "GET /records/r{1} HTTP/1.1" 200 5 "-" "Mozilla/5.0 Firefox/{1}"\n'
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a disk of a few MB can be mounted by root on Linux only")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> None:
    """Fill the disk."""
    with (disk / "fill").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@contextlib.contextmanager
def nothing_left(disk: Path) -> Iterator[None]:
    """The disk is full while another program reads the database, so that it can be opened."""
    with contextlib.closing(sqlite3.connect(disk / "doitui.db")) as reader:
        reader.execute("SELECT * FROM setting").fetchall()
        fill(disk)
        try:
            yield
        finally:
            (disk / "fill").unlink()


@pytest.fixture
def small(disk: Path, typed: Doitui) -> Doitui:
    """`doitui` with a repository, on the small disk."""
    page = "https://archive.example.org/{object_id}"
    account = ("--account", "D.R", "--password-env", "PASSWORD_OF_H", "--url", "http://127.0.0.1:1")

    def call(*arguments: object) -> Any:
        return typed("--database", f"sqlite:///{disk / 'doitui.db'}", *arguments)

    assert call("init").code == 0
    assert call("repository", "set", "h", "--prefix", "10.5072", *account, "--landing-page", page).code == 0
    return call


def assert_full(done: Any, place: Path) -> str:
    """The error line of a command that the full disk stopped."""
    assert done.code == 3, done
    assert "the disk is full" in done.complaint
    assert str(place) in done.complaint
    assert "transaction" not in done.complaint
    return str(done.complaint)


def test_an_import_says_how_far_it_came(small: Doitui, disk: Path, write: Callable[..., Path]) -> None:
    line = assert_full(small("record", "import", write(*map(str, range(MANY)))), disk)
    stored = len(small("record", "list", "--limit", "0", "--json").json["records"])
    assert 0 < stored < MANY
    assert f"{stored} records stored before" in line


def test_an_import_goes_on_when_there_is_room_again(small: Doitui, disk: Path, write: Callable[..., Path]) -> None:
    records = write("a", "b", "c")
    with nothing_left(disk):
        assert "0 records stored before" in assert_full(small("record", "import", records), disk)
    assert small("record", "import", records).code == 0


def test_with_json_a_stopped_import_prints_nothing_else(small: Doitui, disk: Path, write: Callable[..., Path]) -> None:
    records = write("a")
    with nothing_left(disk):
        done = small("record", "import", records, "--json")
    assert_full(done, disk)
    assert done.out == ""


WRITING = ("setting set lease_seconds 50", "repository set k", "queue pause", "batch mint --all", "record publish a b")


@pytest.mark.parametrize("line", WRITING)
def test_a_command_that_writes_names_the_full_disk(
    small: Doitui, disk: Path, write: Callable[..., Path], line: str
) -> None:
    small("record", "import", write("a", "b"))
    small("record", "unpublish", "b")
    with nothing_left(disk):
        done = small(*line.split())
    assert (done.code, "Traceback" in done.err) == (3, False)
    assert "the disk is full" in done.err.splitlines()[-1]


def test_a_worker_names_the_full_disk_and_leaves_its_jobs_queued(
    small: Doitui, disk: Path, write: Callable[..., Path]
) -> None:
    small("record", "import", write("a"))
    small("doi", "mint", "a")
    with nothing_left(disk):
        done = small("work", "--drain")
    assert (done.code, "the disk is full" in done.err.splitlines()[-1]) == (3, True)
    assert [job["status"] for job in small("queue", "list", "--json").json["jobs"]] == ["pending"]


def test_the_doctor_names_the_full_disk(small: Doitui, disk: Path) -> None:
    with nothing_left(disk):
        done = small("doctor", "--offline", "--json")
    (check,) = [check for check in done.json["checks"] if check["name"] == "disk"]
    assert (done.code, check["level"], str(disk) in check["message"]) == (1, "FAIL", True)


def test_a_disk_too_full_to_be_read_from_is_named_too(small: Doitui, disk: Path) -> None:
    fill(disk)
    for line in ("doctor --offline", "status", "doi list"):
        assert_full(small(*line.split()), disk)


def test_a_drain_says_how_far_it_came_and_leaves_the_rest(small: Doitui, disk: Path, tmp_path: Path) -> None:
    from doitui_middleware.spool import Spool

    spool = tmp_path / "spool"
    spool.mkdir(mode=0o770)
    Spool(str(spool)).write(b"not a line\n", 0)
    with nothing_left(disk):
        line = assert_full(small("usage", "drain", "--spool", spool), disk)
    assert ("drained before" in line, str(spool) in line) == (True, True)
    assert small("usage", "drain", "--spool", spool, "--json").json["lines"] == 1


def test_a_log_that_does_not_fit_is_imported_as_far_as_it_goes(small: Doitui, disk: Path, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(LOG_LINE.format(number % 250, number) for number in range(40_000)))
    view = ("--view-pattern", r"^/records/(?P<object_id>\w+)$")
    line = assert_full(small("usage", "import-log", "--log-format", "combined", *view, log), disk)
    assert "imported before" in line


def test_counts_that_do_not_fit_are_reported_once(small: Doitui, disk: Path, tmp_path: Path, write: Any) -> None:
    small("record", "import", write("a"))
    doi = small("doi", "reserve", "a", "--json").json["results"][0]["doi"]
    counts = tmp_path / "counts.csv"
    row = f"{doi},2025-01,total-dataset-requests,regular,1\n"
    counts.write_text("doi,month,metric_type,access_method,count\n" + row * 50)
    with nothing_left(disk):
        assert "0 counts stored before" in assert_full(small("usage", "import-counts", counts), disk)


def test_a_log_file_that_is_full_stops_nothing(small: Doitui, disk: Path, tmp_path: Path, write: Any) -> None:
    """The activity log on the full disk, the database elsewhere."""
    other = f"sqlite:///{tmp_path / 'other.db'}"
    environment = {**os.environ, "DOITUI_LOG": str(disk / "doi.log"), "PYTHONPATH": ""}
    program = [sys.executable, "-m", "doitui", "--database", other]
    fill(disk)
    for line in (["init"], ["repository", "set", "h", "--prefix", "10.5072"], ["record", "import", str(write("a"))]):
        subprocess.run([*program, *line], check=True, capture_output=True, env=environment)
    done = subprocess.run([*program, "doi", "reserve", "a"], capture_output=True, text=True, env=environment)
    assert (done.returncode, "Traceback" in done.stderr, "Logging error" in done.stderr) == (0, False, False)


@contextlib.contextmanager
def no_more_pages(file: Path) -> Iterator[None]:
    """Limit the database to its current size, in this process."""
    from doitui_core.db import database

    with contextlib.closing(sqlite3.connect(file)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    database.current().db.execute_sql(f"PRAGMA max_page_count = {pages}")
    yield


def save_many() -> None:
    """More records than fit, each in a savepoint of one transaction."""
    from doitui_core.db import database
    from doitui_core.records import records

    with database.write():
        for number in range(5_000):
            with database.write():
                records.save(str(number), metadata={"titles": [{"title": json.dumps([number] * 50)}]})


def test_a_transaction_that_sqlite_has_undone_is_reported_as_what_it_is(archive: Doitui, file: Path) -> None:
    from doitui_core.db import database
    from doitui_core.db.models import Record
    from doitui_core.errors import DiskFull
    from doitui_core.records import records

    database.open(f"sqlite:///{file}")
    with no_more_pages(file):
        with pytest.raises(DiskFull, match="the disk is full"):
            save_many()
        assert Record.select().count() == 0
        with database.write():  # the connection is as good as new
            records.save("small", metadata={})
    assert Record.select().count() == 1

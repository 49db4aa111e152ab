"""A command loses its PostgreSQL connection: exit 3 and one line, or it reconnects."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_middleware.spool import Spool

psycopg = pytest.importorskip("psycopg", reason="PostgreSQL tests need the extra: pip install 'doitui[postgres]'")

Doitui = Callable[..., Any]

#: Takes the connection away from whoever changes the table, in the middle of the statement.
CUT = """CREATE FUNCTION {schema}.cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL;
END $$; CREATE TRIGGER cut BEFORE INSERT OR UPDATE OR DELETE ON {schema}.{table} EXECUTE FUNCTION {schema}.cut()"""


@pytest.fixture
def url(postgres_schema: str) -> str:
    return f"{postgres_schema}&application_name={schema_of(postgres_schema)}"


def schema_of(url: str) -> str:
    return url.partition("search_path%3D")[2].partition("&")[0]


@pytest.fixture
def server(postgres: str) -> Iterator[Any]:
    with closing(psycopg.connect(postgres, autocommit=True)) as connection:
        yield connection


@pytest.fixture
def shared(typed: Doitui, url: str, sandbox: Sandbox, write: Callable[..., Path]) -> Doitui:
    """`doitui` on PostgreSQL, with three records that are minted and one that is not."""

    def call(*arguments: object) -> Any:
        return typed("--database", url, *arguments)

    page = ("--landing-page", "https://archive.example.org/{object_id}")
    account = ("--account", "DEMO.REPO", "--password-env", "PASSWORD_OF_H", "--url", sandbox.url)
    for command in (
        ("init",),
        ("repository", "set", "h", "--prefix", "10.5072", *account, *page),
        ("record", "import", write("a", "b", "c")),
        ("batch", "mint", "--all"),
        ("work", "--drain"),
        ("record", "import", write("d", name="more.jsonl")),
        ("doi", "reserve", "d"),
    ):
        assert (done := call(*command)).code == 0, done.err
    return call


def cut_at(server: Any, url: str, table: str) -> None:
    server.execute(CUT.format(schema=schema_of(url), table=table))


#: What loses its connection at which table, and what it says besides.
CUTS = {
    "record import {records}": ("record", "0 records stored before"),
    "doi mint d": ("job", "lost"),
    "batch mint --all": ("job", "0 records done before"),
    "queue pause": ("repository", "lost"),
    "setting set lease_seconds 5": ("setting", "lost"),
    "usage drain --spool {spool}": ("usage_spool", "drained before"),
    "record publish d": ("record", "lost"),
    "cron register-local": ("job", "lost"),
}


@pytest.mark.parametrize("line", CUTS)
def test_a_lost_connection_is_3_and_one_line(
    shared: Doitui, server: Any, url: str, line: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    table, words = CUTS[line]
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o770)
    Spool(str(spool)).write(b"no hit\n", 0)
    if "publish" in line:
        shared("record", "unpublish", "d")
    cut_at(server, url, table)
    done = shared(*line.format(records=write("e"), spool=spool).split())
    assert (done.code, "terminating connection" in done.complaint, words in done.complaint) == (3, True, True), done
    assert "mistake" not in done.err


def test_a_worker_whose_connection_is_lost_leaves_its_jobs_queued(shared: Doitui, server: Any, url: str) -> None:
    shared("doi", "mint", "d")
    cut_at(server, url, "job")
    done = shared("work", "--drain")
    assert (done.code, "the others stay queued" in done.err.splitlines()[-1]) == (3, True)
    server.execute(f"DROP TRIGGER cut ON {schema_of(url)}.job")
    assert shared("work", "--drain").code == 0


def end_connections(server: Any, url: str) -> int:
    found = server.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s", (schema_of(url),)
    )
    return int(found.fetchone()[0])


@pytest.fixture
def watching(shared: Doitui, url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "doitui", "--database", url, "status", "--watch", "--every", "0.1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        yield process
        process.kill()


def test_a_watch_says_that_it_lost_the_database_and_goes_on(
    watching: subprocess.Popen[str], server: Any, url: str
) -> None:
    assert watching.stdout is not None
    first = [watching.stdout.readline() for _ in range(3)]
    assert end_connections(server, url) == 1
    assert "the connection was lost" in watching.stdout.readline()
    assert "answers again" in watching.stdout.readline()
    assert [watching.stdout.readline() for _ in range(3)] == first
    assert watching.poll() is None


def test_the_next_statement_of_a_thread_opens_another_connection(shared: Doitui, server: Any, url: str) -> None:
    from doitui_core.db import database
    from doitui_core.db.models import Record
    from doitui_core.errors import DatabaseUnavailable

    database.open(url)
    end_connections(server, url)
    with pytest.raises(DatabaseUnavailable, match="the connection was lost"):
        Record.select().count()
    assert Record.select().count() == 4


def test_a_disk_of_the_server_that_is_full_is_named(shared: Doitui, server: Any, url: str, write: Any) -> None:
    full = CUT.replace("PERFORM pg_terminate_backend(pg_backend_pid())", "RAISE SQLSTATE '53100'")
    server.execute(full.format(schema=schema_of(url), table="record"))
    done = shared("record", "import", write("e"))
    assert (done.code, "the disk is full on the server" in done.complaint) == (3, True)


@pytest.fixture
def working(shared: Doitui, url: str, until: Callable[..., None]) -> Iterator[subprocess.Popen[str]]:
    """A running worker with an empty queue."""
    command = [sys.executable, "-m", "doitui", "--database", url, "work", "--every", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: any(str(process.pid) in one["name"] for one in shared("status", "--json").json["workers"]))
        yield process
        process.kill()


def test_a_worker_whose_connections_are_ended_goes_on_by_itself(
    shared: Doitui, working: subprocess.Popen[str], server: Any, url: str, until: Callable[..., None]
) -> None:
    assert end_connections(server, url) >= 1
    shared("doi", "mint", "d")
    until(lambda: shared("status", "--json").json["dois"]["findable"] == 4)
    assert working.poll() is None


@pytest.mark.parametrize("line", ["doctor", "status", "work --drain", "sync", "usage drain --spool ."])
def test_a_server_that_is_not_there_is_named_with_what_to_do(typed: Doitui, line: str) -> None:
    done = typed("--database", "postgresql://u@127.0.0.1:1/db", *line.split())
    assert (done.code, "check that the server runs" in done.complaint) == (3, True)

"""Opening, writing, counting, on both databases."""

from __future__ import annotations

import hashlib
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import peewee
import pytest

from doitui_core.db import database, dialects
from doitui_core.db.models import Counter, Repository, Setting
from doitui_core.domain import database_urls
from doitui_core.errors import (
    BadInput,
    DatabaseNotReady,
    DatabaseReplaced,
    DatabaseUnavailable,
    DoituiError,
    Misconfigured,
)


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another process that runs `code`; `sys.argv[1:]` are the arguments."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def a_repository(code: str = "h") -> None:
    Repository.create(code=code, created_at=database.now())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "doitui.db"


def digests(file: Path) -> dict[str, str]:
    """What the database consists of, byte for byte; the -shm is an index of the -wal that readers rebuild."""
    parts = [part for part in file.parent.glob(f"{file.name}*") if not part.name.endswith("-shm")]
    return {part.name: hashlib.sha256(part.read_bytes()).hexdigest() for part in parts if part.stat().st_size}


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "not a database URL"),
        ("doitui.db", "not a database URL"),
        ("mysql://host/db", "not a database URL"),
        ("sqlite://relative.db", "names no file"),
        ("sqlite:///", "names no file"),
        ("postgresql://user@host", "names no database"),
        ("postgresql://u:hunter2@host/", "names no database"),
        ("postgresql://u:hunter2@[::1/db", "PostgreSQL URL"),
        ("postgresql://u:hunter2@host:notaport/db?nonsense=1", "PostgreSQL URL"),
    ],
)
def test_a_url_that_is_none_is_named_without_its_password(url: str, what: str) -> None:
    with pytest.raises(BadInput, match=what) as raised:
        database.open(url)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_missing_file_gives_the_set_up_message_and_is_not_made(file: Path, read_only: bool) -> None:
    with pytest.raises(DatabaseNotReady, match="run `doitui init` first"):
        database.open(f"sqlite:///{file}", read_only=read_only)
    assert not file.exists()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_database_without_our_tables_gives_the_set_up_message(database_url: str, read_only: bool) -> None:
    dialects.for_url(database_url).create()
    with pytest.raises(DatabaseNotReady, match="run `doitui init` first"):
        database.open(database_url, read_only=read_only)


@pytest.mark.parametrize("open_it", [database.open, database.create])
def test_a_file_that_is_no_database_is_named(file: Path, open_it: Callable[[str], object]) -> None:
    file.write_text("Dear diary, " * 500)
    with pytest.raises(DatabaseUnavailable, match=r"doitui\.db cannot be used: file is not a database"):
        open_it(f"sqlite:///{file}")


def test_a_place_where_no_file_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be created"):
        database.create(f"sqlite:///{tmp_path / 'file' / 'doitui.db'}")


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(DatabaseUnavailable, match=r"•••") as raised:
        database.open("postgresql://doitui:hunter2@127.0.0.1:1/db")
    assert "hunter2" not in str(raised.value)


def test_without_an_open_database_the_message_says_so(store: str) -> None:
    url = store
    database.close()
    with pytest.raises(Misconfigured, match="no database is open"):
        database.now()
    database.open(url)


def test_a_new_file_can_be_read_by_its_owner_only(file: Path) -> None:
    database.create(f"sqlite:///{file}")
    database.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_rights_of_a_file_that_is_there_are_kept(file: Path) -> None:
    file.touch(0o660)
    file.chmod(0o660)
    database.create(f"sqlite:///{file}")
    database.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o660


def test_a_read_only_database_cannot_be_written(store: str) -> None:
    database.open(store, read_only=True)
    with pytest.raises(DatabaseUnavailable, match=r"read-?only"), database.write():
        a_repository()
    database.open(store)


def test_a_read_only_database_can_be_read(store: str) -> None:
    a_repository()
    database.open(store, read_only=True)
    with database.read():
        assert [row.code for row in Repository.select()] == ["h"]


def test_reading_leaves_the_file_byte_for_byte(file: Path) -> None:
    database.create(f"sqlite:///{file}")
    a_repository()
    database.close()
    before = digests(file)
    database.open(f"sqlite:///{file}", read_only=True)
    assert Repository.select().count() == 1
    database.close()
    assert digests(file) == before


KILLED = """
import sys
from doitui_core.db import database
from doitui_core.db.models import Repository
database.create(sys.argv[1])
Repository.create(code="h", created_at=database.now())
print("written", flush=True)
sys.stdin.read()
"""


def test_reading_what_a_killed_process_left_changes_no_byte(file: Path) -> None:
    with run(KILLED, f"sqlite:///{file}") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    before = digests(file)
    database.open(f"sqlite:///{file}", read_only=True)
    found = [row.code for row in Repository.select()]
    database.close()
    assert (found, digests(file), f"{file.name}-wal" in before) == (["h"], before, True)


def fail_after(*acts: Callable[[], None]) -> None:
    """A transaction that does all that and then fails."""
    with database.write():
        for act in acts:
            act()
        raise ZeroDivisionError


def counted(name: str) -> Callable[[], None]:
    return lambda: database.count(name, 1)


def test_a_transaction_that_fails_leaves_nothing(store: str) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after(a_repository, counted("x"))
    assert (Repository.select().count(), database.counts("x")) == (0, {})


def test_an_inner_transaction_that_fails_takes_back_only_its_own(store: str) -> None:
    with database.write():
        a_repository("outer")
        database.count("x.outer", 1)
        with pytest.raises(ZeroDivisionError):
            fail_after(lambda: a_repository("inner"), counted("x.inner"))
        database.count("x.outer", 1)
    assert ([row.code for row in Repository.select()], database.counts("x.")) == (["outer"], {"outer": 2})


def test_an_inner_constraint_that_says_no_leaves_the_outer_transaction_usable(store: str) -> None:
    with database.write():
        a_repository("h")
        with pytest.raises(peewee.IntegrityError), database.write():
            a_repository("h")
        a_repository("i")
    assert Repository.select().count() == 2


def test_a_commit_of_the_inner_transaction_waits_for_the_outer(store: str) -> None:
    def inner() -> None:
        with database.write():
            a_repository()
            database.count("x", 1)

    with pytest.raises(ZeroDivisionError):
        fail_after(inner)
    assert (Repository.select().count(), database.counts("x")) == (0, {})


def test_reads_in_one_view_see_one_state(store: str) -> None:
    a_repository("a")
    with database.read():
        before = Repository.select().count()
        thread = threading.Thread(target=lambda: (a_repository("b"), database.close_thread()))
        thread.start()
        thread.join()
        assert Repository.select().count() == before


def test_counters_move_only_inside_a_transaction(store: str) -> None:
    with pytest.raises(AssertionError):
        database.count("x", 1)


def test_counters_are_found_by_the_beginning_of_their_names(store: str) -> None:
    with database.write():
        for name in ("a.", "a.b", "a.\U0001f600", "a/c", "A.b", "b"):
            database.count(name, 2)
        database.count("a.nought", 0)
    assert database.counts("a.") == {"": 2, "b": 2, "\U0001f600": 2}


def test_a_counter_that_comes_back_to_nought_is_left_out(store: str) -> None:
    for by in (3, -3):
        with database.write():
            database.count("x", by)
    assert database.counts("x") == {}


COUNTING = """
import threading
from doitui_core.db import database
database.open(sys.argv[1])
def work():
    for i in range(50):
        with database.write():
            database.count("x.a", 1)
            database.count("x.b", -1)
            if i % 2:
                database.count("x.c", 2)
    database.close_thread()
threads = [threading.Thread(target=work) for _ in range(2)]
go()
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_counters_stay_exact_under_four_processes_of_two_threads(store: str, at_once: Callable[..., list[str]]) -> None:
    at_once(COUNTING, store)
    assert database.counts("x.") == {"a": 400, "b": -400, "c": 400}


def test_counters_of_postgresql_are_spread_over_slots(postgres_schema: str) -> None:
    database.create(postgres_schema)
    for _ in range(60):
        with database.write():
            database.count("x", 1)
    slots = Counter.select().where(Counter.name == "x").count()
    database.close()
    assert 1 < slots <= dialects.COUNTER_SLOTS


def test_text_is_sorted_by_bytes_on_both(store: str) -> None:
    names = ["a", "B", "Z", "ä", "é", "_", "10", "9", "\U0001f600"]
    for name in names:
        a_repository(name)
    assert [row.code for row in Repository.select().order_by(Repository.code)] == sorted(names, key=str.encode)


def test_every_text_of_postgresql_is_ordered_by_bytes(postgres_schema: str) -> None:
    database.create(postgres_schema)
    other = (
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
    )
    found = database.current().db.execute_sql(other).fetchall()
    database.close()
    assert found == []


READING_AND_WRITING = """
from doitui_core.db import database
from doitui_core.db.models import Setting
database.open(sys.argv[1])
go()
for _ in range(25):
    with database.write():
        row = database.for_update(Setting.select().where(Setting.name == "x")).get()
        row.value = str(int(row.value) + 1)
        row.save()
"""


def test_what_is_read_and_written_in_one_transaction_is_not_lost(store: str, at_once: Callable[..., list[str]]) -> None:
    Setting.create(name="x", value="0", updated_at=database.now())
    at_once(READING_AND_WRITING, store)
    assert Setting.get(Setting.name == "x").value == "100"


def test_a_value_is_at_most_one_row(store: str) -> None:
    Setting.create(name="x", value="1", updated_at=database.now())
    with pytest.raises(peewee.IntegrityError):
        Setting.create(name="x", value="2", updated_at=database.now())


def test_a_writer_that_waits_in_vain_is_reported_which_database_is_locked(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "LOCK_SECONDS", 0.1)
    database.create(f"sqlite:///{file}")
    holder = sqlite3.connect(file)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match=r"doitui\.db cannot be used: database is locked"), database.write():
        a_repository()
    holder.close()
    database.close()


def test_a_connection_that_the_server_cut_gives_our_error(postgres_schema: str) -> None:
    database.create(postgres_schema)
    db = database.current().db
    (pid,) = db.execute_sql("SELECT pg_backend_pid()").fetchone()
    import psycopg

    with psycopg.connect(postgres_schema, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(DoituiError), database.write():
        a_repository()
    database.close_thread()
    with database.write():
        a_repository()
    database.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h/db", "postgresql://u:•••@h/db"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql://u:p%40x@h:1/db?a=b", "postgresql://u:•••@h:1/db?a=b"),
        ("postgresql:///db?user=u&password=hunter2", "postgresql:///db?user=u&password=•••"),
        ("sqlite:////a/b.db", "sqlite:////a/b.db"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert database_urls.masked(url) == shown


def test_a_table_that_is_missing_is_reported_as_a_database_that_is_not_whole(database_url: str) -> None:
    database.create(database_url)
    database.current().db.execute_sql("DROP TABLE counter")
    with pytest.raises(
        DatabaseUnavailable, match=r"cannot be used: .*counter.*: this is not a complete doitui database"
    ):
        list(Counter.select())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("again", [True, False], ids=["made anew", "dropped"])
def test_tables_that_are_dropped_under_a_program_are_noticed(database_url: str, again: bool) -> None:
    import psycopg

    database.create(database_url)
    database.require_same()
    with psycopg.connect(database_url, autocommit=True) as another:
        ((schema,),) = another.execute("SELECT current_schema").fetchall()
        database.close_thread()
        another.execute(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}")
    if again:
        subprocess.run([sys.executable, "-m", "doitui", "--database", database_url, "init"], check=True, timeout=60)
    with pytest.raises(DatabaseReplaced, match="was replaced"):
        database.require_same()
    database.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", ["replaced", "deleted"])
def test_nothing_is_written_into_a_file_that_is_not_there_any_more(store: str, how: str, tmp_path: Path) -> None:
    place = Path(store.removeprefix("sqlite:///"))
    kept = place.rename(tmp_path / "kept.db")
    if how == "replaced":
        shutil.copy(kept, place)
    try:
        for act in (database.write, database.read):
            with pytest.raises(DatabaseReplaced), act():
                Repository.create(code="h", created_at=database.now())
    finally:
        kept.rename(place)
    assert Repository.select().count() == 0

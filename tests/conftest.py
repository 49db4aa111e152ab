"""Shared fixtures: both databases, a clock that the test moves, and the official data."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest

from doitui_core.db import database
from doitui_core.views import dashboard_counts

from .oai_archive import OaiArchive

if TYPE_CHECKING:
    import psycopg

#: In CI a missing server or missing data is a failure, not a reason to skip.
CI = bool(os.environ.get("CI"))

POSTGRES = os.environ.get("DOITUI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")


#: Tests in these folders run real processes and terminals, which may be slow on a busy machine: they get a second try.
BUSY = frozenset({"crash", "demo", "terminal", "tui"})


#: What the databases do differently is held by the suites of these folders, which run on both. Any other test runs by
#: default on one of them, half of the tests on either: all on both takes longer than a change may wait for.
BOTH = "DOITUI_TEST_BOTH" in os.environ
DATABASE_SUITES = frozenset({"db", "queue", "hub_store"})

#: The files that take longest, run with `DOITUI_TEST_SLOW=1` or when they are named: bad days, restarts, huge
#: documents, random walks, and most of what acts through the screens.
SLOW_TOO = "DOITUI_TEST_SLOW" in os.environ
SLOW = {
    "cli": (
        "adopt",
        "dry_run",
        "errors",
        "full_disk",
        "hostile",
        "large_documents",
        "lost_postgresql",
        "replaced_database",
    ),
    "crash": ("backups", "bad_days", "derive_killed", "hub_killed", "postgres_restarts", "usage_reports_killed"),
    "delivery": ("check_against_sandbox", "large_documents", "rests"),
    "demo": ("killed", "live"),
    "domain": ("hostile_suffixes",),
    "events": ("pulling",),
    "life_cycle": ("any_order",),
    "records": ("publish_transition",),
    "tui": (
        "acts",
        "bulk",
        "datacite",
        "events",
        "export",
        "leaving",
        "link",
        "lists_live",
        "memory",
        "saving",
        "type_ahead",
    ),
    "usage_reports": ("submitting",),
}


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests and their processes from writing to the user's log."""
    place = tempfile.mkdtemp(prefix="doitui-logs-")
    os.environ["XDG_STATE_HOME"] = place
    config.add_cleanup(lambda: shutil.rmtree(place, ignore_errors=True))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name in BUSY:
            item.add_marker(pytest.mark.flaky(reruns=1))
    left = set() if BOTH else set(second_databases(items))
    if not (SLOW_TOO or config.option.file_or_dir):
        left |= {item for item in items if is_slow(item)}
    config.hook.pytest_deselected(items=[item for item in items if item in left])
    items[:] = [item for item in items if item not in left]


def is_slow(item: pytest.Item) -> bool:
    return item.path.stem.removeprefix("test_") in SLOW.get(item.path.parent.name, ())


def second_databases(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """For each test that needs to run on one database only: the variant to deselect."""
    found: dict[str, dict[str, pytest.Item]] = {}
    for item in items:
        name = getattr(item, "callspec", None) and item.callspec.params.get("database_url")  # type: ignore[attr-defined]
        if name and item.path.parent.name not in DATABASE_SUITES:
            found.setdefault(item.nodeid.replace(name, ""), {})[name] = item
    for key, variants in found.items():
        if len(variants) == 2:
            yield variants[sorted(variants)[crc32(key.encode()) % 2]]


def missing(reason: str) -> None:
    """Skip here, fail in CI."""
    if CI:
        pytest.fail(f"{reason} (required in CI)")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the user's settings and SSH variables from the environment."""
    for name in list(os.environ):
        if name.startswith(("DOITUI_", "DATACITE_", "SSH_")) and not name.startswith(("DOITUI_SHARED", "DOITUI_TEST_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The official schema, examples and logs (`DOITUI_SHARED`, default ../shared next to the project)."""
    place = Path(os.environ.get("DOITUI_SHARED", Path(__file__).parents[2] / "shared"))
    if not (place / "data").is_dir():
        missing(f"no official data at {place}: set DOITUI_SHARED")
    return place


@pytest.fixture(scope="session")
def postgres() -> str:
    """The URL of a PostgreSQL database in which tests create schemas."""
    psycopg = pytest.importorskip("psycopg", reason="PostgreSQL tests need the extra: pip install 'doitui[postgres]'")
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        missing(f"no PostgreSQL at {POSTGRES}: {error}")
    return POSTGRES


@contextmanager
def a_schema(postgres: str) -> Iterator[str]:
    """The URL of an empty schema, dropped afterwards."""
    import psycopg

    name = f"doitui_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        try:
            yield f"{postgres}?options=-csearch_path%3D{name}"
        finally:
            end_others(connection, name)
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def end_others(connection: psycopg.Connection[Any], schema: str) -> None:
    """End the sessions that use a table of `schema`, and no others: other suites may run on the same server."""
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_locks JOIN pg_class ON relation = oid"
        " WHERE relnamespace = %s::regnamespace AND pid <> pg_backend_pid()) AS holders",
        (schema,),
    )


@pytest.fixture
def postgres_schema(postgres: str) -> Iterator[str]:
    """The URL of an empty schema."""
    with a_schema(postgres) as url:
        yield url


@pytest.fixture(scope="session")
def made_schema(postgres: str) -> Iterator[MadeSchema]:
    """Created once, because that takes longer than most tests."""
    with a_schema(postgres) as url:
        database.create(url)
        database.close()
        schema = MadeSchema(url)
        yield schema
        schema.close()


class MadeSchema:
    """A schema with all tables, emptied between tests over a connection of its own.

    Its statements are written once: looking the tables up took most of the server's time in this suite.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = url.rpartition("%3D")[2]
        with self.connected() as connection:
            names = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = %s"
            tables = [name for (name,) in connection.execute(names, (self.name, "r"))]
            sequences = [name for (name,) in connection.execute(names, (self.name, "S"))]
            self.steps = connection.execute("SELECT number, name, applied_at FROM schema_migration").fetchall()
        # DELETE, because TRUNCATE creates files. Ids restart at 1, for tests that name them.
        self.emptying = "; ".join(
            ["BEGIN; SET LOCAL session_replication_role = replica"]
            + [f'DELETE FROM "{name}"' for name in tables]
            + ["SELECT " + ", ".join(f"setval('\"{name}\"', 1, false)" for name in sequences), "COMMIT"]
        )
        self.connection: psycopg.Connection[Any] | None = None

    def connected(self) -> psycopg.Connection[Any]:
        import psycopg

        return psycopg.connect(self.url, autocommit=True)

    def empty(self) -> None:
        """Delete all rows; changes of the schema's version by a test are undone."""
        import psycopg

        try:
            self._empty()
        except psycopg.OperationalError:  # a test has restarted the server, or ended its sessions
            self.close()
            self._empty()

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None

    def _empty(self) -> None:
        connection = self.connection = self.connection or self.connected()
        end_others(connection, self.name)
        connection.execute(self.emptying)
        connection.cursor().executemany("INSERT INTO schema_migration VALUES (%s, %s, %s)", self.steps)


@pytest.fixture
def emptied_schema(made_schema: MadeSchema) -> Iterator[str]:
    """The URL of a schema with all tables and no rows."""
    yield made_schema.url
    made_schema.empty()


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables and no rows, to copy: creating it takes ten times as long."""
    path = tmp_path_factory.mktemp("made") / "doitui.db"
    database.create(f"sqlite:///{path}")
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on SQLite and on PostgreSQL; with tables for tests that use `store`."""
    made = "store" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "doitui.db"
        if made:
            shutil.copy(request.getfixturevalue("made_file"), path)
        return f"sqlite:///{path}"
    return str(request.getfixturevalue("emptied_schema" if made else "postgres_schema"))


@pytest.fixture(scope="session")
def check_all() -> Callable[..., None]:
    """`check_all(check, *axes)`: call `check` for every combination of the axes, and list all cases that fail.

    A truth table over a pure function is one test: thousands of parametrised cases take longer and protect no more.
    """

    def run(check: Callable[..., object], *axes: Iterable[Any]) -> None:
        cases = list(itertools.product(*axes))
        assert cases, "the table has no cases"
        failures = [failure for case in cases if (failure := failure_of(check, case))]
        if failures:
            pytest.fail("\n".join([f"{len(failures)} of {len(cases)} cases fail:", *failures]), pytrace=False)

    return run


def failure_of(check: Callable[..., object], case: tuple[Any, ...]) -> str:
    """The case and its error, or an empty string."""
    try:
        check(*case)
    except (Exception, pytest.fail.Exception) as error:
        reason = str(error).partition("\n")[0]
        return f"{', '.join(map(repr, case))}: {type(error).__name__}: {reason}"
    return ""


@pytest.fixture
def oai() -> Iterator[OaiArchive]:
    """An OAI-PMH server without records."""
    with OaiArchive().serving() as archive:
        yield archive


class Clock:
    """A clock that the test moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture(scope="session")
def now() -> datetime:
    """The time at which tests begin."""
    return datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[str]:
    """An open database with tables and `clock`; afterwards the counters must equal the rows."""
    database.create(database_url, clock=clock)
    yield database_url
    assert_counters_true()
    database.close()


def assert_counters_true() -> None:
    """The counter rows equal a count over all rows."""
    result = {
        family + name: number
        for family in ("doi.", "opus.", "mark.", "job.", "event.")
        for name, number in database.counts(family).items()
    }
    assert result == {name: number for name, number in dashboard_counts.recount().items() if number}

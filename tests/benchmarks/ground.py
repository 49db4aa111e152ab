"""What every benchmark stands on: a row of the table, a place for databases, a way to take time, real processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from doitui_core.db import database

SQLITE, POSTGRES = "SQLite", "PostgreSQL"

#: In this order in every table.
DATABASES = (SQLITE, POSTGRES)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `least` or `most` is the target (DESIGN 8); `beside` a ratio to a peer, or a condition.

    `figure` None: it could not be measured, and `beside` says why.
    """

    what: str
    figure: float | None
    unit: str
    least: float | None = None
    most: float | None = None
    beside: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None without figure or target."""
        if self.figure is None or (self.least is None and self.most is None):
            return None
        return self.figure >= self.least if self.least is not None else self.figure <= (self.most or 0)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where and how large. `postgres`: URL of a database to make schemas in, None when none answers."""

    folder: Path
    postgres: str | None
    quick: bool = False
    large: bool = False
    explain: bool = False

    def sized(self, number: int) -> int:
        """`number`, or a tenth of it for a smoke run."""
        return number // 10 if self.quick else number

    @contextmanager
    def store(self, name: str) -> Iterator[str]:
        """URL of an empty place on the database `name`, removed afterwards; the tables are made and it is open."""
        place = self._schema() if name == POSTGRES else self._file()
        with place as url:
            database.create(url)
            try:
                yield url
            finally:
                database.close()

    @contextmanager
    def _file(self) -> Iterator[str]:
        path = self.folder / f"{uuid.uuid4().hex[:8]}.db"
        try:
            yield f"sqlite:///{path}"
        finally:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)

    @contextmanager
    def _schema(self) -> Iterator[str]:
        import psycopg

        assert self.postgres, "asked for PostgreSQL where there is none"
        name = f"doitui_bench_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
            try:
                yield f"{self.postgres}{'&' if '?' in self.postgres else '?'}options=-csearch_path%3D{name}"
            finally:
                connection.execute(f"DROP SCHEMA {name} CASCADE")


def on_both(ground: Ground, measure: Callable[[Ground, str], list[Row]], title: str) -> list[Row]:
    """The rows of `measure` on each database; one row saying so where there is no PostgreSQL."""
    rows = []
    for name in DATABASES:
        if name == POSTGRES and ground.postgres is None:
            rows.append(Row(f"{title}, {name}", None, "", beside="no PostgreSQL"))
        else:
            rows += measure(ground, name)
    return rows


def seconds(act: Callable[[], object]) -> float:
    """How long `act` takes once."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def median_ms(act: Callable[[], object], times: int) -> float:
    """Median of `times` calls, in milliseconds, after one that does not count."""
    act()
    return statistics.median(seconds(act) for _ in range(times)) * 1000


def environment(**more: str) -> dict[str, str]:
    """This process's environment without the settings of its user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOITUI_", "DATACITE_"))}
    return {**kept, **more}


#: The program as it was installed beside this Python.
DOITUI = str(Path(sys.executable).with_name("doitui"))


def run(*command: str, **more: str) -> str:
    """Standard output of a process. Raises `RuntimeError` with its last words when it does not end well."""
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(**more), check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr.strip()[-500:]}")
    return ended.stdout


@contextmanager
def sandbox() -> Iterator[str]:
    """The address of a `doitui sandbox` in a process of its own."""
    command = (DOITUI, "sandbox", "--port", "0", "--prefix", "10.5072", "--account", "DEMO.REPO:demo")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            if "ready on" not in line:
                raise RuntimeError(f"the sandbox did not start: {line!r}")
            yield line.split()[-1]
        finally:
            process.terminate()


#: How a repository of the benchmarks is set up; `datacite_url` is a sandbox's.
REPOSITORY = {
    "datacite_prefix": "10.5072",
    "datacite_repository_id": "DEMO.REPO",
    "datacite_password": "env:BENCH_PASSWORD",
    "landing_page": "https://archive.example.org/{object_id}",
}

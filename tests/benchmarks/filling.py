"""Large databases, filled past the core: by `executemany` and COPY, with the counters set to what the rows say."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any

import peewee
from ground import SQLITE

from doitui_core import clock
from doitui_core.db import database

Values = tuple[Any, ...]

HOUR = 3_600_000_000

#: Slots over which PostgreSQL spreads a counter (dialects.COUNTER_SLOTS): a full table has them all.
SLOTS = 16

RECORD = ("id", "repository_id", "object_id", "title", "metadata", "content_hash", "created_at", "updated_at")
DOI = (
    *("id", "doi", "folded", "repository_id", "record_id", "wanted", "remote", "status", "verification", "api_check"),
    *("resolver_check", "url", "current_hash", "sent_hash", "confirmed_hash", "minted_at", "created_at", "updated_at"),
)
JOB = (
    *("kind", "action", "subject_id", "repository_id", "status", "attempts", "max_attempts", "scheduled_at", "actor"),
    *("created_at", "finished_at"),
)

#: Tables and what of them is counted, as `doi_rows.counter_names` and `jobs` name it.
COUNTED = (
    ("doi", "'doi.' || status", "1 = 1"),
    ("doi", "'mark.uncertain'", "certainty = 'uncertain'"),
    ("doi", "'mark.changed'", "changed = 1"),
    ("job", "'job.' || kind || '.' || status", "1 = 1"),
)


def repositories() -> None:
    """Three, which get 90, 9 and 1 of a hundred records."""
    rows = [(number, code, 1, now()) for number, code in ((1, "hollin"), (2, "theses"), (3, "maps"))]
    with database.write():
        load("repository", ("id", "code", "active", "created_at"), rows)


def now() -> int:
    """Microseconds since 1970."""
    return clock.micros(database.now())


def pending_jobs(count: int) -> None:
    """A repository and `count` due jobs, nothing else."""
    repositories()
    due = now() - HOUR
    rows = (("write", "mint", n, 1, "pending", 0, 5, due, "bench", due, 0) for n in range(1, count + 1))
    with database.write():
        load("job", JOB, rows)
    set_counters()
    settle()


def house(count: int, jobs: int) -> None:
    """`count` records with a DOI each, and `jobs` completed jobs, oldest DOI first."""
    repositories()
    prepare()
    indexes = _drop_indexes()
    with database.write():
        load("record", RECORD, records(count))
        load("doi", DOI, dois(count))
        load("job", JOB, completed(count, jobs))
    for statement in indexes:
        execute(statement)
    set_counters()
    settle()


def records(count: int) -> Iterator[Values]:
    """Short ones: some 500 bytes of metadata."""
    words = ("tide", "salt", "marsh", "ledger", "harbour", "crew", "letter", "plate", "survey", "census", "notation")
    chance, at = random.Random(1), now() - count * HOUR // 60
    for n in range(1, count + 1):
        title = f"{chance.choice(words)} {chance.choice(words)} no. {n}"
        prose = " ".join(chance.choices(words, k=50))
        metadata = f'{{"titles":[{{"title":"{title}"}}],"descriptions":[{{"description":"{prose}"}}]}}'
        yield n, _repository(n), f"HO-{n:08}", title, metadata, f"{n:064x}", at + n, at + n


def _repository(n: int) -> int:
    return 3 if n % 100 == 0 else 2 if n % 100 < 10 else 1


def dois(count: int) -> Iterator[Values]:
    """Nine of ten findable; 7 of a hundred (drafts, reserved ones) were never minted."""
    first = now() - count * HOUR // 60
    for n in range(1, count + 1):
        wanted, remote, status = _facts(n)
        verification = "verified" if n % 10 < 7 and remote in ("registered", "findable") else "unverified"
        at = first + n * HOUR // 60
        minted = at if remote in ("registered", "findable") else 0
        name, mark = f"10.5072/hollin/2026/HO-{n:08}", f"{n:064x}"
        page = f"https://archive.example.org/HO-{n:08}"
        yield (
            *(n, name, name.lower(), _repository(n), n, wanted, remote, status, verification, verification),
            *(verification, page, mark, mark, mark, minted, at, at),
        )


def _facts(n: int) -> tuple[str, str, str]:
    part = n * 7919 % 100
    if part < 1:
        return "tombstone", "registered", "tombstone"
    if part < 3:
        return "registered", "registered", "registered"
    if part < 5:
        return "draft", "draft", "draft"
    return ("none", "none", "reserved") if part < 10 else ("findable", "findable", "findable")


def completed(count: int, jobs: int) -> Iterator[Values]:
    """Job n is for DOI n, and so again from the first one."""
    at = now() - 24 * HOUR
    for n in range(jobs):
        subject = n % count + 1
        yield "write", "mint", subject, _repository(subject), "completed", 1, 5, at, "bench", at, at


def load(table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Add rows by the fastest way the database has. Inside `database.write()`."""
    connection, names = database.current().db.connection(), ", ".join(columns)
    if is_sqlite():
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)
        return
    # Rows ask for the time before the first of them is made; in the middle of a COPY nobody would answer.
    made = iter(rows)
    begun = list(islice(made, 1))
    with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in chain(begun, made):
            copy.write_row(row)


def is_sqlite() -> bool:
    return database.current().dialect.name == SQLITE.lower()


def execute(statement: str) -> list[Values]:
    """Run a statement outside of any transaction; what it returns."""
    cursor = database.current().db.execute_sql(statement)
    return list(cursor.fetchall()) if cursor.description else []


def prepare() -> None:
    """Nothing that is being filled needs to survive a power cut."""
    if is_sqlite():
        execute("PRAGMA journal_mode = OFF")
        execute("PRAGMA synchronous = OFF")


def settle() -> None:
    """As a database that has been in use: checkpointed; on PostgreSQL with what its autovacuum would have done."""
    if is_sqlite():
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    for table in ("record", "doi", "job", "counter"):
        execute(f"VACUUM ANALYZE {table}")
    with suppress(peewee.ProgrammingError):  # only for a superuser
        execute("CHECKPOINT")


def _drop_indexes() -> list[str]:
    """The statements that make them again: an index built at once is smaller and sooner there."""
    if is_sqlite():
        catalogue = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        catalogue = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
    found = execute(catalogue)
    for name, _ in found:
        execute(f"DROP INDEX {name}")
    return [str(statement) for _, statement in found]


def set_counters() -> None:
    """What `counters` reads, from what is there."""
    with database.write():
        execute("DELETE FROM counter")
        for table, name, condition in COUNTED:
            execute(
                "INSERT INTO counter (name, slot, value)"
                f" SELECT {name}, 0, COUNT(*) FROM {table} WHERE {condition} GROUP BY 1"
            )
        for slot in range(1, 1 if is_sqlite() else SLOTS):
            execute(f"INSERT INTO counter (name, slot, value) SELECT name, {slot}, 0 FROM counter WHERE slot = 0")


def size_mb() -> float:
    """Megabytes on disk, indexes and all."""
    if is_sqlite():
        (pages,), (page,) = *execute("PRAGMA page_count"), *execute("PRAGMA page_size")
        return float(pages * page / 1e6)
    ((size,),) = execute(
        "SELECT SUM(pg_total_relation_size(oid)) FROM pg_class"
        " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
    )
    return float(size) / 1e6

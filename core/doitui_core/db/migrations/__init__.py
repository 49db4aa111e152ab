"""The schema, step by step: numbered SQL files in this folder, each run once, in order, in one transaction.

`{serial}`, `{text}` and `{blob}` in a file stand for the words of the database at hand (`dialects.py`). What
they cannot bridge is in a second file of the same step, `NNNN_name.sqlite.sql` or `NNNN_name.postgresql.sql`, run after
it. What SQL cannot compute is filled in by a function (`FILL`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

from doitui_core import clock
from doitui_core.db import cause_group_fill
from doitui_core.db.dialects import SET_UP, Dialect
from doitui_core.db.guarded import Guarded
from doitui_core.errors import DatabaseNotReady

HISTORY = (
    "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER PRIMARY KEY, name {text}, applied_at BIGINT NOT NULL)"
)

NAME = re.compile(r"(\d{4})_(\w+)\.sql")
OF_ONE = re.compile(r"(\d{4})_\w+\.(\w+)\.sql")

#: By the name of a step: what fills its new columns, after its statements and in their transaction.
FILL: Mapping[str, Callable[[Guarded], None]] = {"cause_groups": cause_group_fill.fill}


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: `number` counts from 1, `sql` are its statements, `more` those of one database by its name."""

    number: int
    name: str
    sql: str
    more: Mapping[str, str] = field(default_factory=dict)

    def for_dialect(self, dialect: Dialect) -> list[str]:
        """Its statements on this database."""
        return statements(self.sql.format(**dialect.column_types)) + statements(self.more.get(dialect.name, ""))


@lru_cache(1)
def known() -> tuple[Migration, ...]:
    """All steps this program knows, in order. Read once: every opening of a database asks for them."""
    files = [file for file in resources.files(__name__).iterdir() if file.name.endswith(".sql")]
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    return tuple(
        Migration(int(match[1]), match[2], texts[name], _more(match[1], texts))
        for name in sorted(texts)
        if (match := NAME.fullmatch(name))
    )


def _more(number: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {match[2]: text for name, text in texts.items() if (match := OF_ONE.fullmatch(name)) and match[1] == number}


def applied(db: Guarded) -> int:
    """The number of the newest step the database has had; 0 for an empty one."""
    if not db.table_exists("schema_migration"):
        return 0
    (number,) = db.execute_sql("SELECT MAX(number) FROM schema_migration").fetchone()
    return int(number or 0)


def refuse_newer(db: Guarded) -> int:
    """As `applied`. Raises `DatabaseNotReady` where a newer doitui has been at work: its tables would be misread."""
    return refuse_newer_number(applied(db), "the database")


def refuse_newer_number(have: int, what: str) -> int:
    """`have`, the schema of `what`. Raises `DatabaseNotReady` where a newer doitui has made it."""
    if have > (newest := known()[-1].number):
        raise DatabaseNotReady(
            f"{what} has schema {have}, this doitui only knows schema {newest}: upgrade doitui on this machine, or"
            " `doitui restore` a backup from before the upgrade"
        )
    return have


def require_current(db: Guarded) -> None:
    """Raise `DatabaseNotReady` unless the schema is the one this program is written for."""
    have, newest = refuse_newer(db), known()[-1].number
    if have == 0:
        raise DatabaseNotReady(f"the database has no doitui tables: {SET_UP}")
    if have < newest:
        raise DatabaseNotReady(
            f"the database has schema {have}, this doitui needs {newest}: run `doitui init` to upgrade it"
        )


def upgrade(db: Guarded, dialect: Dialect, now: clock.Clock, tables: str = "") -> list[str]:
    """Run the steps that are missing; their names. Two processes at once: the second waits and finds nothing to do.

    `tables`: only the steps whose names begin with it, for a database that has no other tables.
    """
    refuse_newer(db)
    done = []
    with dialect.write(db, durable=True):
        dialect.lock_schema(db)
        db.execute_sql(HISTORY.format(**dialect.column_types))
        have = applied(db)
        for step in known():
            if step.number > have and step.name.startswith(tables):
                for statement in step.for_dialect(dialect):
                    db.execute_sql(statement)
                if step.name in FILL:
                    FILL[step.name](db)
                marks = ", ".join([db.param] * 3)
                note = f"INSERT INTO schema_migration (number, name, applied_at) VALUES ({marks})"
                db.execute_sql(note, (step.number, step.name, clock.micros(now())))
                done.append(step.name)
    return done


def statements(sql: str) -> list[str]:
    """The statements of a file, without comments. A `;` ends a statement at the end of a line only."""
    bare = re.sub(r"--[^\n]*", "", sql)
    return [part.strip() for part in re.split(r";\s*\n", bare) if part.strip(" ;\n")]

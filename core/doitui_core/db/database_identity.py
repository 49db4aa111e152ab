"""What tells a database from every other one, and from a copy of itself: where it is, and when it was made."""

from __future__ import annotations

from pathlib import Path

from doitui_core import clock
from doitui_core.db.dialects import Dialect
from doitui_core.db.guarded import Guarded


def identity(db: Guarded, dialect: Dialect) -> str:
    """One line without secrets, the same by whatever URL the database is opened. A read."""
    ((made,),) = db.execute_sql("SELECT MIN(applied_at) FROM schema_migration").fetchall()
    return f"{_location(db, dialect)}, made {clock.iso(clock.moment(made))}"


def _location(db: Guarded, dialect: Dialect) -> str:
    if dialect.name == "sqlite":
        ((_, _, path),) = [row for row in db.execute_sql("PRAGMA database_list").fetchall() if row[1] == "main"]
        return str(Path(path).resolve())
    ((name, schema),) = db.execute_sql("SELECT current_database(), current_schema()").fetchall()
    return f"PostgreSQL {name}, schema {schema}"

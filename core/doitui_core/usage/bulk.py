"""What only the bulk writing of usage asks of a database: many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from doitui_core import database

#: Rows of one statement, which PostgreSQL takes far faster than as many statements.
AT_ONCE = 500


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert `rows`; inside `database.write()`."""
    opened = database.current()
    opened.dialect.insert_many(opened.db, table, columns, rows)


def add(table: str, key: Sequence[str], sums: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add `rows` (key, then numbers) to what stands there, in their order; inside `database.write()`."""
    mark = database.current().db.param
    one = f"({', '.join([mark] * (len(key) + len(sums)))})"
    moved = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in sums)
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        statement = (
            f"INSERT INTO {table} ({', '.join([*key, *sums])}) VALUES {', '.join([one] * len(part))}"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {moved}"
        )
        database.current().db.execute_sql(statement, [value for row in part for value in row])


def execute_many(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run `statement` for each of `rows`; `{p}` in it is a value. Inside `database.write()`."""
    opened = database.current()
    if rows:
        opened.db.connection().cursor().executemany(statement.format(p=opened.db.param), rows)


def execute(statement: str, *values: Any) -> Any:
    """Run `statement`; `{p}` in it is a value. The cursor."""
    opened = database.current()
    return opened.db.execute_sql(statement.format(p=opened.db.param), values)

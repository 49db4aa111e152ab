"""Plain SQL for many rows at once, without peewee; `{p}` in a statement stands for a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from doitui_core.db import database
from doitui_core.db.chunks import in_chunks

#: Rows per statement: far faster on both databases than one statement per row.
AT_ONCE = 500


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert `rows`; inside `database.write()`."""
    opened = database.current()
    opened.dialect.insert_many(opened.db, table, columns, rows)


def add(table: str, shared: Mapping[str, Any], key: str, sums: Sequence[str], rows: Sequence[Sequence[int]]) -> None:
    """Add the numbers of `rows` (`key`, then one for each of `sums`) to the stored ones, inside `database.write()`.

    `shared` is the rest of the key. Numbers are literals: psycopg takes 30 us for each row of parameters.
    """
    marks = "".join("{p}, " for _ in shared)
    moved = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in sums)
    for some in in_chunks(rows, AT_ONCE):
        numbers = ", ".join(str(tuple(map(int, row))) for row in some)
        execute(
            f"INSERT INTO {table} ({', '.join([*shared, key, *sums])})"
            f" SELECT {marks}moved.* FROM (VALUES {numbers}) AS moved WHERE true"
            f" ON CONFLICT ({', '.join([*shared, key])}) DO UPDATE SET {moved}",
            *shared.values(),
        )


def set_where(table: str, column: str, value: Any, ids: Sequence[int]) -> None:
    """Set `column` of the rows with these ids; inside `database.write()`."""
    for some in in_chunks(ids, AT_ONCE):
        listed = ", ".join(str(int(id_)) for id_ in some)
        execute(f"UPDATE {table} SET {column} = {{p}} WHERE id IN ({listed})", value)


def execute_many(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run `statement` for each of `rows`, inside `database.write()`."""
    opened = database.current()
    if rows:
        with opened.db.guard():
            opened.db.driver_cursor().executemany(statement.format(p=opened.db.param), rows)


def execute(statement: str, *values: Any) -> Any:
    """The cursor of `statement`."""
    opened = database.current()
    return opened.db.execute_sql(statement.format(p=opened.db.param), values)

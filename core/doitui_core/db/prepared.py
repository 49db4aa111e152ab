"""Statements on model rows whose SQL is built once and run many times; `raw_sql` has those on plain values.

peewee needs 0.3 to 0.5 ms to build a query that the database answers in 0.02 ms, which is most of the time where
thousands of rows take one path (import, mint, the worker). Everywhere else use plain peewee.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import Any, Generic, TypeVar

import peewee

from doitui_core.db import database
from doitui_core.db.fields import Table

M = TypeVar("M", bound=Table)

#: Fields whose database values need no conversion.
_AS_THEY_ARE = (peewee.TextField, peewee.IntegerField, peewee.BigIntegerField, peewee.BigAutoField)

Value = int | str | Sequence[str] | Sequence[int]

#: Placeholders while the SQL is built: values that no caller has, to be found among the parameters.
_PLACEHOLDERS: dict[type, Callable[[int, int], list[Any]]] = {
    int: lambda index, _: [-(2**62) - index],
    str: lambda index, _: [f"\x00stand-in {index}\x00"],
    list: lambda index, size: [f"\x00stand-in {index}.{number}\x00" for number in range(size)],
    tuple: lambda index, size: [-(2**61) - (index << 32) - number for number in range(size)],
}


@dataclass(frozen=True, slots=True)
class _Text(Generic[M]):
    """A built query: its SQL, its own parameters, the places of all parameters among the given values and these, its
    columns, and those that are converted.
    """

    model: type[M]
    sql: str
    constants: list[Any]
    places: list[int]
    columns: list[str]
    readers: list[tuple[str, Callable[[Any], Any]]]

    def row(self, values: Sequence[Any]) -> M:
        made = self.model(__no_default__=1)
        made.__data__ = data = dict(zip(self.columns, values, strict=True))
        for name, read in self.readers:
            data[name] = read(data[name])
        return made


class Select(Generic[M]):
    """A query with places for values: `Select(lambda code: Repository.select().where(Repository.code == code), str)`.

    It selects a table or some of its columns. `kinds` are the types of the values, in the order of the lambda's
    parameters; `list` is a list of str for `in_`, `tuple` one of int (an empty one gives no rows). `lock`: rows stay
    locked until the transaction ends. Times are passed as `clock.micros`.
    """

    def __init__(self, build: Callable[..., peewee.ModelSelect[M]], *kinds: type, lock: bool = False) -> None:
        self._build = build
        self._kinds = kinds
        self._lock = lock
        self._has_lists = list in kinds or tuple in kinds
        self._made: dict[tuple[str, tuple[int, ...]], _Text[M]] = {}

    def all(self, *values: Value) -> list[M]:
        """The rows."""
        sizes: tuple[int, ...] = ()
        if self._has_lists:
            lists = [_filled(value) for value in values]
            if not all(lists):
                return []
            sizes, values = tuple(map(len, lists)), tuple(chain.from_iterable(lists))
        opened = database.current()
        key = opened.dialect.name, sizes
        text = self._made.get(key) or self._made.setdefault(key, self._text(*key))
        given = [*values, *text.constants]
        rows = opened.db.execute_sql(text.sql, [given[place] for place in text.places])
        return [text.row(row) for row in rows.fetchall()]

    def first(self, *values: Value) -> M | None:
        """The first row, or None."""
        rows = self.all(*values)
        return rows[0] if rows else None

    def _text(self, _dialect: str, sizes: tuple[int, ...]) -> _Text[M]:
        kinds = zip(self._kinds, sizes or (1,) * len(self._kinds), strict=True)
        stand_ins = [_PLACEHOLDERS[kind](at, size) for at, (kind, size) in enumerate(kinds)]
        query = self._build(
            *(those if kind in (list, tuple) else those[0] for kind, those in zip(self._kinds, stand_ins, strict=True))
        )
        sql, parameters = (database.for_update(query) if self._lock else query).sql()
        given = list(chain.from_iterable(stand_ins))
        constants = [parameter for parameter in parameters if parameter not in given]
        own = count(len(given))
        places = [given.index(parameter) if parameter in given else next(own) for parameter in parameters]
        fields = query.selected_columns
        readers = [(field.name, field.python_value) for field in fields if type(field) not in _AS_THEY_ARE]
        return _Text(query.model, sql, constants, places, [field.name for field in fields], readers)


def _filled(value: Value) -> Sequence[int | str]:
    """`value` as a list whose length is a power of two, so that few different statements are built."""
    if isinstance(value, int | str):
        return [value]
    return [*value, *[value[-1]] * ((1 << (len(value) - 1).bit_length()) - len(value))] if value else []


def insert(row: Table) -> bool:
    """Insert `row` and set its id. False: a unique index has it already, and nothing was inserted."""
    opened = database.current()
    values = [field.db_value(row.__data__.get(field.name)) for field in _stored(type(row))]
    cursor = opened.db.execute_sql(_insert(type(row), opened.dialect.returning_id, opened.db.param), values)
    inserted = bool(cursor.rowcount > 0)
    if inserted and _numbered(type(row)):
        setattr(row, "id", opened.dialect.new_id(cursor))  # noqa: B010 - the base class has no id
    row.mark_saved()
    return inserted


def insert_all(rows: Sequence[Table], unique: str) -> bool:
    """Insert rows of one table and set their ids, inside `database.write()`. False: a unique index has some of them
    already, and the caller has to undo the others. `unique`: a column in which they differ.
    """
    if len(rows) == 1:
        return insert(rows[0])
    if not rows:
        return True
    opened, fields = database.current(), _stored(type(rows[0]))
    columns = [field.column_name for field in fields]
    values = ([field.db_value(row.__data__.get(field.name)) for field in fields] for row in rows)
    name = type(rows[0])._meta.table_name
    found = opened.dialect.insert_new(opened.db, name, columns, values, len(rows), unique)
    ids = {value: id_ for id_, value in found}
    if len(ids) < len(rows):
        return False
    for row in rows:
        setattr(row, "id", ids[getattr(row, unique)])  # noqa: B010 - the base class has no id
        row.mark_saved()
    return True


def update(row: Table) -> None:
    """Write the changed fields of `row`, as `row.save(only=row.dirty_fields)`."""
    opened = database.current()
    fields = [field for field in row.dirty_fields if not field.primary_key]
    if fields:
        values = [field.db_value(row.__data__[field.name]) for field in fields]
        text = _update(type(row), tuple(field.column_name for field in fields), opened.db.param)
        opened.db.execute_sql(text, [*values, row.__data__["id"]])
        row.mark_saved()


@cache
def _stored(model: type[Table]) -> list[Any]:
    return [field for field in model._meta.sorted_fields if not (field.primary_key and _numbered(model))]


def _numbered(model: type[Table]) -> bool:
    """Whether the database assigns the ids."""
    return bool(model._meta.auto_increment)


@cache
def _insert(model: type[Table], returning_id: str, mark: str) -> str:
    columns = [field.column_name for field in _stored(model)]
    text = f"INSERT INTO {model._meta.table_name} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"
    # Catching an error instead would need a savepoint on PostgreSQL: two more round trips.
    return f"{text} ON CONFLICT DO NOTHING{returning_id if _numbered(model) else ''}"


@cache
def _update(model: type[Table], columns: tuple[str, ...], mark: str) -> str:
    changes = ", ".join(f"{column} = {mark}" for column in columns)
    return f"UPDATE {model._meta.table_name} SET {changes} WHERE id = {mark}"

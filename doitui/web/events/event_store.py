"""The events: upserts with DataCite's uniqueness, pages, and counts for the lists (datacite-api.md 3.2, 3.4)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from doitui.web.common.usage_database import UsageDatabase
from doitui.web.events.event_conditions import where
from doitui.web.events.event_input import EventInput, build
from doitui.web.events.event_query import EventQuery
from doitui.web.events.event_record import EventRecord, derived, mentioned

_FIELDS = tuple(one.name for one in fields(EventRecord) if one.name != "number")
_COLUMNS = (
    *_FIELDS,
    *("subj_prefix", "obj_prefix", "subj_registrant", "obj_registrant", "citation_type"),
    *("source_doi", "target_doi", "source_relation_type_id", "target_relation_type_id"),
)
_PLACES = ", ".join("?" * len(_COLUMNS))
_INSERT = f"INSERT INTO event ({', '.join(_COLUMNS)}) VALUES ({_PLACES})"
_UPDATE = f"UPDATE event SET ({', '.join(_COLUMNS)}) = ({_PLACES}) WHERE number = ?"
_RECOUNT = " ON CONFLICT DO UPDATE SET total = excluded.total, occurred_at = excluded.occurred_at, subj = excluded.subj"
_SELECT = f"SELECT {', '.join(_FIELDS)}, number FROM event WHERE "
_SAME_KEY = " AND ".join(
    f"substr({column}, 1, 191) = substr(?, 1, 191) COLLATE NOCASE AND {column} = ? COLLATE NOCASE"
    for column in ("subj_id", "obj_id", "source_id", "relation_type_id")
)
_ORDERS = {
    "obj_id": "obj_id, number",
    "-obj_id": "obj_id DESC, number",
    "total": "total, number",
    "-total": "total DESC, number",
    "created": "number",
    "-created": "number DESC",
    "updated": "updated, number",
    "-updated": "updated DESC, number DESC",
    "relation_type_id": "relation_type_id, number",
    "relevance": "number",
}

# Counts are cached until the next write, or every page of a long list would count the whole list again.
_CACHED = 32


class Group(NamedTuple):
    """What the statistics of a list are counted by; months are YYYY-MM, absent values None."""

    source: str
    relation: str
    occurred: str
    created: str
    citation_type: str | None
    prefixes: tuple[str | None, str | None]
    registrants: tuple[str | None, str | None]


class EventStore:
    """All events. Each method is one transaction."""

    def __init__(self, database: UsageDatabase) -> None:
        self._database = database
        self._changes = 0
        self._counts: dict[tuple[int, EventQuery], dict[Group, int]] = {}

    def post(self, request: EventInput) -> tuple[EventRecord, bool]:
        """Create the event, or change the one with the key that the request gives; whether it was created.

        Raises Invalid, and 409 when key or uuid are another event's: also when the key is its own, only not in
        canonical spelling, because it is looked up first and cleaned afterwards.
        """
        with self._database.transaction() as connection:
            values = [value for part in request.key() for value in (part, part)]
            return self._save(connection, request, _first(connection, _SAME_KEY, values))

    def put(self, uuid: str, request: EventInput) -> tuple[EventRecord, bool]:
        """Change the event `uuid`, or create one; whether it was created. Raises Invalid and 409."""
        with self._database.transaction() as connection:
            return self._save(connection, request, _first(connection, "uuid = ?", [uuid]))

    def find(self, uuid: str) -> EventRecord | None:
        """The event `uuid`, in any case."""
        return next(map(_event, self._database.read(_SELECT + "uuid = ?", [uuid])), None)

    def delete(self, uuid: str) -> bool:
        """Delete the event `uuid`; whether there was one."""
        with self._database.transaction() as connection:
            known = _first(connection, "uuid = ?", [uuid])
            if known:
                connection.execute("DELETE FROM event_mention WHERE event = ?", (known.number,))
                connection.execute("DELETE FROM event WHERE number = ?", (known.number,))
            self._changes += 1
        return known is not None

    def recount(self, events: Iterable[EventRecord]) -> None:
        """Store events of usage: where the key is known, total and time change and the uuid stays."""
        with self._database.transaction() as connection:
            statement = f"{_INSERT}{_RECOUNT}, updated = excluded.updated"
            connection.executemany(statement, map(_row, events))
            self._changes += 1

    def page(self, query: EventQuery, sort: str | None, size: int, offset: int) -> list[EventRecord]:
        """One page by number; an unknown `sort` is the default, the longest unchanged first."""
        clause, values = where(query)
        order = _ORDERS.get(sort or "updated", _ORDERS["updated"])
        rows = self._database.read(f"{_SELECT}{clause} ORDER BY {order} LIMIT ? OFFSET ?", [*values, size, offset])
        return [_event(row) for row in rows]

    def after(self, query: EventQuery, number: int, size: int) -> list[EventRecord]:
        """One page by cursor: those created after event `number`, oldest first."""
        clause, values = where(query)
        statement = f"{_SELECT}{clause} AND number > ? ORDER BY number LIMIT ?"
        return [_event(row) for row in self._database.read(statement, [*values, number, size])]

    def counts(self, query: EventQuery) -> dict[Group, int]:
        """How many events of each group the whole list has."""
        key = (self._changes, query)  # read first: what changes while we count makes this answer outdated
        known = self._counts.get(key)
        if known is None:
            known = self._count(query)
            if len(self._counts) >= _CACHED:
                self._counts.clear()
            self._counts[key] = known
        return known

    def _count(self, query: EventQuery) -> dict[Group, int]:
        clause, values = where(query)
        rows = self._database.read(
            "SELECT source_id, relation_type_id, substr(occurred_at, 1, 7), substr(created, 1, 7), citation_type,"
            " subj_prefix, obj_prefix, subj_registrant, obj_registrant, count(*)"
            f" FROM event WHERE {clause} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
            values,
        )
        return {_group(row): row[-1] for row in rows}

    def _save(
        self, connection: sqlite3.Connection, request: EventInput, known: EventRecord | None
    ) -> tuple[EventRecord, bool]:
        event = build(request, known, self._database.now())
        if known:
            connection.execute(_UPDATE, (*_row(event), known.number))
        number = known.number if known else connection.execute(_INSERT, _row(event)).lastrowid
        connection.execute("DELETE FROM event_mention WHERE event = ?", (number,))
        mentions = [(doi, number) for doi in mentioned(event)]
        connection.executemany("INSERT INTO event_mention VALUES (?, ?)", mentions)
        self._changes += 1
        return event, known is None


def _first(connection: sqlite3.Connection, clause: str, values: Sequence[object]) -> EventRecord | None:
    row = connection.execute(_SELECT + clause, values).fetchone()
    return _event(row) if row else None


def _group(row: Any) -> Group:
    *single, subj_prefix, obj_prefix, subj_registrant, obj_registrant, _ = row
    values = [*single, (subj_prefix, obj_prefix), (subj_registrant, obj_registrant)]
    return Group(*values)


def _row(event: EventRecord) -> list[object]:
    plain = [getattr(event, name) for name in _FIELDS[:-2]]
    return [*plain, json.dumps(event.subj), json.dumps(event.obj), *derived(event).values()]


def _event(row: Any) -> EventRecord:
    *plain, subj, obj, number = row
    values = [*plain, json.loads(subj), json.loads(obj), number]
    return EventRecord(*values)

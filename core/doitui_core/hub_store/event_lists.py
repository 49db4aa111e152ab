"""Lists of events: how many there are of each group, and pages by number or by cursor.

A list of few events is gathered and sorted. Of a list of very many the first page is found sooner by reading all events
in their order and passing over the others. Which way is shorter follows from the exact number, which is counted first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from peewee import SQL, fn

from doitui_core.db import text_index
from doitui_core.db.hub_event_model import HubEvent, HubEventGroup, HubEventTerm
from doitui_core.domain.text_query import EVERYTHING
from doitui_core.hub_store import event_conditions, event_groups, event_rows
from doitui_core.hub_store.event_query import EventQuery
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.event_sums import Sums, SumsMemory
from doitui_core.hub_store.hub_database import HubDatabase

#: Up to so many events are gathered and sorted: when all that is needed is in an index, and when it is not.
FROM_INDEX, FROM_ROWS = 200_000, 5_000

#: Words that more events have than this are counted up to here, as many as page numbers reach: all would take seconds.
MOST_COUNTED = 10_000

_OBJ = fn.SUBSTR(HubEvent.obj_id, SQL("1"), SQL(str(event_rows.INDEXED)))


class _Order(NamedTuple):
    """Columns that an index has in this order; `gathered` are the same values, but no column of an index."""

    columns: tuple[Any, ...]
    gathered: tuple[Any, ...]
    in_index: bool


def _order(column: Any, gathered: Any, *, descending: bool, in_index: bool = False) -> _Order:
    both = [(column, HubEvent.id), (gathered, HubEvent.id)]
    one, other = (tuple(part.desc() if descending else part.asc() for part in pair) for pair in both)
    return _Order(one, other, in_index)


_BY = {
    "updated": (HubEvent.updated, HubEvent.updated.concat(""), True),
    "created": (HubEvent.id, HubEvent.id + 0, True),
    "total": (HubEvent.total, HubEvent.total + 0, False),
    "obj_id": (_OBJ, _OBJ.concat(""), False),
}
ORDERS = {
    sign + name: _order(column, gathered, descending=bool(sign), in_index=in_index)
    for name, (column, gathered, in_index) in _BY.items()
    for sign in ("", "-")
}


def _groups(where: Sequence[Any]) -> Any:
    groups = HubEventGroup.select(HubEventGroup.id, *(getattr(HubEventGroup, name) for name in event_groups.COLUMNS))
    return groups.where(*where) if where else groups


class EventList:
    """The events of one query."""

    def __init__(self, hub: HubDatabase, query: EventQuery, memory: SumsMemory | None = None) -> None:
        self._hub = hub
        self._query = query
        self._memory = memory or SumsMemory()
        self._groups = list(event_conditions.group_conditions(query))
        self._terms = event_conditions.term_queries(query)
        self._events = list(event_conditions.event_conditions(query))
        self._text = event_conditions.text_of(hub, query)
        self._has_words = self._text != EVERYTHING

    @cached_property
    def sums(self) -> Sums:
        """What the statistics of the whole list are made of, or of what is counted of it."""
        if self._terms or self._events or self._has_words:
            return Sums.of((row[1:-1], row[-1]) for row in self._counted())
        counts = HubEventGroup.select(HubEventGroup.id, HubEventGroup.events).where(
            *self._groups, HubEventGroup.events > 0
        )
        return self._memory.sums(self._query, self._fetch(counts), self._groups_of)

    @cached_property
    def total(self) -> int:
        """How many events the list has."""
        return self.sums.total

    @cached_property
    def is_counted(self) -> bool:
        """False when there may be more than `total` says: its words are in very many events."""
        return self._found is None or len(self._found) < MOST_COUNTED

    @cached_property
    def _found(self) -> list[int] | None:
        """Events with the words; None where that is no way to the list, because little else or nothing has them."""
        text = self._text
        if text.expression is None or text.negated or self._terms or self._events:
            return None
        return text_index.some(self._hub.db, text.expression, MOST_COUNTED)

    def page(self, sort: str, size: int, offset: int) -> list[EventRecord]:
        """One page by number; `sort` is one of `ORDERS`, "relation_type_id" or "relevance"."""
        if not size or (self.is_counted and offset >= self.total):
            return []
        if sort in ("relation_type_id", "-relation_type_id"):
            return self._by_relation(sort[0] == "-", size, offset)
        if sort == "relevance":
            return self._by_rank(size, offset)
        return self._read(self._ordered(ORDERS[sort]).limit(size).offset(offset))

    def after(self, number: int, size: int) -> list[EventRecord]:
        """One page by cursor: those created after event `number`, oldest first."""
        if not size or (self.is_counted and not self.total):
            return []
        return self._read(self._ordered(ORDERS["created"]).where(HubEvent.id > number).limit(size))

    def _groups_of(self, numbers: Sequence[int] | None) -> dict[int, tuple[str, ...]]:
        """The groups with these numbers, or all of a list that has conditions on groups alone."""
        where = self._groups if numbers is None else [HubEventGroup.id.in_(numbers)]
        return {row[0]: row[1:] for row in self._fetch(_groups(where))}

    def _counted(self) -> list[tuple[Any, ...]]:
        """Id, columns and number of events of each group in the list."""
        counted = self._counted_events()
        groups = _groups(self._groups).select_extend(counted.c.events)
        return self._fetch(groups.join(counted, on=HubEventGroup.id == counted.c.group_id))

    def _counted_events(self) -> Any:
        rows: Any
        if len(self._terms) == 1 and not (self._events or self._has_words):
            # The index of the terms has the group: no event is read. An event may have several of the terms.
            row = HubEventTerm.select(HubEventTerm.event_id, HubEventTerm.group_id).distinct()
            rows = row.where(HubEventTerm.term.in_(self._terms[0])).alias("found")
        else:
            narrow = self._narrow() if self._found is None else [event_conditions.among(self._hub.db, self._found)]
            rows = HubEvent.select(HubEvent.id, HubEvent.group_id).where(*narrow).alias("found")
        number = fn.COUNT(SQL("*")).alias("events")
        return HubEventTerm.select(rows.c.group_id, number).from_(rows).group_by(rows.c.group_id).alias("counted")

    def _fetch(self, query: Any) -> list[tuple[Any, ...]]:
        """The rows as the driver gives them: many thousand, and peewee would look at every value."""
        return self._hub.db.execute(query).fetchall()  # type: ignore[no-untyped-call, no-any-return]

    def _narrow(self) -> list[Any]:
        """Conditions on events, found by index; without those on groups."""
        terms = [HubEvent.id.in_(event_conditions.with_terms(terms)) for terms in self._terms]
        return [*terms, *self._events, *self._words(bool(terms or self._events))]

    def _words(self, is_narrow: bool) -> list[Any]:
        db = self._hub.db
        if self._found is not None and self.is_counted:
            return [event_conditions.among(db, self._found)]
        if self._found is not None:
            first = [HubEvent.id >= self._found[0]] if text_index.is_fts(db) else []
            return [*first, *event_conditions.words_of_one(db, self._text)]
        ask = event_conditions.words_of_one if is_narrow and self._has_words else event_conditions.text_conditions
        return list(ask(db, self._text))

    def _ordered(self, order: _Order) -> Any:
        """The ids in an order: gathered, or passed over."""
        narrow = self._narrow()
        most = FROM_INDEX if order.in_index and not narrow else MOST_COUNTED if self._has_words else FROM_ROWS
        gathers = self.is_counted and self.total <= most
        query = HubEvent.select(HubEvent.id).order_by(*(order.gathered if gathers else order.columns))
        if self._groups:
            groups = event_conditions.in_groups(self._groups)
            # With + 0 no index on groups is used: that one cannot give the order. Nor a join, where PostgreSQL would
            # compare each event with each group: it makes a hash table of what is inside of COALESCE.
            passed = fn.COALESCE((HubEvent.group_id + 0).in_(groups), SQL("FALSE"))
            narrow.insert(0, HubEvent.group_id.in_(groups) if gathers and not narrow else passed)
        return query.where(*narrow) if narrow else query

    def _by_relation(self, descending: bool, size: int, offset: int) -> list[EventRecord]:
        """Sorted by relation, then in the order of creation: the relations of this page, one after the other."""
        numbers = {relation: sum(months.values()) for relation, months in self.sums.relations.items()}
        found: list[EventRecord] = []
        for relation in sorted(numbers, reverse=descending):
            if offset < numbers[relation]:
                one = EventList(self._hub, replace(self._query, relations=(relation,)))
                one.total = numbers[relation]
                found += one.page("created", size - len(found), offset)
            offset = max(offset - numbers[relation], 0)
            if len(found) >= size:
                break
        return found

    def _by_rank(self, size: int, offset: int) -> list[EventRecord]:
        if not self._has_words or self._query.text.negated:
            return self.page("created", size, offset)
        ids = event_conditions.ranked(self._hub.db, self._text, MOST_COUNTED)
        conditions = [HubEvent.id.in_(event_conditions.with_terms(terms)) for terms in self._terms]
        if self._groups:
            conditions.append(HubEvent.group_id.in_(event_conditions.in_groups(self._groups)))
        return self._read(ids.where(*conditions, *self._events).limit(size).offset(offset))

    def _read(self, ids: Any) -> list[EventRecord]:
        numbers = [number for (number,) in self._fetch(ids)]
        rows = event_rows.select(self._hub, event_conditions.among(self._hub.db, numbers)) if numbers else []
        found = {event.number: event for event in rows}
        # An event deleted meanwhile is missing from the page.
        return [found[number] for number in numbers if number in found]

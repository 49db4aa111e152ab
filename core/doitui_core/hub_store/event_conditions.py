"""A query as conditions over the tables of events.

What many events share is asked of their groups, what few share of their terms. So no condition reads an event, but for
words, uuids and the time a search index knows.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Any

from peewee import SQL, NodeList, fn

from doitui_core.db import text_index
from doitui_core.db.guarded import Guarded
from doitui_core.db.hub_event_model import HubEvent, HubEventGroup, HubEventTerm
from doitui_core.domain.event_kinds import USAGE_RELATIONS
from doitui_core.domain.event_scope import CITATION_SOURCES, RELATIONS_2026
from doitui_core.domain.text_query import EVERYTHING, Either, Phrase, TextQuery, Without, words_of
from doitui_core.hub_store import event_terms
from doitui_core.hub_store.event_query import EventQuery
from doitui_core.hub_store.hub_database import HubDatabase

G = HubEventGroup

#: Sources by which all events are found.
_MOST_SOURCES = 50


def group_conditions(query: EventQuery) -> Iterator[Any]:
    """Conditions on `HubEventGroup`."""
    if query.sources:
        yield G.source_id.in_(query.sources)
    if query.relations:
        yield G.relation_type_id.in_(query.relations)
    for place, names in ((2, query.source_relations), (3, query.target_relations)):
        if names:
            yield G.relation_type_id.in_(event_terms.relations_with(place, names))
    for name in ("prefix", "registrant", "type"):
        values = {"prefix": query.prefixes, "registrant": query.registrants, "type": query.subtypes}[name]
        if values:
            yield getattr(G, f"subj_{name}").in_(values) | getattr(G, f"obj_{name}").in_(values)
    if query.citation_type:
        yield _citation_type(query.citation_type)
    if query.year_month:
        yield G.occurred == query.year_month
    if query.occurred:
        first, last = query.occurred
        yield G.occurred.between(first, last + "-99")
    if query.scope_2026:
        yield _in_scope_2026()


def term_queries(query: EventQuery) -> list[list[int]]:
    """Of each list of terms an event must have one."""
    wanted = list(event_terms.wanted(query))
    for place, dois in ((0, query.source_dois), (1, query.target_dois)):
        if dois:
            wanted.append([event_terms.term(side, one) for side, _, ids in _linked(place, dois) for one in ids])
    return wanted


def event_conditions(query: EventQuery) -> Iterator[Any]:
    """Conditions on `HubEvent` that neither groups, terms nor words answer."""
    if query.uuids:
        yield fn.LOWER(HubEvent.uuid).in_([uuid.lower() for uuid in query.uuids])
    for place, dois in ((0, query.source_dois), (1, query.target_dois)):
        if dois:
            yield _any(
                getattr(HubEvent, f"{side}_id").in_(ids) & HubEvent.relation_type_id.in_(relations)
                for side, relations, ids in _linked(place, dois)
            )
    if query.until:
        yield HubEvent.created <= query.until


def text_of(hub: HubDatabase, query: EventQuery) -> TextQuery:
    """What the words must fulfil, not negated if possible: an index finds what has words sooner than what lacks some.

    All events have the first word of their source, so those without others are these without the others.
    """
    text = query.text
    if not text.negated or text.expression is None:
        return text
    rows = hub.execute("SELECT DISTINCT source_id FROM hub_event_group").fetchall()
    words = {words_of(source)[:1] for (source,) in rows}
    if not words or () in words or len(words) > _MOST_SOURCES:
        return text
    everything = Either(tuple(Phrase(word) for word in sorted(words)))
    return TextQuery(Without(everything, text.expression))


def text_conditions(db: Guarded, text: TextQuery) -> Iterator[Any]:
    """The condition on words, if any."""
    if text == EVERYTHING:
        return
    if text.expression is None:
        yield SQL("1 = 0")
        return
    yield NodeList((HubEvent.id, SQL(*text_index.membership(db, text.expression, text.negated))))


def ranked(db: Guarded, text: TextQuery, most: int) -> Any:
    """The ids of the events that fulfil `text`, the best match first; the other conditions are left out."""
    assert text.expression is not None
    found = HubEvent.select(HubEvent.id).from_(HubEvent, SQL(*text_index.ranked(db, text.expression, most)))
    return found.where(HubEvent.id == SQL("ranked.event_id")).order_by(SQL("ranked.score"), HubEvent.id)


def words_of_one(db: Guarded, text: TextQuery) -> Iterator[Any]:
    """As `text_conditions`, asked of one event after the other: for words that are in very many."""
    if text.expression is None:
        yield from text_conditions(db, text)
        return
    wanted = 0 if text.negated else 1
    having = text_index.having(db, text.expression)
    if having is None:
        texts = (getattr(HubEvent, name) for name in text_index.FIELDS)
        yield getattr(fn, text_index.has(db, text.expression))(*texts) == wanted
        return
    rows, values = having
    # A value, not EXISTS, which PostgreSQL would turn round and find all events with these words first.
    found = NodeList((SQL(f"(SELECT 1 {rows}", values), HubEvent.id, SQL(")")))
    yield fn.COALESCE(found, 0) == wanted


def among(db: Guarded, events: Sequence[int]) -> Any:
    """Whether an event is one of `events`."""
    return NodeList((HubEvent.id, SQL(*text_index.among(db, events))))


def in_groups(conditions: Sequence[Any]) -> Any:
    """The ids of the groups that fulfil all `conditions`."""
    return G.select(G.id).where(*conditions)


def with_terms(terms: Sequence[int]) -> Any:
    """The ids of the events that have one of `terms`."""
    return HubEventTerm.select(HubEventTerm.event_id).where(HubEventTerm.term.in_(terms))


def _in_scope_2026() -> Any:
    """`event_scope.in_scope_2026` of a group: an end with a prefix is a DOI."""
    is_usage = G.relation_type_id.in_(sorted(USAGE_RELATIONS))
    subj, obj = G.subj_prefix != "", G.obj_prefix != ""
    stays = G.relation_type_id.in_(sorted(RELATIONS_2026)) | G.source_id.in_(sorted(CITATION_SOURCES))
    return (is_usage & (subj | obj)) | (~is_usage & subj & obj & stays)


def _linked(place: int, dois: Iterable[str]) -> list[tuple[str, list[str], list[str]]]:
    return list(event_terms.linked(place, dois))


def _citation_type(text: str) -> Any:
    """Both types in the order of the alphabet. A type may have a dash itself."""
    parts = text.split("-")
    pairs = [("-".join(parts[:at]), "-".join(parts[at:])) for at in range(1, len(parts))]
    ways = [way for pair in pairs if list(pair) == sorted(pair) for way in (pair, pair[::-1])]
    return _any((G.subj_type == one) & (G.obj_type == other) for one, other in ways) if ways else SQL("1 = 0")


def _any(conditions: Iterable[Any]) -> Any:
    return reduce(operator.or_, conditions)

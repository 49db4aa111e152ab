"""The 2026 scope of a list is that of the rule."""

from __future__ import annotations

import itertools

from doitui_core.domain.event_scope import in_scope_2026
from doitui_core.hub_store.event_lists import EventList
from doitui_core.hub_store.event_query import EventQuery
from doitui_core.hub_store.event_store import EventStore

from .conftest import record

IDS = (
    "https://doi.org/10.5072/a",
    "https://doi.org/10.80225/b",
    "https://orcid.org/0000-0002-1825-0097",
    "https://example.org/10.5072/a",
)
RELATIONS = ("references", "is-version-of", "documents", "is-funded-by", "unique-dataset-investigations-regular")
SOURCES = ("datacite-related", "crossref")

EVENTS = [
    record(number, subj_id=subj, obj_id=obj, relation_type_id=relation, source_id=source)
    for number, (subj, obj, relation, source) in enumerate(itertools.product(IDS, IDS, RELATIONS, SOURCES))
]


def in_scope() -> set[str]:
    return {one.uuid for one in EVENTS if in_scope_2026(one.relation_type_id, one.source_id, one.subj_id, one.obj_id)}


def test_a_list_of_the_2026_scope_has_what_the_rule_says(events: EventStore) -> None:
    events.recount(EVENTS)
    found = EventList(events.hub, EventQuery(scope_2026=True))

    assert {one.uuid for one in found.page("updated", 1000, 0)} == in_scope()
    assert found.total == len(in_scope())


def test_the_scope_joins_other_conditions(events: EventStore) -> None:
    events.recount(EVENTS)
    found = EventList(events.hub, EventQuery(scope_2026=True, dois=("10.5072/a",), sources=("crossref",)))

    expected = {e.uuid for e in EVENTS if IDS[0] in (e.subj_id, e.obj_id) and e.source_id == "crossref"} & in_scope()
    assert {one.uuid for one in found.after(0, 1000)} == expected


def test_without_it_a_list_has_everything(events: EventStore) -> None:
    events.recount(EVENTS)

    assert EventList(events.hub, EventQuery()).total == len(EVENTS)

"""The sums behind the statistics: kept between requests, and equal to what is summed up anew."""

from __future__ import annotations

import pytest

from doitui_core.hub_store import event_sums
from doitui_core.hub_store.event_lists import EventList
from doitui_core.hub_store.event_query import EventQuery
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.event_sums import Sums, SumsMemory
from doitui_core.hub_store.hub_database import HubDatabase

from .conftest import REPORT, record, usage

QUERIES = (EventQuery(), EventQuery(sources=("datacite-usage",)), EventQuery(prefixes=("10.80225",)))


def facts(sums: Sums) -> dict[str, object]:
    """All sums but those that are 0."""
    flat = {
        name: {key: n for key, n in getattr(sums, name).items() if n} for name in ("sources", "prefixes", "occurred")
    }
    deep = {
        name: {(key, part): n for key, parts in getattr(sums, name).items() for part, n in parts.items() if n}
        for name in ("relations", "registrants", "citation_types")
    }
    return {"total": sums.total, **flat, **deep}


def test_kept_sums_follow_every_change(hub: HubDatabase, events: EventStore) -> None:
    memory = SumsMemory()
    typed = {"@type": "Dataset", "registrantId": "datacite.a"}

    def agree() -> None:
        for query in QUERIES:
            kept, anew = EventList(hub, query, memory).sums, EventList(hub, query).sums
            assert facts(kept) == facts(anew)

    agree()
    for act in (
        lambda: events.recount([record(1), usage(2), usage(3)]),
        lambda: events.recount([record(4, obj_id="https://doi.org/10.80225/x", subj=typed, obj=typed)]),
        lambda: events.recount([usage(2, occurred_at="2026-06-01T00:00:00.000Z"), usage(5)]),
        lambda: events.delete_stale(REPORT, "2027"),
        lambda: events.recount([usage(2)]),
    ):
        act()
        agree()
        agree()
    assert EventList(hub, EventQuery(), memory).total == 3


def test_sums_given_out_do_not_change(hub: HubDatabase, events: EventStore) -> None:
    memory = SumsMemory()
    events.recount([usage(1)])
    before = EventList(hub, EventQuery(), memory).sums
    events.recount([usage(2)])
    assert (EventList(hub, EventQuery(), memory).total, before.total, before.sources["datacite-usage"]) == (2, 1, 1)


def test_the_sums_asked_for_longest_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_sums, "MOST_KEPT", 3)
    memory, asked = SumsMemory(), []
    columns = ("s", "r", "2026-05", "2026", "", "", "10.1", "", "", "")

    def groups(numbers: object) -> dict[int, tuple[str, ...]]:
        asked.append(numbers)
        return {1: columns, 2: columns}

    for key in ("a", "b", "a", "c", "a", "b"):
        assert memory.sums(key, [(1, 5), (2, 1)], groups).total == 6
    assert len(asked) == 6
    assert memory.sums("b", [(1, 7), (2, 1)], groups).total == 8
    assert (asked[-1], len(asked)) == ([1], 7)

"""What is stored of events, on both databases: counts, terms and words follow every write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doitui_core.errors import EventTaken
from doitui_core.hub_store.event_input import EventInput
from doitui_core.hub_store.event_lists import EventList
from doitui_core.hub_store.event_query import EventQuery
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.hub_database import HubDatabase

from .conftest import REPORT, record, usage


def total(hub: HubDatabase, **query: Any) -> int:
    return EventList(hub, EventQuery(**query)).total


def counted(hub: HubDatabase) -> int:
    return int(hub.execute("SELECT count(*) FROM hub_event").fetchone()[0])


def test_the_counts_of_groups_are_those_of_the_events(hub: HubDatabase, events: EventStore) -> None:
    events.recount([record(number) for number in range(5)] + [usage(number) for number in range(3)])
    events.delete(record(2).uuid)
    events.recount([replace(usage(1), occurred_at="2026-06-01T00:00:00.000Z")])
    rows = "SELECT group_id, count(*) FROM hub_event GROUP BY 1 ORDER BY 1"
    counts = "SELECT id, events FROM hub_event_group WHERE events <> 0 ORDER BY 1"
    assert hub.execute(rows).fetchall() == hub.execute(counts).fetchall()


def test_a_total_stored_again_keeps_uuid_and_number(events: EventStore) -> None:
    events.recount([usage(1)])
    before = events.find(usage(1).uuid)
    events.recount([replace(usage(1), uuid=record(9).uuid, total=7)])
    after = events.find(usage(1).uuid)
    assert before
    assert after == replace(before, total=7)


def test_a_month_stored_again_is_found_under_its_new_month(hub: HubDatabase, events: EventStore) -> None:
    events.recount([usage(1)])
    events.recount([replace(usage(1), occurred_at="2026-06-01T00:00:00.000Z")])
    found = [total(hub, obj_id=usage(1).obj_id, year_month=month) for month in ("2026-05", "2026-06")]
    assert found == [0, 1]


def test_the_same_event_twice_in_a_report_is_one(hub: HubDatabase, events: EventStore) -> None:
    events.recount([usage(1), replace(usage(1), uuid=usage(2).uuid, total=3)])
    assert counted(hub) == 1


def test_what_a_report_no_longer_has_is_taken_back(hub: HubDatabase, events: EventStore) -> None:
    events.recount([usage(number, updated="2026-05-02T00:00:00.000Z") for number in range(4)])
    events.recount([record(8, subj_id=REPORT, updated="2026-05-02T00:00:00.000Z")])
    events.recount([usage(number, updated="2026-05-03T00:00:00.000Z") for number in range(2)])
    assert (events.delete_stale(REPORT, "2026-05-03T00:00:00.000Z"), counted(hub), total(hub)) == (2, 3, 3)


def test_a_deleted_event_is_found_by_nothing(hub: HubDatabase, events: EventStore) -> None:
    events.recount([record(1)])
    events.delete(record(1).uuid)
    left = [hub.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("hub_event", "hub_event_term")]
    assert (left, total(hub, dois=("10.5072/s1",))) == ([0, 0], 0)


def test_a_uuid_of_another_event_is_refused_and_changes_nothing(hub: HubDatabase, events: EventStore) -> None:
    events.recount([record(1)])
    other = EventInput(record(1).uuid, {"subj_id": "https://a.org", "source_id": "s", "source_token": "t"})
    with pytest.raises(EventTaken):
        events.post(other)
    assert (counted(hub), total(hub)) == (1, 1)


def test_an_address_may_be_longer_than_an_index_takes(hub: HubDatabase, events: EventStore) -> None:
    long = "https://example.org/" + "".join(f"{number:05}x" for number in range(2000))
    events.recount([record(1, obj_id=long, source_id=long)])
    assert total(hub, obj_id=long, sources=(long,)) == 1


def test_an_event_whose_uuid_is_taken_gets_another(hub: HubDatabase, events: EventStore) -> None:
    events.recount([record(1)])
    events.recount([usage(1)])
    assert total(hub, dois=("10.5072/s1",)) == 2


def test_the_sandboxs_own_database_stores_the_same(own_events: EventStore) -> None:
    own_events.recount([record(1), usage(1)])
    assert total(own_events.hub, dois=("10.5072/s1",)) == 2

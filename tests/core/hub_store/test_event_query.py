"""Lists of events by query, on both databases: what is found, in which order, and how many."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.hub_store import event_lists, query_language
from doitui_core.hub_store.event_lists import EventList
from doitui_core.hub_store.event_query import EventQuery
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.hub_database import HubDatabase

from .conftest import record, usage

DOI = "https://doi.org/10.5072/"
EVENTS = {
    "cites": record(1, subj_id=DOI + "a", obj_id="https://doi.org/10.80225/x", relation_type_id="cites"),
    "part": record(2, subj_id=DOI + "a", obj_id=DOI + "b-c", relation_type_id="is-part-of", source_id="crossref"),
    "views": usage(3, obj_id=DOI + "a", total=40),
    "url": record(4, subj_id=DOI + "c", obj_id="https://example.org/Größe", total=7),
}


@pytest.fixture
def filled(hub: HubDatabase, events: EventStore) -> HubDatabase:
    for event in EVENTS.values():
        events.recount([event])
    return hub


def names(found: list[EventRecord]) -> list[str]:
    by_key = {(event.subj_id, event.obj_id): name for name, event in EVENTS.items()}
    return [by_key[event.subj_id, event.obj_id] for event in found]


def asked(text: str, **more: Any) -> EventQuery:
    return EventQuery(text=query_language.parse(text), **more)


FOUND: list[tuple[str, set[str]]] = [
    ("crossref", {"part"}),
    ("example.org documents", {"url"}),
    ("10.5072/a", {"cites", "part", "views"}),
    ("10.5072/b*", {"part"}),
    ("10.5072/b", {"part"}),
    ("exam*", {"url", "views"}),
    ("GRÖSSE", set()),
    ("größe", {"url"}),
    ('"part of"', {"part"}),
    ('"of part"', set()),
    ("relation_type_id:is-part-of", {"part"}),
    ("obj-id:10.5072/a", {"views"}),
    ("obj-id:https://doi.org/10.5072/a", {"views"}),
    ("subj_id:crossref", set()),
    ("cites OR documents", {"cites", "url"}),
    ("10.5072/a AND NOT usage", {"cites", "part"}),
    ("NOT usage", {"cites", "part", "url"}),
    ("NOT usage -cites", {"part", "url"}),
    ("documents OR NOT doi", {"url"}),
    ("*", {"cites", "part", "views", "url"}),
    ("NOT *", set()),
    ('"10.5072/a https"', set()),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_words_find(filled: HubDatabase, text: str, expected: set[str]) -> None:
    found = EventList(filled, asked(text))
    assert (set(names(found.page("updated", 25, 0))), found.total) == (expected, len(expected))


def test_words_of_very_many_events_find_the_same(filled: HubDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_lists, "MOST_COUNTED", 1)
    found = {text: set(names(EventList(filled, asked(text)).page("-total", 25, 0))) for text, _ in FOUND}
    assert found == dict(FOUND)


def test_not_a_word_is_found_where_a_source_has_no_word(filled: HubDatabase, events: EventStore) -> None:
    events.recount([record(5, source_id="-")])
    assert EventList(filled, asked("NOT usage")).total == 4


def test_words_and_filters_are_combined(filled: HubDatabase) -> None:
    found = EventList(filled, asked("10.5072/a", sources=("crossref", "datacite-usage"), dois=("10.5072/b-c",)))
    assert names(found.page("updated", 25, 0)) == ["part"]


def test_an_event_with_more_of_the_words_is_more_relevant(filled: HubDatabase) -> None:
    found = EventList(filled, asked("documents OR largest OR example"))
    assert names(found.page("relevance", 25, 0))[0] == "url"


def test_relevance_keeps_the_other_filters(filled: HubDatabase) -> None:
    found = EventList(filled, asked("10.5072", sources=("datacite-url",), dois=("10.5072/a",)))
    assert names(found.page("relevance", 25, 0)) == ["cites"]


def test_many_words_are_a_query(filled: HubDatabase) -> None:
    words = " ".join(f"w{number}" for number in range(250))
    assert [EventList(filled, asked(text)).total for text in (words, words.replace(" ", " OR ")[:1990] + "0")] == [0, 0]


def test_operators_inside_each_other_are_a_query(filled: HubDatabase) -> None:
    deep = "(b AND (a OR " * 9 + "crossref" + "))" * 9
    assert EventList(filled, asked(deep)).total == 1


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (EventQuery(), ["cites", "part", "views", "url"]),
        (EventQuery(prefixes=("10.5072",)), ["cites", "part", "views", "url"]),
        (EventQuery(dois=("10.5072/a",)), ["cites", "part", "views"]),
        (EventQuery(dois=("10.5072/a",), sources=("datacite-usage",)), ["views"]),
        (EventQuery(sources=("datacite-usage", "crossref")), ["part", "views"]),
        (asked("10.5072", sources=("datacite-url",)), ["cites", "url"]),
        (EventQuery(source_dois=("10.5072/a",)), ["cites"]),
        (EventQuery(target_dois=("10.5072/a",)), ["part", "views"]),
        (EventQuery(uuids=(EVENTS["url"].uuid.upper(),)), ["url"]),
    ],
)
def test_both_ways_of_reading_give_the_same_pages(
    filled: HubDatabase, query: EventQuery, expected: list[str], few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not few:
        for name in ("FROM_INDEX", "FROM_ROWS"):
            monkeypatch.setattr(event_lists, name, 0)
    found = EventList(filled, query)
    orders = {sort: names(found.page(sort, 25, 0)) for sort in ("updated", "-updated", "created", "-created")}
    assert orders == {
        "updated": expected,
        "-updated": expected[::-1],
        "created": expected,
        "-created": expected[::-1],
    }
    assert (names(found.page("updated", 1, 1)), names(found.after(1, 25)), found.total) == (
        expected[1:2],
        [name for name in expected if name != "cites"],
        len(expected),
    )


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("total", ["cites", "part", "url", "views"]),
        ("-total", ["views", "url", "part", "cites"]),
        ("obj_id", ["views", "part", "cites", "url"]),
        ("-obj_id", ["url", "cites", "part", "views"]),
        ("relation_type_id", ["cites", "url", "part", "views"]),
        ("-relation_type_id", ["views", "part", "url", "cites"]),
    ],
)
def test_a_list_is_sorted(filled: HubDatabase, sort: str, expected: list[str]) -> None:
    found = EventList(filled, EventQuery())
    pages = [names(found.page(sort, 2, offset)) for offset in (0, 2)]
    assert [name for page in pages for name in page] == expected


def test_more_words_than_are_counted_is_said(filled: HubDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_lists, "MOST_COUNTED", 2)
    found = EventList(filled, asked("doi"))
    assert (found.total, found.is_counted, EventList(filled, asked("crossref")).is_counted) == (2, False, True)
    assert [len(EventList(filled, asked(text)).page("updated", 25, 0)) for text in ("doi", "do*")] == [4, 4]
    assert names(EventList(filled, asked("doi", sources=("datacite-usage",))).page("updated", 25, 0)) == ["views"]

"""Reading events, page after page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.datacite.event_query import EventQueryClient
from doitui_core.datacite.events import EventsApiVersion
from doitui_core.errors import BadAnswer, BadInput, ForeignAnswer, NotSent, RemoteFailed

Ask = Callable[..., EventQueryClient]

EMPTY = {"data": [], "meta": {"total": 0}, "links": {}}


def fill(api: Any, count: int) -> list[str]:
    """So many events; `total` goes round."""
    for at in range(count):
        api.events[f"uuid-{at:05}"] = {
            "subjId": f"https://doi.org/10.5072/{at}",
            "objId": "https://e.org/a?x=%20+",
            "sourceId": "doitui" if at % 2 else "crossref",
            "relationTypeId": "cites",
            "total": at * 7 % 100,
        }
    return list(api.events)


def ids(query: EventQueryClient, size: int = 1000, sort: str = "", **filters: str) -> list[str]:
    return [event["id"] for page in query.all_pages(filters, sort=sort, size=size) for event in page.events]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 10])
@pytest.mark.parametrize("dialect", EventsApiVersion)
def test_every_event_comes_once(api: Any, ask: Ask, count: int, dialect: EventsApiVersion) -> None:
    everything = fill(api, count)

    assert ids(ask(api, dialect=dialect), size=5) == everything


@pytest.mark.parametrize("count", [0, 1, 4, 5, 12])
def test_sorted_every_event_comes_once_too(api: Any, ask: Ask, count: int) -> None:
    everything = fill(api, count)

    assert sorted(ids(ask(api), size=5, sort="-total")) == everything


def test_an_order_is_kept(api: Any, ask: Ask) -> None:
    fill(api, 12)

    totals = [event["total"] for page in ask(api).all_pages({}, sort="-total", size=5) for event in page.events]
    assert totals == sorted(totals, reverse=True)


@pytest.mark.parametrize("size", [1000, 700])
def test_what_lies_beyond_the_window_comes_by_cursor(api: Any, ask: Ask, size: int) -> None:
    everything = fill(api, 10_500)

    assert sorted(ids(ask(api), size=size, sort="-total")) == everything


@pytest.mark.parametrize("sort", ["obj-id", "-obj_id", "relation-type-id"])
def test_an_order_goes_out_in_the_spelling_that_datacite_reads(api: Any, ask: Ask, sort: str) -> None:
    ids(ask(api), sort=sort)

    assert api.seen[0].asked["sort"] == sort[:1] + sort[1:].replace("-", "_")


def test_beyond_the_window_no_filter_is_lost(api: Any, ask: Ask) -> None:
    everything = fill(api, 21_000)

    assert sorted(ids(ask(api), sort="total", source_id="crossref")) == everything[::2]
    assert {seen.asked["source-id"] for seen in api.seen} == {"crossref"}


def test_a_reading_begins_at_the_cursor_of_an_earlier_page(api: Any, ask: Ask) -> None:
    everything = fill(api, 12)
    cursors = [page.cursor for page in ask(api).all_pages({}, size=5)]
    pages = ask(api).all_pages({}, size=5, cursor=cursors[1])

    assert [event["id"] for page in pages for event in page.events] == everything[5:]


@pytest.mark.parametrize(
    "document",
    [
        {"data": [{"id": "a", "attributes": {}}], "meta": {"total": 2}},
        {"data": [{"id": "a", "attributes": {}}], "meta": {"total": 2}, "links": {}},
        {"data": [], "meta": {"total": 2}, "links": {"next": "/events?page[cursor]=abc"}},
    ],
)
def test_a_list_that_ends_too_early_is_a_bad_answer(saying: Callable[..., Any], ask: Ask, document: Any) -> None:
    with pytest.raises(BadAnswer, match=r"it ends after [01] of 2 events"):
        ids(ask(saying(200, document)), size=1)


def test_no_more_is_asked_for_than_there_is(api: Any, ask: Ask) -> None:
    fill(api, 10)
    ids(ask(api), size=5, sort="total")

    assert [seen.asked["page[number]"] for seen in api.seen] == ["1", "2"]


def test_a_page_that_comes_again_is_a_bad_answer(saying: Callable[..., Any], ask: Ask) -> None:
    data = [{"id": "uuid", "attributes": {}}]
    server = saying(200, {"data": data, "meta": {"total": 99}, "links": {"next": "/events?page[cursor]=abc"}})

    with pytest.raises(BadAnswer, match="second time"):
        ids(ask(server))


@pytest.mark.parametrize("dialect", EventsApiVersion)
def test_both_versions_read_the_same(api: Any, ask: Ask, dialect: EventsApiVersion) -> None:
    fill(api, 1)

    (page,) = ask(api, dialect=dialect).all_pages({})
    assert (page.events, page.total) == (
        [
            {
                "id": "uuid-00000",
                "subj_id": "https://doi.org/10.5072/0",
                "obj_id": "https://e.org/a?x=%20+",
                "source_id": "crossref",
                "relation_type_id": "cites",
                "total": 0,
            }
        ],
        1,
    )


def test_filters_are_asked_on_every_page(api: Any, ask: Ask) -> None:
    fill(api, 9)

    assert ids(ask(api), size=2, source_id="doitui") == ["uuid-00001", "uuid-00003", "uuid-00005", "uuid-00007"]


def test_an_end_is_asked_for_in_its_canonical_form(api: Any, ask: Ask) -> None:
    fill(api, 3)

    assert ids(ask(api), subj_id="doi:10.5072/2") == ["uuid-00002"]


def test_an_address_with_escapes_is_found(api: Any, ask: Ask) -> None:
    fill(api, 3)

    assert len(ids(ask(api), obj_id="https://e.org/a?x=%20+")) == 3


def test_an_empty_filter_is_none(api: Any, ask: Ask) -> None:
    ids(ask(api), doi="", prefix=" ", year_month="2026-05")

    assert set(api.seen[0].asked) == {"year-month", "page[cursor]", "page[size]"}


def test_nobodys_credentials_go_out(api: Any, ask: Ask) -> None:
    ids(ask(api))

    assert "authorization" not in api.seen[0].headers


def test_who_asks_is_named(api: Any, ask: Ask) -> None:
    ids(ask(api, contact_email="a@example.org"))

    assert api.seen[0].headers["user-agent"].startswith("doitui/")


def test_every_page_is_paced(api: Any, ask: Ask) -> None:
    fill(api, 9)
    asked: list[str] = []
    ids(ask(api, pace=asked.append), size=5)

    assert len(asked) == len(api.seen)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"filters": {"source": "crossref"}}, "cannot be filtered by 'source'"),
        ({"filters": {}, "sort": "obj id"}, "cannot be sorted by 'obj id'"),
        ({"filters": {}, "sort": "-relevance"}, "cannot be sorted by '-relevance'"),
        ({"filters": {}, "size": 0}, "cannot have 0 events"),
        ({"filters": {}, "size": 1001}, "cannot have 1001 events"),
    ],
)
def test_what_the_server_would_ignore_is_refused(api: Any, ask: Ask, given: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        ask(api).all_pages(**given)


ERROR = '{"errors": [{"title": "Bad"}]}'


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, ERROR), (400, ERROR), (200, "[]"), (500, ERROR)],
)
def test_an_answer_that_is_no_list_ends_it(saying: Callable[..., Any], ask: Ask, status: int, said: str) -> None:
    with pytest.raises(RemoteFailed, match=f"/events answered {status}, which is no list of events"):
        ids(ask(saying(status, said)))


@pytest.mark.parametrize(("status", "said"), [(404, "{}"), (200, "<html>Hello"), (403, '{"message": "No"}'), (500, "")])
def test_an_answer_of_something_on_the_way_ends_it(
    saying: Callable[..., Any], ask: Ask, status: int, said: str
) -> None:
    with pytest.raises(ForeignAnswer, match=f"HTTP {status}: .*not the Events API's own answer"):
        ids(ask(saying(status, said)))


def test_too_fast_is_waited_for(in_turn: Callable[..., Any], ask: Ask, reply: Any) -> None:
    waits: list[float] = []
    server = in_turn(reply(429, headers={"Retry-After": "7"}), reply(503), reply(200, EMPTY))

    assert (ids(ask(server, sleep=waits.append)), waits) == ([], [7, 30])


def test_a_server_that_says_when_it_is_back_is_waited_for(in_turn: Callable[..., Any], ask: Ask, reply: Any) -> None:
    waits: list[float] = []
    server = in_turn(*(reply(status, headers={"Retry-After": "2"}) for status in (500, 502, 504)), reply(200, EMPTY))

    assert (ids(ask(server, sleep=waits.append)), waits) == ([], [2, 2, 2])


def test_a_server_that_is_always_too_fast_ends_it(saying: Callable[..., Any], ask: Ask) -> None:
    waits: list[float] = []
    with pytest.raises(RemoteFailed, match="answered 429"):
        ids(ask(saying(429, "slow down"), sleep=waits.append))

    assert len(waits) == 4


def test_nobody_there_is_said(api: Any, ask: Ask) -> None:
    api.url = "http://127.0.0.1:9"
    with pytest.raises(NotSent):
        ids(ask(api))

"""datacite-api.md 3.3, 3.4 and 1.12: querying events, their pages and statistics, in both dialects."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

from doitui.web.events import event_answers
from doitui.web.sandbox.server import running_sandbox
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.event_store import EventStore

V2 = {"Accept": "application/vnd.api+json; version=2"}
DOI = "https://doi.org/10.5072/"
ORCID = "https://orcid.org/0000-0002-1825-0097"
DATASET = {"@type": "Dataset", "registrantId": "datacite.demo.repo", "datePublished": "2019-03-01"}
ARTICLE = {"@type": "ScholarlyArticle", "registrantId": "crossref.78", "datePublished": "2021", "issn": "1234-5678"}
PROXIES = {"proxyIdentifiers": ["10.5072/whole"], "funder": {"@id": "https://doi.org/10.13039/501100000780"}}

# Name in the tests -> attributes; they are created in this order and keep it in `created` and `updated`.
EVENTS = {
    "cites": {"subj-id": DOI + "a", "obj-id": "https://doi.org/10.80225/x", "subj": DATASET, "obj": ARTICLE},
    "part": {"subj-id": DOI + "a", "obj-id": DOI + "b", "relation-type-id": "is-part-of", "subj": PROXIES},
    "author": {"subj-id": DOI + "a", "obj-id": ORCID, "relation-type-id": "is-authored-by", "source-id": "orcid"},
    "views": {
        "subj-id": "https://api.example.org/reports/1",
        "obj-id": DOI + "a",
        "relation-type-id": "unique-dataset-investigations-regular",
        "source-id": "datacite-usage",
        "total": 40,
        "occurred-at": "2025-12-01T00:00:00Z",
    },
    "url": {"subj-id": DOI + "c", "obj-id": "https://example.org/A", "total": 7, "relation-type-id": "documents"},
}
COMMON = {"source-id": "doitui", "source-token": "t", "occurred-at": "2026-05-09T00:00:00Z"}


@pytest.fixture(scope="module")
def filled(connect):
    """A sandbox with the events above, and a stranger at it."""
    with running_sandbox(events_writable=True, all_events=True) as sandbox:
        api = connect(sandbox.url, ("DEMO.REPO", "demo"))
        for attributes in EVENTS.values():
            answer = api.send("POST", "/events", json={"data": {"attributes": COMMON | attributes}})
            assert answer.status_code == 201, answer.text
        yield connect(sandbox.url)


def names(answer):
    by_key = {(event["subj-id"], event["obj-id"]): name for name, event in EVENTS.items()}
    read = [one["attributes"] for one in answer.json()["data"]]
    return [by_key[one.get("subj-id") or one["subjId"], one.get("obj-id") or one["objId"]] for one in read]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"cites", "part", "author", "views", "url"}),
        ({"doi": "10.5072/a"}, {"cites", "part", "author", "views"}),
        ({"doi": "10.5072/A,10.5072/c"}, {"cites", "part", "author", "views", "url"}),
        ({"doi": "10.5072/whole"}, {"part"}),
        ({"doi": "10.13039/501100000780"}, {"part"}),
        ({"doi": DOI + "a"}, set()),
        ({"subj-id": DOI + "c"}, {"url"}),
        ({"subj_id": DOI + "c"}, {"url"}),
        ({"subj-id": DOI + "C"}, set()),
        ({"obj-id": "https://example.org/A"}, {"url"}),
        ({"obj-id": "https%3A%2F%2Fexample.org%2FA"}, {"url"}),
        ({"obj-id": "https://example.org/a"}, set()),
        ({"prefix": "10.80225"}, {"cites"}),
        ({"prefix": "10.80225,10.5072"}, {"cites", "part", "author", "views", "url"}),
        ({"orcid": "0000-0002-1825-0097"}, {"author"}),
        ({"source-id": "orcid,datacite-usage"}, {"author", "views"}),
        ({"source": "orcid"}, {"cites", "part", "author", "views", "url"}),
        ({"relation-type-id": "is-part-of"}, {"part"}),
        ({"relation_type_id": "is-part-of"}, {"part"}),
        ({"citation-type": "Dataset-ScholarlyArticle"}, {"cites"}),
        ({"subtype": "ScholarlyArticle"}, {"cites"}),
        ({"registrant-id": "crossref.78"}, {"cites"}),
        ({"issn": "1234-5678"}, {"cites"}),
        ({"year-month": "2025-12"}, {"views"}),
        ({"occurred-at": "2025"}, {"views"}),
        ({"occurred-at": "2025-2026"}, {"cites", "part", "author", "views", "url"}),
        ({"publication-year": "2020-2021"}, {"cites"}),
        ({"publication-year": "2020"}, set()),
        ({"query": "EXAMPLE.org documents"}, {"url"}),
        ({"query": "example.org nothing"}, set()),
        ({"doi": "10.5072/a", "source-id": "orcid"}, {"author"}),
        ({"doi-id": "10.5072/c"}, {"cites", "part", "author", "views", "url"}),
        ({"subj-id": "' OR 1=1 --"}, set()),
    ],
)
def test_a_filter_finds(filled, query, found):
    """3.3"""
    answer = filled.get("/events", **query)
    assert (set(names(answer)), answer.json()["meta"]["total"]) == (found, len(found))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"doi-id": "10.5072/c"}, {"url"}),
        ({"target-doi": "10.5072/A"}, {"views", "part"}),
        ({"source-doi": "10.5072/b"}, {"part"}),
        ({"target-relation-type-id": "views"}, {"views"}),
        ({"source-relation-type-id": "parts"}, {"part"}),
    ],
)
def test_version_2_filters_by_more(filled, query, found):
    """3.3"""
    assert set(names(filled.send("GET", "/events", params=query, headers=V2))) == found


def test_ids_of_version_1_is_lupo_s_error(filled):
    """3.3"""
    assert filled.get("/events", ids="a").status_code == 400


def test_an_event_is_found_by_its_uuid(filled):
    """3.3"""
    one = filled.get("/events").json()["data"][0]
    assert filled.get("/events", id=one["id"]).json()["data"] == [one]


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("total", "cites"),
        ("-total", "views"),
        ("-created", "url"),
        ("created", "cites"),
        ("-updated", "url"),
        ("relation_type_id", "url"),
        ("obj_id", "views"),
        ("-obj_id", "author"),
        ("-obj-id", "cites"),
        (None, "cites"),
    ],
)
def test_a_list_is_sorted(filled, sort, first):
    """3.3: openapi's spelling of obj-id is not known, so it sorts nothing"""
    assert names(filled.get("/events", sort=sort))[0] == first


@pytest.mark.parametrize(("size", "length"), [("2", 2), ("0", 0), ("5000", 5), ("x", 5)])
def test_the_page_size_is_used_or_clamped(filled, size, length):
    """1.12"""
    assert len(names(filled.get("/events", **{"page[size]": size}))) == length


def test_pages_follow_each_other(filled):
    """1.12"""
    pages = [names(filled.get("/events", **{"page[size]": 2, "page[number]": number})) for number in (1, 2, 3)]
    assert [name for page in pages for name in page] == list(EVENTS)


def test_a_page_beyond_the_window_is_the_last_allowed_one(filled):
    """1.12"""
    assert filled.get("/events", **{"page[size]": 1000, "page[number]": 999}).json()["meta"]["page"] == 10


def test_cursors_lead_through_everything_once(filled):
    """1.12, 3.3"""
    seen, cursor = [], "1"
    while cursor:
        answer = filled.get("/events", **{"page[cursor]": cursor, "page[size]": 2})
        seen += names(answer)
        link = answer.json()["links"].get("next")
        cursor = parse_qs(urlsplit(link).query)["page[cursor]"][0] if link else None
    assert seen == list(EVENTS)


def test_a_cursor_ignores_the_sort(filled):
    """1.12"""
    assert names(filled.get("/events", **{"page[cursor]": "1", "sort": "-total"})) == list(EVENTS)


def test_a_cursor_has_no_page_in_its_meta(filled):
    """1.12"""
    assert "page" not in filled.get("/events", **{"page[cursor]": "1"}).json()["meta"]


@pytest.mark.parametrize(("headers", "has_next"), [({}, True), (V2, False)])
def test_a_full_last_page_names_a_next_one_in_version_1_only(filled, headers, has_next):
    """3.4"""
    answer = filled.send("GET", "/events", params={"page[size]": 5}, headers=headers)
    assert ("next" in answer.json()["links"]) is has_next


@pytest.mark.parametrize("name", ["doi", "source-id", "sort"])
def test_the_next_link_drops_filters(filled, name):
    """1.12 (datacite#2465)"""
    link = filled.get("/events", **{"page[size]": 1, name: "10.5072/a" if name == "doi" else "doitui"})
    assert name not in parse_qs(urlsplit(link.json()["links"]["next"]).query)


def test_the_meta_of_version_1_are_dashed(filled):
    """3.1, 3.4"""
    assert list(filled.get("/events").json()["meta"]) == [
        "total",
        "total-pages",
        "page",
        "sources",
        "occurred",
        "prefixes",
        "citation-types",
        "relation-types",
        "registrants",
    ]


def test_the_meta_of_version_2_are_in_camel_case_and_tell_created(filled):
    """3.1, 3.4"""
    meta = filled.send("GET", "/events", headers=V2).json()["meta"]
    assert {"totalPages", "citationTypes", "relationTypes", "created"} <= set(meta)


def test_an_empty_list_has_no_statistics(filled):
    """3.4"""
    body = filled.get("/events", doi="10.5072/none").json()
    assert (body["data"], body["meta"]) == ([], {"total": 0, "total-pages": 0, "page": 1})


def test_sources_are_counted_with_their_titles(filled):
    """3.4"""
    sources = filled.get("/events").json()["meta"]["sources"]
    assert {one["title"]: one["count"] for one in sources} == {"doitui": 3, "orcid": 1, "DataCite Usage Stats": 1}


def test_relation_types_are_counted_by_month_under_sum(filled):
    """3.4: a count of documents, though it is called sum"""
    (usage,) = filled.get("/events", **{"source-id": "datacite-usage"}).json()["meta"]["relation-types"]
    name = "unique-dataset-investigations-regular"
    assert usage == {
        "id": name,
        "title": name,
        "count": 1,
        "year-months": [{"id": "2025-12", "title": "2025-12", "sum": 1}],
    }


def test_years_come_newest_first(filled):
    """3.4"""
    assert [one["id"] for one in filled.get("/events").json()["meta"]["occurred"]] == ["2026", "2025"]


def test_an_event_counts_once_for_a_prefix_both_sides_have(filled):
    """3.4"""
    (prefix,) = filled.get("/events", **{"relation-type-id": "is-part-of"}).json()["meta"]["prefixes"]
    assert prefix["count"] == 1


def test_statistics_follow_a_write(connect):
    with running_sandbox(events_writable=True, all_events=True) as sandbox:
        api = connect(sandbox.url, ("DEMO.REPO", "demo"))
        before = api.get("/events").json()["meta"]["total"]
        api.send("POST", "/events", json={"data": {"attributes": COMMON | EVENTS["url"]}})
        assert (before, api.get("/events").json()["meta"]["total"]) == (0, 1)


def test_objects_are_included_on_demand(filled):
    """3.3"""
    included = filled.get("/events", include="subj,obj", **{"source-id": "orcid"}).json()["included"]
    assert [(one["type"], one["id"]) for one in included] == [("objects", DOI + "a"), ("objects", ORCID)]


def test_version_1_speaks_csv(filled):
    """3.1"""
    answer = filled.send("GET", "/events", params={"source-id": "orcid"}, headers={"Accept": "text/csv"})
    assert answer.text.splitlines() == [
        "subj-id,obj-id,source-id,relation-type-id,occurred_at",
        f"{DOI}a,{ORCID},orcid,is-authored-by,2026-05-09T00:00:00.000Z",
    ]


def test_no_cell_of_csv_is_a_formula():
    ids = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"]
    events = [EventRecord("u", text, "o", "s", "r", "t", "add", "l", 1, "2026", "2026", "2026") for text in ids]
    rows = event_answers.table(events).splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == [f"'{text}" for text in ids]


def test_a_crawler_s_query_finds_nothing(filled):
    """3.3"""
    answer = filled.send("GET", "/events", params={"query": "a"}, headers={"User-Agent": "somebot/1"})
    assert (answer.status_code, answer.json()) == (404, {})


def test_search_lag_hides_young_events(filled):
    """INTERFACE 5"""
    filled.send("POST", "/_faults", json={"faults": ["GET /events search-lag seconds=3600 count=1"]})
    assert filled.get("/events").json()["meta"]["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "query=" + "+".join("abcdefgh"[number % 8] for number in range(5000)),
        "doi=" + ",".join(map(str, range(20_000))),
        "subj-id=%ED%A0%BD",
        "query=%00",
        "obj-id=%FF",
        "page[number]=99999999999999999999999",
        "page[cursor]=MSw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
        "publication-year=20x",
        "sort=;",
    ],
)
def test_an_odd_query_is_an_answer_and_no_crash(filled, query):
    assert filled.get(f"/events?{query}").status_code == 200


@pytest.fixture(scope="module")
def many(connect):
    """A stranger at a sandbox with more events than can be paged through by number."""
    at = "2026-05-01T00:00:00.000Z"
    subj, *rest = ("10.5072/a", "doitui", "references", "t", "create", "", 1, at, at, at)
    with running_sandbox(all_events=True) as sandbox:
        events = (
            EventRecord(str(uuid.uuid4()), subj, f"https://example.org/{number}", *rest) for number in range(10_001)
        )
        EventStore(sandbox.hub).recount(events)
        yield connect(sandbox.url)


@pytest.mark.parametrize(("headers", "numbered", "by_cursor"), [({}, 11, 10), (V2, 10, 11)])
def test_pages_beyond_the_window_are_counted_the_wrong_way_round(many, headers, numbered, by_cursor):
    """3.4: version 1 stops counting by cursor, version 2 by number"""
    query = {"page[size]": 1000}
    metas = [
        many.send("GET", "/events", params=query | more, headers=headers).json()["meta"]
        for more in ({}, {"page[cursor]": "1"})
    ]
    assert [meta.get("total-pages") or meta["totalPages"] for meta in metas] == [numbered, by_cursor]


def test_a_cursor_leads_beyond_the_window(many):
    """1.12"""
    seen, link = 0, f"{many.url}/events?page[size]=1000&page[cursor]=1"
    while link:
        body = many.send("GET", link.removeprefix(many.url)).json()
        seen, link = seen + len(body["data"]), body["links"].get("next")
    assert seen == 10_001

"""datacite-api.md 1.10 and 1.12: lists, their pages, and the traps in both."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from doitui.web.sandbox.server import running_sandbox

SHOWN = 30


@pytest.fixture(scope="module")
def filled(connect):
    """A sandbox of its own: 30 drafts of the demo account, numbered in the order of creation, and 2 findable ones."""
    with running_sandbox() as sandbox:
        api = connect(sandbox.url, ("DEMO.REPO", "demo"))
        for number in range(SHOWN):
            api.post(doi=f"10.5072/d{number:02d}", titles=[{"title": f"Number {number}"}])
        for number in range(2):
            api.post(
                doi=f"10.5072/f{number}",
                event="publish",
                schemaVersion="http://datacite.org/schema/kernel-4.4",
                url="https://a.org",
                titles=[{"title": "Public"}],
            )
        yield api


@pytest.fixture
def anybody(filled, connect):
    """A stranger at the filled sandbox."""
    return connect(filled.url)


def names(answer):
    return [one["id"].removeprefix("10.5072/") for one in answer.json()["data"]]


def cursor_in(answer):
    return parse_qs(urlsplit(answer.json()["links"]["next"]).query)["page[cursor]"][0]


def test_a_page_has_25_by_default(filled):
    """1.12"""
    assert len(names(filled.get("/dois"))) == 25


@pytest.mark.parametrize(("size", "length"), [("3", 3), ("0", 0), ("5000", SHOWN + 2), ("x", 25), ("-1", 0)])
def test_the_page_size_is_used_or_clamped(filled, size, length):
    """1.12"""
    assert len(names(filled.get("/dois", **{"page[size]": size}))) == length


def test_pages_follow_each_other(filled):
    """1.12"""
    query = {"sort": "created", "page[size]": 2}
    assert names(filled.get("/dois", **query, **{"page[number]": 2})) == ["d02", "d03"]


def test_without_a_sort_the_newest_come_first(filled):
    """1.12"""
    assert names(filled.get("/dois", **{"page[size]": 2})) == ["f1", "f0"]


def test_a_page_beyond_the_window_is_the_last_allowed_one_again(filled):
    """1.12: the infinite loop"""
    answer = filled.get("/dois", **{"page[size]": 1000, "page[number]": 999})
    assert answer.json()["meta"]["page"] == 10


def test_the_meta_tell_total_and_pages(filled):
    """1.12"""
    meta = filled.get("/dois", **{"page[size]": 10}).json()["meta"]
    assert (meta["total"], meta["totalPages"], meta["page"]) == (SHOWN + 2, 4, 1)


def test_a_cursor_has_no_page_in_its_meta(filled):
    """1.12"""
    assert "page" not in filled.get("/dois", **{"page[cursor]": "1"}).json()["meta"]


@pytest.mark.parametrize("cursor", ["1", "", "!", "bm90IGEgbnVtYmVy", "ä"])
def test_a_cursor_that_cannot_be_decoded_is_the_first_page(filled, cursor):
    """1.12"""
    assert names(filled.get("/dois", **{"page[cursor]": cursor, "page[size]": 2})) == ["d00", "d01"]


def test_a_cursor_ignores_the_sort(filled):
    """1.12"""
    assert names(filled.get("/dois", **{"page[cursor]": "1", "page[size]": 1, "sort": "-created"})) == ["d00"]


def test_the_next_cursor_is_base64_of_time_and_id(filled):
    """1.12"""
    cursor = cursor_in(filled.get("/dois", **{"page[cursor]": "1", "page[size]": 2}))
    time, _, number = base64.urlsafe_b64decode(cursor + "==").decode().partition(",")
    assert (len(time), number) == (13, "2")


def test_cursors_lead_through_everything_once(filled):
    """1.12"""
    seen, cursor = [], "1"
    while True:
        answer = filled.get("/dois", **{"page[cursor]": cursor, "page[size]": 7})
        seen += names(answer)
        if "next" not in answer.json()["links"]:
            break
        cursor = cursor_in(answer)
    assert (seen, len(seen)) == (sorted(seen), SHOWN + 2)


def test_a_full_last_page_still_names_a_next_one(filled):
    """1.12"""
    answer = filled.get("/dois", **{"page[cursor]": "1", "page[size]": SHOWN + 2})
    assert names(filled.send("GET", answer.json()["links"]["next"].removeprefix(filled.url))) == []


@pytest.mark.parametrize("name", ["prefix", "state", "sort"])
def test_the_next_link_drops_filters(filled, name):
    """1.12 (datacite#2465)"""
    value = {"prefix": "10.5072", "state": "draft", "sort": "created"}[name]
    link = filled.get("/dois", **{"page[size]": 2, name: value}).json()["links"]["next"]
    assert name not in parse_qs(urlsplit(link).query)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"prefix": "10.5072"}, SHOWN + 2),
        ({"prefix": "10.9999"}, 0),
        ({"client-id": "demo.repo"}, SHOWN + 2),
        ({"client_id": "DEMO.REPO"}, SHOWN + 2),
        ({"client-id": "other.repo"}, 0),
        ({"state": "draft"}, SHOWN),
        ({"state": "findable"}, 2),
        ({"state": "draft,findable"}, SHOWN + 2),
        ({"query": "number 7"}, 1),
        ({"query": "10.5072/D0"}, 10),
        ({"query": "nothing"}, 0),
    ],
)
def test_a_filter_counts_what_it_shows(filled, query, total):
    """1.2, 1.12"""
    answer = filled.get("/dois", **query, **{"page[size]": 100})
    assert answer.json()["meta"]["total"] == len(names(answer)) == total


@pytest.mark.parametrize("state", [None, "draft", "findable", "draft,findable"])
def test_strangers_list_findable_dois_only(anybody, state):
    """1.10"""
    answer = anybody.get("/dois", state=state)
    assert set(names(answer)) <= {"f0", "f1"}


def test_the_total_of_strangers_hides_the_rest(anybody):
    """1.10"""
    assert anybody.get("/dois").json()["meta"]["total"] == 2


def test_lists_have_no_xml(filled):
    """1.4: only a single document has"""
    assert "xml" not in filled.get("/dois").json()["data"][0]["attributes"]


def test_lists_with_detail_have_the_xml_of_a_single_document(filled):
    """1.4: lupo's serializer shows it with `detail` only, which a single document always has"""
    [found] = filled.get("/dois", detail="true", query="f1").json()["data"]
    assert base64.b64decode(found["attributes"]["xml"]) == base64.b64decode(filled.read("10.5072/f1")["xml"])


def test_a_deleted_draft_leaves_the_list_and_the_total(api, made):
    """1.2, 1.12"""
    doi = made("draft")
    before = api.get("/dois", **{"page[size]": 0}).json()["meta"]["total"]
    api.delete(doi)
    after = api.get("/dois", **{"page[size]": 0}).json()["meta"]["total"]
    assert (before - after, names(api.get("/dois", query=doi))) == (1, [])


def test_a_change_of_state_moves_between_the_totals(api, made):
    """1.12"""
    doi = made("draft")
    before = api.get("/dois", state="draft").json()["meta"]["total"]
    api.put(doi, event="publish")
    assert api.get("/dois", state="draft").json()["meta"]["total"] == before - 1

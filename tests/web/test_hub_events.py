"""`GET /events` of the hub, on SQLite and PostgreSQL, and what it shares with the sandbox's: seeds, INTERFACE 6."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import falcon
import pytest
from falcon.testing import TestClient

from doitui.web.common import refusals
from doitui.web.common.accounts import Account, Accounts
from doitui.web.common.rights import STAFF, UsageRights
from doitui.web.dois.store import Store
from doitui.web.events.counts_resource import CountsResource
from doitui.web.events.event_policy import HUB
from doitui.web.events.events_resource import EventsResource
from doitui.web.sandbox.sandbox import create_app
from doitui_core.db import database
from doitui_core.hub_store import hub_database
from doitui_core.hub_store.body_storage import Directory
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.report_store import ReportStore

V2 = {"Accept": "application/vnd.api+json; version=2"}
DOI = "https://doi.org/10.5072/"
ORCID = "https://orcid.org/0000-0002-1825-0097"
COMMON = {"source-id": "datacite-related", "source-token": "t", "occurred-at": "2026-05-09T00:00:00Z"}
DATASET = {"@type": "Dataset", "registrantId": "datacite.demo.repo"}
EVENTS = {
    "cites": {"subj-id": DOI + "a", "obj-id": "https://doi.org/10.80225/x", "subj": DATASET, "obj": DATASET},
    "part": {"subj-id": DOI + "a", "obj-id": DOI + "b", "relation-type-id": "is-part-of"},
    "author": {
        "subj-id": DOI + "a",
        "obj-id": ORCID,
        "relation-type-id": "is-authored-by",
        "source-id": "datacite-orcid-auto-update",
    },
    "views": {
        "subj-id": "https://hub.example.org/reports/1",
        "obj-id": DOI + "a",
        "relation-type-id": "unique-dataset-investigations-regular",
        "source-id": "datacite-usage",
        "total": 40,
        "occurred-at": "2025-12-01T00:00:00Z",
    },
}


class EveryoneIsStaff:
    def process_request(self, req, _resp):
        req.context.usage_rights = UsageRights("admin", STAFF)


def sandbox_app(hub):
    accounts = Accounts([Account("ADMIN", "DC.staff", staff=True)])
    return create_app(Store(), accounts, usage=ReportStore(hub, Directory(Path("no-reports"))), all_events=True)


def hub_app(hub):
    app = falcon.App(middleware=[EveryoneIsStaff()])
    app.set_error_serializer(refusals.serialize)
    events = EventsResource(EventStore(hub), HUB)
    app.add_route("/events", events)
    app.add_route("/events/{uuid}", events, suffix="event")
    app.add_route("/counts/{doi:path}", CountsResource(hub))
    return app


def filled(app):
    client = TestClient(app, headers={"Authorization": "Basic QURNSU46REMuc3RhZmY="})
    for attributes in EVENTS.values():
        answer = client.simulate_post("/events", json={"data": {"attributes": COMMON | attributes}})
        assert answer.status_code == 201, answer.text
    return client


@pytest.fixture
def hub(store):
    """The hub's answers, on one of the databases."""
    return filled(hub_app(hub_database.archive()))


@pytest.fixture
def sandbox():
    own = hub_database.own()
    yield filled(sandbox_app(own))
    own.close()


@pytest.fixture(params=["sandbox", "sqlite", "postgresql"])
def either(request, tmp_path):
    """The sandbox, and the hub on both databases."""
    if request.param == "sandbox":
        yield request.getfixturevalue("sandbox")
        return
    server = request.param == "postgresql"
    database.create(request.getfixturevalue("emptied_schema") if server else f"sqlite:///{tmp_path}/hub.db")
    yield filled(hub_app(hub_database.archive()))
    database.close()


def ask(client, headers=None, **query):
    answer = client.simulate_get("/events", params=query, headers=headers or {})
    assert answer.status_code == 200, answer.text
    return answer.json


def names(body):
    by_key = {(event["subj-id"], event["obj-id"]): name for name, event in EVENTS.items()}
    read = [one["attributes"] for one in body["data"]]
    return [by_key[one.get("subj-id") or one["subjId"], one.get("obj-id") or one["objId"]] for one in read]


FOUND = [
    ({}, ["cites", "part", "author", "views"]),
    ({"query": "crossref OR usage"}, ["views"]),
    ({"query": "source-id:datacite-related NOT x"}, ["part"]),
    ({"subj-id": DOI + "a"}, ["cites", "part", "author"]),
    ({"obj-id": DOI + "a"}, ["views"]),
    ({"doi": "10.5072/B"}, ["part"]),
    ({"prefix": "10.80225"}, ["cites"]),
    ({"orcid": "0000-0002-1825-0097"}, ["author"]),
    ({"year-month": "2025-12"}, ["views"]),
    ({"source-id": "datacite-usage,datacite-orcid-auto-update"}, ["author", "views"]),
    ({"relation-type-id": "references,is-part-of"}, ["cites", "part"]),
    ({"citation-type": "Dataset-Dataset"}, ["cites"]),
    ({"registrant-id": "datacite.demo.repo"}, ["cites"]),
    ({"doi": "10.5072/a", "year-month": "2026-05", "source-id": "datacite-related", "query": "10.80225"}, ["cites"]),
]


@pytest.mark.parametrize("headers", [{}, V2])
@pytest.mark.parametrize(("query", "found"), FOUND)
def test_the_filters_of_the_seeds_find(hub, headers, query, found):
    body = ask(hub, headers, **query)
    assert (names(body), body["meta"]["total"]) == (found, len(found))


@pytest.mark.parametrize(("query", "found"), FOUND)
def test_the_sandbox_finds_the_same(sandbox, query, found):
    assert names(ask(sandbox, **query)) == found


@pytest.mark.parametrize("spelling", ["obj-id", "obj_id"])
def test_both_spellings_sort_by_object(hub, spelling):
    orders = [names(ask(hub, sort=sign + spelling)) for sign in ("", "-")]
    assert orders == [["views", "part", "cites", "author"], ["author", "cites", "part", "views"]]


def test_the_next_link_keeps_every_filter(hub):
    query = {"doi": "10.5072/a", "source-id": "datacite-related", "sort": "-created", "query": "doi"}
    first = ask(hub, **query, **{"page[size]": "1"})
    link = urlsplit(first["links"]["next"])
    second = hub.simulate_get(link.path, query_string=link.query).json
    assert (names(first), names(second), "next" in second["links"]) == (["part"], ["cites"], False)


def test_a_list_of_values_survives_the_next_link(hub):
    first = ask(hub, **{"source-id": "datacite-related,datacite-usage", "page[size]": "1", "page[cursor]": "1"})
    (values,) = parse_qs(urlsplit(first["links"]["next"]).query)["source-id"]
    assert values == "datacite-related,datacite-usage"


@pytest.mark.parametrize("headers", [{}, V2])
def test_the_number_of_pages_is_that_of_the_calls_that_reach_everything(hub, headers):
    for query in ({}, {"page[cursor]": "1"}):
        meta = ask(hub, headers, **query, **{"page[size]": "3"})["meta"]
        assert (meta.get("total-pages") or meta["totalPages"]) == 2


def test_a_size_of_0_gives_the_meta_only(either):
    body = ask(either, **{"page[size]": "0"})
    assert (body["data"], body["meta"]["total"], "next" in body["links"]) == ([], 4, False)


def test_a_page_number_beyond_10_000_is_refused_with_the_way_out(hub):
    answer = hub.simulate_get("/events", params={"page[number]": "401"})
    assert answer.status_code == 400
    assert "page[cursor]" in answer.json["errors"][0]["title"]


@pytest.mark.parametrize("query", ["(a", "title:a", "a~2", '"a'])
def test_what_is_no_query_is_400_in_one_line(either, query):
    answer = either.simulate_get("/events", params={"query": query})
    assert answer.status_code == 400
    assert "query" in answer.json["errors"][0]["title"]


@pytest.mark.parametrize(
    "name", ["query", "doi", "subj-id", "source-id", "year-month", "citation-type", "id", "prefix"]
)
def test_a_nul_in_a_parameter_finds_nothing(either, name):
    answer = either.simulate_get("/events", params={name: "\0zz"})
    assert (answer.status_code, answer.json["data"]) == (200, [])


def test_a_nul_in_an_event_is_stored_as_a_question_mark(either):
    attributes = COMMON | {"subj-id": "https://a.org/\0", "subj": {"name": "\0"}}
    answer = either.simulate_post("/events", json={"data": {"attributes": attributes}})
    assert (answer.status_code, answer.json["data"]["attributes"]["subj-id"]) == (201, "https://a.org/?")


def test_an_event_is_read_changed_and_deleted(either):
    uid = ask(either, doi="10.5072/b")["data"][0]["id"]
    body = {"data": {"id": uid, "attributes": {"total": 5}}}
    changed = either.simulate_put(f"/events/{uid}", json=body).json["data"]["attributes"]["total"]
    gone = either.simulate_delete(f"/events/{uid}").status_code
    assert (changed, gone, either.simulate_get(f"/events/{uid}").status_code) == (5, 204, 404)
    assert ask(either, doi="10.5072/b")["meta"]["total"] == 0


def test_an_uppercase_uuid_finds_its_event(either):
    uid = ask(either, doi="10.5072/b")["data"][0]["id"]
    assert either.simulate_get(f"/events/{uid.upper()}").json["data"]["id"] == uid


def test_the_same_key_again_changes_and_another_s_uuid_is_409(either):
    uid = ask(either, orcid="0000-0002-1825-0097")["data"][0]["id"]
    again = either.simulate_post("/events", json={"data": {"attributes": COMMON | EVENTS["part"] | {"total": 2}}})
    taken = either.simulate_post("/events", json={"data": {"id": uid, "attributes": COMMON | {"subj-id": "x:y"}}})
    assert (again.status_code, taken.status_code) == (200, 409)


def test_the_hub_shows_the_counts_of_a_doi(hub):
    answer = hub.simulate_get("/counts/10.5072/A").json["data"]
    assert (answer["id"], answer["attributes"]["viewCount"], answer["attributes"]["referenceCount"]) == (
        "10.5072/a",
        40,
        1,
    )

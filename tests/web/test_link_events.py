"""Events the sandbox makes of metadata (datacite-api.md 5), the counts that follow, and the scope of 2026 (9)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing

import pytest

from doitui.web.dois.doi_record import Doi
from doitui.web.dois.state_file import StateFile
from doitui.web.dois.store import Store
from doitui.web.sandbox.link_events import link_events
from doitui.web.sandbox.server import running_sandbox

RESOLVER = "https://doi.org/"
CURIE, PAULI = "0000-0002-1825-0097", "0000-0001-5109-3700"
CDL, TIB = "https://ror.org/03yrm5c26", "https://ror.org/04aj4c181"
AGENCIES = {"10.5072": "DataCite", "10.1038": "Crossref", "10.1430": "mEDRA"}
AT = "2026-05-01T00:00:00.000Z"

#: Seconds; what takes longer has failed.
PATIENCE = 30


def related(text, kind="DOI", relation="References"):
    return {"relatedIdentifier": text, "relatedIdentifierType": kind, "relationType": relation}


def creator(orcid="", ror="", name="Doe, Jo"):
    found = {"name": name}
    if orcid:
        found["nameIdentifiers"] = [{"nameIdentifier": orcid, "nameIdentifierScheme": "ORCID"}]
    if ror:
        found["affiliation"] = [
            {"name": "Uni", "affiliationIdentifier": ror, "affiliationIdentifierScheme": "ROR"},
        ]
    return found


def made(find=lambda _name: None, **attributes):
    doi = Doi(1, "10.5072/A", "demo.repo", "findable", attributes, AT, AT)
    return link_events(doi, lambda prefix: AGENCIES.get(prefix, ""), find, AT)


def keys(**attributes):
    """(source, relation, object) of all events."""
    return [(one.source_id, one.relation_type_id, one.obj_id) for one in made(**attributes)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (related("10.5072/B"), ("datacite-related", "references", RESOLVER + "10.5072/b")),
        (related("doi:10.1038/X", relation="Cites"), ("datacite-crossref", "cites", f"{RESOLVER}10.1038/x")),
        (related("http://dx.doi.org/10.1430/x"), ("datacite-medra", "references", f"{RESOLVER}10.1430/x")),
        (related("10.5072/\u200bb"), ("datacite-related", "references", RESOLVER + "10.5072/b")),
        (related("10.99999/x"), None),
        (related("no doi"), None),
        (related("HTTPS://E.org/A?utm_source=x&b=1&ref=y#top", "URL"), ("datacite-url", "references", "https://e.org/a?b=1")),
        (related("https://doi.org/10.5072/B", "URL"), ("datacite-url", "references", RESOLVER + "10.5072/b")),
        (related("mailto:jo@example.org", "URL"), None),
        (related("arXiv:2105.00001", "arXiv"), None),
        (related("2381/12775", "Handle"), None),
    ],
)  # fmt: skip
def test_a_related_identifier(row, expected):
    assert keys(relatedIdentifiers=[row]) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("https://doi.org/10.13039/501100001659", "Crossref Funder ID", True),
        ("10.13039/501100001659", "Crossref Funder ID", True),
        ("501100001659", "Crossref Funder ID", False),
        (CDL, "ROR", False),
    ],
)
def test_a_funder(name, kind, found):
    row = {"funderName": "DFG", "funderIdentifier": name, "funderIdentifierType": kind}
    expected = ("datacite-funder", "is-funded-by", RESOLVER + "10.13039/501100001659")
    assert keys(fundingReferences=[row]) == ([expected] if found else [])


def test_authors_and_their_institutions():
    assert keys(creators=[creator(CURIE, CDL), creator(f"https://orcid.org/{PAULI}")]) == [
        ("datacite-orcid-auto-update", "is-authored-by", f"https://orcid.org/{CURIE}"),
        ("datacite-orcid-auto-update", "is-authored-by", f"https://orcid.org/{PAULI}"),
        ("datacite-affiliation", "is-authored-at", CDL),
        ("orcid-affiliation", "is-affiliated-with", CDL),
    ]


def test_institutions_count_only_where_somebody_has_both_ids():
    assert keys(creators=[creator(ror=CDL), creator(CURIE)]) == [
        ("datacite-orcid-auto-update", "is-authored-by", f"https://orcid.org/{CURIE}")
    ]


def test_a_part_does_not_claim_its_authors_but_their_institutions():
    events = keys(creators=[creator(CURIE, CDL)], relatedIdentifiers=[related("10.5072/whole", relation="IsPartOf")])
    assert [relation for _, relation, _ in events] == ["is-part-of", "is-authored-at", "is-affiliated-with"]


def test_what_an_event_says_of_both_ends():
    other = Doi(2, "10.5072/B", "other.repo", "findable", {"types": {"resourceTypeGeneral": "Text"}}, AT, AT)
    (event,) = made(
        {"10.5072/b": other}.get,
        types={"resourceTypeGeneral": "Dataset"},
        dates=[{"date": "2024", "dateType": "Issued"}],
        relatedIdentifiers=[related("10.5072/b", relation="IsSupplementTo")],
    )
    assert event.subj == {
        "@id": RESOLVER + "10.5072/a",
        "@type": "Dataset",
        "datePublished": "2024",
        "proxyIdentifiers": ["10.5072/b"],
        "registrantId": "datacite.demo.repo",
    }
    assert event.obj == {
        "@id": RESOLVER + "10.5072/b",
        "@type": "ScholarlyArticle",
        "registrantId": "datacite.other.repo",
    }


@pytest.mark.parametrize("wrong", ["text", ["text"], [{}], [{"relationType": 5}], [{"nameIdentifiers": 1}], {}, None])
def test_metadata_that_nobody_checked_makes_no_events(wrong):
    assert not made(relatedIdentifiers=wrong, creators=wrong, fundingReferences=wrong, dates=wrong, types=wrong)


# Over HTTP.

LINKS = [related("10.5072/cited"), related("10.1038/nature12373"), related("10.99999/unknown")]


@pytest.fixture
def running(connect):
    with running_sandbox() as sandbox:
        yield connect(sandbox.url, ("DEMO.REPO", "demo"))


def listed(api, **query):
    events = [one["attributes"] for one in api.get("/events", **query).json()["data"]]
    return sorted((one["source-id"], one["obj-id"]) for one in events)


CITED = ("datacite-related", RESOLVER + "10.5072/cited")
NATURE = ("datacite-crossref", RESOLVER + "10.1038/nature12373")


def publish(api, doi, complete, **more):
    answer = api.post(doi=doi, event="publish", **{**complete, **more})
    assert answer.status_code == 201, answer.text


def test_a_mint_has_events_at_once(running, complete):
    publish(running, "10.5072/a", complete, relatedIdentifiers=LINKS)
    assert listed(running, doi="10.5072/a") == [NATURE, CITED]
    assert listed(running, **{"source-id": "datacite-crossref"}) == [NATURE]


def test_the_agency_of_a_prefix_decides_the_source(connect, complete):
    with running_sandbox(agencies={"10.99999": "mEDRA"}) as sandbox:
        api = connect(sandbox.url, ("DEMO.REPO", "demo"))
        publish(api, "10.5072/a", complete, relatedIdentifiers=LINKS)
        assert listed(api) == [("datacite-medra", RESOLVER + "10.99999/unknown"), CITED]


def test_a_draft_and_a_registered_doi_have_none(running, complete):
    running.post(doi="10.5072/a", relatedIdentifiers=LINKS, **complete)
    running.post(doi="10.5072/b", event="register", relatedIdentifiers=LINKS, **complete)
    assert listed(running) == []
    running.put("10.5072/b", event="publish")
    assert listed(running) == [NATURE, CITED]


def test_events_stay_when_the_relation_is_deleted_and_when_the_doi_is_hidden(running, complete):
    publish(running, "10.5072/a", complete, relatedIdentifiers=LINKS[:1])
    assert listed(running) == [CITED]
    running.put("10.5072/a", relatedIdentifiers=LINKS[1:2])
    running.put("10.5072/a", event="hide")
    assert listed(running) == [NATURE, CITED]


def test_the_same_metadata_again_changes_no_event(running, complete):
    publish(running, "10.5072/a", complete, relatedIdentifiers=LINKS)
    before = running.get("/events").json()["data"]
    running.put("10.5072/a", relatedIdentifiers=LINKS, titles=[{"title": "Another"}])
    assert running.get("/events").json()["data"] == before


def test_the_scope_of_2026_is_the_default(connect, complete):
    more = {"relatedIdentifiers": [*LINKS, related("https://e.org/a", "URL")], "creators": [creator(CURIE, CDL)]}
    shown = {}
    for all_events in (False, True):
        with running_sandbox(all_events=all_events) as sandbox:
            api = connect(sandbox.url, ("DEMO.REPO", "demo"))
            publish(api, "10.5072/a", complete, **more)
            shown[all_events] = {source for source, _ in listed(api)}
    assert shown[False] == {"datacite-crossref", "datacite-related"}
    assert shown[True] - shown[False] == {
        "datacite-affiliation", "datacite-orcid-auto-update", "datacite-url", "orcid-affiliation",
    }  # fmt: skip


def test_a_doi_shows_how_often_it_is_cited(running, complete):
    publish(running, "10.5072/cited", complete)
    publish(running, "10.5072/a", complete, relatedIdentifiers=LINKS)
    publish(running, "10.5072/b", complete, relatedIdentifiers=[related("10.5072/CITED", relation="Cites")])
    listed(running)

    cited, citing = running.read("10.5072/cited"), running.read("10.5072/a")
    assert (cited["citationCount"], cited["referenceCount"]) == (2, 0)
    assert (citing["citationCount"], citing["referenceCount"]) == (0, 2)
    rows = running.get("/dois").json()["data"]
    assert {one["id"]: one["attributes"]["citationCount"] for one in rows} == {
        "10.5072/a": 0, "10.5072/b": 0, "10.5072/cited": 2,
    }  # fmt: skip
    assert running.put("10.5072/cited", titles=[{"title": "New"}]).json()["data"]["attributes"]["citationCount"] == 2


def test_a_doi_shows_by_whom_it_is_cited_and_when(running, complete):
    publish(running, "10.5072/cited", complete)
    publish(running, "10.5072/a", complete, relatedIdentifiers=LINKS)
    listed(running)

    shown = running.get("/dois/10.5072/cited").json()["data"]
    ((year, number),) = {(one["year"], one["total"]) for one in shown["attributes"]["citationsOverTime"]}
    assert (len(year), number, shown["attributes"]["viewsOverTime"]) == (4, 1, [])
    assert shown["relationships"]["citations"] == {"data": [{"id": "10.5072/a", "type": "dois"}]}
    citing = running.get("/dois", query="10.5072/a", detail="true").json()["data"][0]
    assert {"id": "10.5072/cited", "type": "dois"} in citing["relationships"]["references"]["data"]
    assert len(citing["relationships"]["references"]["data"]) == citing["attributes"]["referenceCount"]


def test_counts_follow_without_anybody_asking_for_events(running, complete):
    publish(running, "10.5072/cited", complete)
    publish(running, "10.5072/a", complete, relatedIdentifiers=LINKS)
    tick = threading.Event()
    for _ in range(PATIENCE * 20):
        if running.read("10.5072/cited")["citationCount"]:
            break
        tick.wait(0.05)
    assert running.read("10.5072/cited")["citationCount"] == 1


def test_views_of_reports_and_given_events_are_shown(connect, complete):
    with running_sandbox(events_writable=True) as sandbox:
        api = connect(sandbox.url, ("DEMO.REPO", "demo"))
        publish(api, "10.5072/a", complete)
        for relation, total in (("investigations", 7), ("requests", 3)):
            attributes = {
                "subj-id": "https://repo.example.org/1",
                "obj-id": RESOLVER + "10.5072/a",
                "relation-type-id": f"unique-dataset-{relation}-regular",
                "source-id": "repo",
                "source-token": "t",
                "total": total,
            }
            api.send("POST", "/events", json={"data": {"attributes": attributes}})
        found = api.read("10.5072/a")
    assert (found["viewCount"], found["downloadCount"]) == (7, 3)


def test_a_state_file_keeps_which_events_are_made(tmp_path, connect, complete):
    state = tmp_path / "state"
    with running_sandbox(state=state) as sandbox:
        publish(connect(sandbox.url, ("DEMO.REPO", "demo")), "10.5072/a", complete, relatedIdentifiers=LINKS)
    store = Store(StateFile(state))
    assert (store.find("10.5072/a").state, store.changed.take(10)) == ("findable", [])
    store.close()


def test_a_state_file_of_an_older_version_gets_its_events(tmp_path, connect, complete):
    state = tmp_path / "state"
    with running_sandbox(state=state) as sandbox:
        publish(connect(sandbox.url, ("DEMO.REPO", "demo")), "10.5072/a", complete, relatedIdentifiers=LINKS)
    with closing(sqlite3.connect(state)) as connection:
        connection.execute("ALTER TABLE doi DROP COLUMN waits")
        connection.execute("DELETE FROM hub_event")
        connection.execute("DELETE FROM hub_event_term")
        connection.execute("UPDATE hub_event_group SET events = 0")
        connection.commit()
    with running_sandbox(state=state) as sandbox:
        assert listed(connect(sandbox.url)) == [NATURE, CITED]


def test_a_kill_loses_no_event_and_doubles_none(tmp_path, connect, complete):
    command = [sys.executable, "-m", "doitui", "sandbox", "--port", "0", "--state", str(tmp_path / "state")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    total = 60
    for start in range(0, total, 20):  # each process is killed in the midst of its background work, or before
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
            api = connect(running.stdout.readline().split()[-1], ("DEMO.REPO", "demo"))
            for number in range(start, start + 20):
                publish(api, f"10.5072/k{number}", complete, relatedIdentifiers=LINKS)
            running.kill()
    with running_sandbox(state=tmp_path / "state") as sandbox:
        found = connect(sandbox.url).get("/events", **{"page[size]": 1000}).json()
    links = Counter((one["attributes"]["subj-id"], one["attributes"]["obj-id"]) for one in found["data"])
    assert (found["meta"]["total"], len(links), set(links.values())) == (2 * total, 2 * total, {1})


def test_the_command_lists_all_events_with_its_option(connect, complete):
    command = [sys.executable, "-m", "doitui", "sandbox", "--port", "0", "--all-events"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        api = connect(running.stdout.readline().split()[-1], ("DEMO.REPO", "demo"))
        publish(api, "10.5072/a", complete, relatedIdentifiers=[related("https://e.org/a", "URL")])
        shown = listed(api)
        running.kill()
    assert shown == [("datacite-url", "https://e.org/a")]

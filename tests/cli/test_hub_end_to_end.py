"""From a click on a site to the answer of a hub, with real processes: gunicorn, spool, counts, report, hub, query.

Archive and hub have databases of their own, both SQLite or both PostgreSQL.
"""

from __future__ import annotations

import csv
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui_core.db import database
from doitui_core.hub_store import hub_database
from doitui_core.hub_store.event_store import EventStore

from ..conftest import a_schema
from ..core.hub_store.conftest import record, usage
from ..middleware.serving import SERVERS, running

Doitui = Callable[..., Any]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"

#: Visitors who look at the record; of them so many download it too.
VISITORS, READERS = 5, 2

V2 = {"Accept": "application/vnd.api+json; version=2"}


#: Events of others in the hub: more than can be reached by page number.
MANY = 10_001


@pytest.fixture
def archive_url(database_url: str) -> str:
    """The archive's database."""
    return database_url


@pytest.fixture
def hub_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The hub's database, without tables."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'hub.db'}"
        return
    with a_schema(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def start_hub(start: Callable[..., subprocess.Popen[str]], hub_url: str, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Starts the hub as a process; its URL."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> str:
        started.append(start("--database", hub_url, "hub", "--port", "0", "--reports", tmp_path / "reports"))
        pipe = started[-1].stdout
        assert pipe
        return "http" + pipe.readline().strip().partition("http")[2]

    yield begin
    for process in started:
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.fixture
def hub(start_hub: Callable[[], str], typed: Doitui, hub_url: str) -> tuple[str, str]:
    """A running hub: its URL and a token."""
    typed("--database", hub_url, "init")
    token = typed("--database", hub_url, "hub", "token", "--name", "archive-a", "--json").json["token"]
    return start_hub(), token


def test_a_hub_shows_the_clicks_of_an_archive(
    archive: Doitui,
    write: Callable[..., Path],
    hub: tuple[str, str],
    tmp_path: Path,
    doi_of: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, token = hub
    (tmp_path / "token").write_text(token)
    spool = tmp_path / "spool"
    for command in (
        ("record", "import", write("1")),
        ("doi", "mint", "1", "--now"),
        ("setting", "set", "reports_url", url),
        ("setting", "set", "datacite_api_token", f"file:{tmp_path / 'token'}"),
    ):
        assert archive(*command).code == 0
    visit(tmp_path, spool, monkeypatch)
    for line in ("usage drain --spool " + str(spool), "usage-report submit --month current --partial"):
        done = archive(*line.split())
        assert done.code == 0, done.err
    doi = doi_of("1")
    wait_for_events(url, 4)
    found = archive("event", "query", "--url", url, "--doi", doi, "--json").json["events"]
    assert {one["relation_type_id"]: one["total"] for one in found} == {
        "total-dataset-investigations-regular": VISITORS + READERS,
        "unique-dataset-investigations-regular": VISITORS,
        "total-dataset-requests-regular": READERS,
        "unique-dataset-requests-regular": READERS,
    }
    shown = requests.get(f"{url}/events", params={"doi": doi}, headers=V2, timeout=30).json()["data"]
    targets = {one["attributes"]["relationTypeId"]: one["attributes"]["targetDoi"] for one in shown}
    assert targets["unique-dataset-investigations-regular"] == targets["unique-dataset-requests-regular"] == doi
    assert requests.get(f"{url}/heartbeat", timeout=30).text == "OK"


def fill(url: str, doi: str) -> None:
    """Events of others, an author of theirs, and two about `doi`: a citation and the views of a report."""
    database.create(url)
    mine = f"https://doi.org/{doi}"
    about = [
        record(1, subj_id="https://doi.org/10.1000/1", relation_type_id="cites", obj_id=mine, source_id="crossref"),
        usage(2, obj_id=mine, total=40, occurred_at="2026-03-01T00:00:00.000Z"),
        record(3, relation_type_id="is-authored-by", obj_id="https://orcid.org/0000-0002-1825-0097"),
    ]
    EventStore(hub_database.archive()).recount([*about, *(record(number) for number in range(4, MANY + 4))])
    database.close()


def test_the_events_of_a_hub_are_queried_and_pulled(
    minted: Doitui, start_hub: Callable[[], str], hub_url: str, doi_of: Callable[[str], str]
) -> None:
    doi = doi_of("a")
    fill(hub_url, doi)
    url = start_hub()

    def ask(*options: str) -> Any:
        done = minted("event", "query", "--url", url, *options)
        assert done.code == 0, done.err
        return done

    found = {
        ("--doi", doi): 2,
        ("--obj-id", doi): 2,
        ("--subj-id", "10.1000/1"): 1,
        ("--prefix", "10.1000"): 1,
        ("--orcid", "0000-0002-1825-0097"): 1,
        ("--year-month", "2026-03"): 1,
        ("--source-id", "crossref,datacite-usage"): 2,
        ("--relation-type-id", "is-authored-by"): 1,
        ("--query", "crossref OR datacite-usage"): 2,
        ("--doi", doi, "--source-id", "crossref", "--query", "cites"): 1,
    }
    assert {asked: len(ask(*asked, "--json").json["events"]) for asked in found} == found
    for options in (("--statistics",), ("--page-size", "0")):
        counts = ask(*options, "--json").json["statistics"]
        assert (counts["total"], counts["total_pages"]) == (MANY + 3, 11)
        assert {one["id"]: one["count"] for one in counts["sources"]} == {
            "datacite-url": MANY + 1,
            "crossref": 1,
            "datacite-usage": 1,
        }
    objects = [
        row["obj_id"] for row in ask("--sort", "obj-id", "--limit", "30", "--page-size", "7", "--json").json["events"]
    ]
    assert (len(objects), objects) == (30, sorted(objects))
    names, *rows = csv.reader(ask("--doi", doi, "--sort", "total", "--format", "csv").out.splitlines())
    assert (names[3:5], [row[3:5] for row in rows]) == (
        ["source_id", "total"],
        [["crossref", "1"], ["datacite-usage", "40"]],
    )
    assert "2 of 2" in ask("--doi", doi, "--format", "table").err.splitlines()
    whole = ask("--source-id", "datacite-url", "--sort", "-created", "--json")
    assert len({row["id"] for row in whole.json["events"]}) == whole.json["total"] == MANY + 1
    assert whole.complaint.startswith("only the first 10,000 of 10,002 events are sorted")
    pulled = [minted("event", "pull", "--url", url, "--json", *more).json for more in ((), (), ("--full",))]
    assert [(one["stored"], one["unchanged"]) for one in pulled] == [(1, 0), (0, 0), (0, 1)]
    assert [one["citing_id"] for one in minted("doi", "show", doi, "--json").json["cited_by"]] == [
        "https://doi.org/10.1000/1"
    ]


def visit(place: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clicks on a site under gunicorn, with the middleware around it."""
    with monkeypatch.context() as site:
        site.setenv("DOITUI_DOWNLOADS", r"^/records/(?P<object_id>\d+)/files/")
        site.setenv("DOITUI_TRUSTED_HOPS", "1")
        with running(SERVERS["gunicorn sync"], place, spool) as server:
            for visitor in range(VISITORS):
                headers = {"User-Agent": BROWSER, "X-Forwarded-For": f"198.51.100.{visitor}"}
                for path in ["/records/1", *["/records/1/files/1"] * (visitor < READERS)]:
                    answer = requests.get(f"http://127.0.0.1:{server.port}{path}", headers=headers, timeout=30)
                    assert answer.status_code == 200


def wait_for_events(url: str, number: int) -> None:
    """Until the hub has made the events of the report."""
    pause = threading.Event()
    for _ in range(600):
        answer = requests.get(f"{url}/events", params={"page[size]": 0}, timeout=30)
        if answer.json()["meta"]["total"] >= number:
            return
        pause.wait(0.1)
    pytest.fail(f"never {number} events: {json.dumps(answer.json())}")

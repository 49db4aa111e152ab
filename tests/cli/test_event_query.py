"""`doitui event query` and `event pull`: events that others published about our DOIs."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from doitui.web.common.accounts import parse_account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.datacite.events import EventsClient
from doitui_core.domain.event import EventValue

Doitui = Callable[..., Any]

PASSWORD = "correct-horse-battery"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with writable events."""
    account = parse_account(f"DEMO.REPO:{PASSWORD}", ("10.5072", "10.82433"))
    with running_sandbox([account], events_writable=True, all_events=True) as sandbox:
        yield sandbox


@pytest.fixture
def doi(minted: Doitui, doi_of: Callable[[str], str]) -> str:
    return doi_of("a")


@pytest.fixture
def cited(minted: Doitui, sandbox: Sandbox, doi: str) -> Doitui:
    """Five papers cite a at the sandbox, but not here."""
    minted("setting", "set", "events_url", sandbox.url)
    client = EventsClient(sandbox.url, "DEMO.REPO", PASSWORD, deadline=20)
    for number in range(5):
        event = EventValue(f"https://doi.org/10.1000/{number}", "cites", f"https://doi.org/{doi}", "crossref")
        assert client.send(client.request(event, "theirs")).status == 201
    return minted


@pytest.fixture
def make_usage(sandbox: Sandbox) -> Callable[[int], None]:
    """`make_usage(n)`: a usage report gives the sandbox so many events of other DOIs."""

    def dataset(number: int) -> dict[str, Any]:
        days = {"begin-date": "2026-05-01", "end-date": "2026-05-31"}
        count = {"metric-type": "unique-dataset-requests", "access-method": "regular", "count": 1 + number % 7}
        return {
            "dataset-title": "T",
            "dataset-id": [{"type": "doi", "value": f"10.5072/other/{number}"}],
            "platform": "P",
            "publisher": "U",
            "publisher-id": [{"type": "client-id", "value": "u.p"}],
            "data-type": "dataset",
            "yop": "2020",
            "uri": "https://example.org/x",
            "performance": [{"period": days, "instance": [count]}],
        }

    def send(number: int) -> None:
        header = {"report-name": "dataset report", "report-id": "DSR", "release": "rd1", "created": "2026-06-01"}
        lists: dict[str, Any] = {"report-filters": [], "report-attributes": [], "exceptions": []}
        period = {"begin-date": "2026-05-01", "end-date": "2026-05-31"}
        header = {**header, "created-by": "demo", "reporting-period": period, **lists}
        document = {"report-header": header, "report-datasets": [dataset(at) for at in range(number)]}
        answer = requests.post(
            f"{sandbox.url}/reports", json=document, headers={"Authorization": f"Bearer {PASSWORD}"}, timeout=60
        )
        assert answer.status_code == 201, answer.text[:300]

    return send


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("event query --sort size", "events cannot be sorted by 'size'"),
        ("event query --page-size 1001", "Invalid value for '--page-size'"),
        ("event query --limit -1", "Invalid value for '--limit'"),
        ("event pull --repository nobody", "there is no repository 'nobody'"),
    ],
)
def test_bad_input_is_one_line(archive: Doitui, line: str, says: str) -> None:
    done = archive(*line.split())

    assert (done.code, says in done.complaint) == (2, True)


def test_all_pages_of_a_query_are_printed(cited: Doitui, doi: str) -> None:
    done = cited("event", "query", "--doi", doi, "--page-size", "2", "--json").json

    assert (sorted(row["subj_id"][-1] for row in done["events"]), done["total"]) == (["0", "1", "2", "3", "4"], 5)


def test_without_json_a_query_prints_a_table(cited: Doitui, doi: str) -> None:
    done = cited("event", "query", "--doi", doi, "--limit", "2")
    lines = done.out.splitlines()

    assert (len(lines), lines[1].split("\t")[:4], done.complaint) == (
        3,
        ["https://doi.org/10.1000/0", "cites", f"https://doi.org/{doi}", "crossref"],
        "2 of 5",
    )


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        (("--source-id", "crossref"), 5),
        (("--source-id", "nobody"), 0),
        (("--relation-type-id", "cites"), 5),
        (("--subj-id", "10.1000/3"), 1),
        (("--prefix", "10.1000"), 5),
        (("--sort", "-total"), 5),
    ],
)
def test_a_query_has_filters(cited: Doitui, sandbox: Sandbox, asked: tuple[str, str], number: int) -> None:
    done = cited("event", "query", "--url", sandbox.url, *asked, "--json")

    assert len(done.json["events"]) == number


@pytest.mark.parametrize("spelling", ["https://doi.org/{}", "doi:{}", "{} ", "http://dx.doi.org/{}"])
@pytest.mark.parametrize("option", ["--doi", "--obj-id"])
def test_a_query_accepts_any_spelling_of_a_doi(cited: Doitui, doi: str, option: str, spelling: str) -> None:
    assert cited("event", "query", option, spelling.format(doi.upper()), "--json").json["total"] == 5


@pytest.mark.parametrize(
    "asked", [("--relation-type-id", "Cites"), ("--doi", "10.1000/1,10.1000/2"), ("--year-month", "2026-05")]
)
def test_filters_are_written_as_the_server_wants_them(cited: Doitui, asked: tuple[str, str]) -> None:
    number = {"--relation-type-id": 5, "--doi": 2, "--year-month": 0}[asked[0]]

    assert cited("event", "query", *asked, "--json").json["total"] == number


@pytest.mark.parametrize("spelling", ["0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"])
def test_an_author_is_found_by_orcid(cited: Doitui, sandbox: Sandbox, doi: str, spelling: str) -> None:
    client = EventsClient(sandbox.url, "DEMO.REPO", PASSWORD, deadline=20)
    author = "https://orcid.org/0000-0002-1825-0097"
    event = EventValue(f"https://doi.org/{doi}", "is-authored-by", author, "datacite-orcid-auto-update")
    assert client.send(client.request(event, "theirs")).ok

    assert [row["obj_id"] for row in cited("event", "query", "--orcid", spelling, "--json").json["events"]] == [author]


@pytest.mark.parametrize("sort", ["obj-id", "obj_id", "-obj-id", "relevance", "created", "-updated"])
def test_every_order_can_be_asked_for(cited: Doitui, sort: str) -> None:
    assert cited("event", "query", "--sort", sort, "--json").json["total"] == 5


@pytest.mark.parametrize("options", [("--page-size", "0"), ("--statistics",)])
def test_only_the_counts_are_printed(cited: Doitui, doi: str, options: tuple[str, ...]) -> None:
    done = cited("event", "query", "--doi", doi, *options, "--json").json

    counts = done["statistics"]
    assert (done["events"], done["total"], counts["total"], counts["total_pages"]) == ([], 5, 5, 1)
    assert counts["sources"] == [{"id": "crossref", "title": "Crossref to DataCite", "count": 5}]
    assert {bucket["id"] for bucket in counts["prefixes"]} == {"10.1000", "10.5072"}
    assert counts["relation_types"][0]["year_months"][0]["sum"] == 5
    assert counts["created"][0]["count"] == counts["occurred"][0]["count"] == 5


def test_counts_of_nothing_are_empty(cited: Doitui) -> None:
    counts = cited("event", "query", "--doi", "10.1/none", "--statistics", "--json").json["statistics"]

    assert (counts["total"], counts["sources"], counts["created"]) == (0, [], [])


def test_counts_are_printed_as_csv_and_as_a_table(cited: Doitui, doi: str) -> None:
    line = ("event", "query", "--doi", doi, "--statistics", "--page-size", "2")
    written = list(csv.reader(cited(*line, "--format", "csv").out.splitlines()))

    assert written[:4] == [
        ["statistic", "id", "title", "period", "count"],
        ["total", "", "", "", "5"],
        ["total_pages", "", "", "", "3"],
        ["sources", "crossref", "Crossref to DataCite", "", "5"],
    ]
    assert len(cited(*line).out.splitlines()) == len(written)


def test_events_are_printed_as_csv_without_formulas(cited: Doitui, sandbox: Sandbox, doi: str) -> None:
    client = EventsClient(sandbox.url, "DEMO.REPO", PASSWORD, deadline=20)
    event = EventValue("=1+1\x1b[31m", "cites", f"https://doi.org/{doi}", "@evil", 3, "2026-05-01T00:00:00Z")
    assert client.send(client.request(event, "theirs")).ok
    rows = list(csv.reader(cited("event", "query", "--format", "csv", "--page-size", "2").out.splitlines()))

    assert rows[0] == ["subj_id", "relation_type_id", "obj_id", "source_id", "total", "occurred_at", "id"]
    assert len(rows) == 7
    assert rows[-1][:5] == ["'=1+1 [31m", "cites", f"https://doi.org/{doi}", "'@evil", "3"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--format", "xml"), 'Unknown format "xml"'),
        (("--format", "csv", "--json"), "contradict each other"),
        (("--year-month", "2026-5"), "'2026-5' is not a month"),
    ],
)
def test_what_cannot_be_printed_or_asked_is_one_line(doitui: Doitui, options: tuple[str, ...], says: str) -> None:
    done = doitui("event", "query", "--url", "http://127.0.0.1:9", *options)

    assert (done.code, says in done.complaint) == (2, True)


def test_json_by_either_option_is_the_same(cited: Doitui) -> None:
    assert cited("event", "query", "--format", "json").out == cited("event", "query", "--json").out


def test_past_ten_thousand_results_no_filter_and_no_event_is_lost(
    cited: Doitui, sandbox: Sandbox, make_usage: Callable[[int], None]
) -> None:
    make_usage(10_300)
    asked = ("--source-id", "datacite-usage", "--relation-type-id", "unique-dataset-requests-regular")
    for options in ((), ("--sort", "-total")):
        done = cited("event", "query", *asked, *options, "--json")
        assert {row["source_id"] for row in done.json["events"]} == {"datacite-usage"}
        assert len({row["id"] for row in done.json["events"]}) == done.json["total"] == 10_300
    assert done.complaint.startswith("only the first 10,000 of 10,300 events are sorted")


def test_a_test_system_without_event_data_is_reported(doitui: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    done = doitui("event", "query", "--url", "https://api.test.datacite.org", "--doi", "10.1/x")

    assert (done.code, done.err.count("\n")) == (4, 2)
    assert "test system, which has no Event Data: use --url https://api.datacite.org" in done.err


def test_a_query_needs_no_database(doitui: Doitui, sandbox: Sandbox) -> None:
    done = doitui("event", "query", "--url", sandbox.url, "--doi", "10.1/x")

    assert (done.code, done.out.count("\n"), done.err) == (0, 1, "no events\n0 of 0\n")


def test_an_unreachable_server_is_reported(doitui: Doitui) -> None:
    assert doitui("event", "query", "--url", "http://127.0.0.1:9", "--doi", "10.1/x").code == 4


def test_a_hub_without_https_is_asked_because_a_query_carries_no_credentials(doitui: Doitui) -> None:
    assert doitui("event", "query", "--url", "http://hub.invalid:8075", "--doi", "10.1/x").code == 4


def test_an_address_with_a_password_is_refused_and_the_password_not_shown(doitui: Doitui) -> None:
    done = doitui("event", "query", "--url", "https://me:hunter2@hub.invalid", "--doi", "10.1/x")

    assert done.code == 2
    assert "hunter2" not in done.err + done.out


NOTHING = {"stored": 0, "updated": 0, "unchanged": 0, "ignored": 0, "ignored_by_reason": {}, "dry_run": False}


def test_citations_are_pulled_and_are_no_events_of_ours(cited: Doitui) -> None:
    done = cited("event", "pull")

    assert done.out == "5 stored, 0 updated, 0 unchanged, 0 ignored\n"
    assert sum(cited("status", "--json").json["events"].values()) == 0
    assert cited("event", "list", "--json").json["events"] == []


def test_citations_that_are_known_are_not_pulled_twice(cited: Doitui) -> None:
    cited("event", "pull")

    assert cited("event", "pull", "--json").json == NOTHING | {"unchanged": 5}
    assert cited("event", "pull", "--full", "--json").json == NOTHING | {"unchanged": 5}


def test_a_dry_run_of_pull_stores_nothing(cited: Doitui) -> None:
    assert cited("event", "pull", "--dry-run").out == "would be 5 stored, 0 updated, 0 unchanged, 0 ignored\n"
    assert cited("event", "list", "--origin", "pulled", "--json").json["events"] == []


def test_a_killed_pull_is_continued(cited: Doitui, sandbox: Sandbox, start: Callable[..., Any]) -> None:
    sandbox.faults.replace(["GET /events hang count=1"])
    process = start("event", "pull")
    until_asked(sandbox)
    process.kill()
    process.communicate(timeout=30)

    assert cited("event", "pull", "--json").json == NOTHING | {"stored": 5}


def until_asked(sandbox: Sandbox) -> None:
    tick = threading.Event()
    for _ in range(3000):
        if any(entry["path"] == "/events" and entry["method"] == "GET" for entry in sandbox.requests.entries()):
            return
        tick.wait(0.01)
    pytest.fail("it did not ask")


def test_pulled_events_are_listed_when_they_are_asked_for(cited: Doitui, doi: str) -> None:
    cited("event", "pull")
    line = ("event", "list", "--origin", "pulled", "--json")
    first = cited(*line, "--limit", "2").json
    second = cited(*line, "--doi", doi, "--after", first["next"]).json

    assert sorted(row["subj_id"][-1] for row in first["events"] + second["events"]) == ["0", "1", "2", "3", "4"]
    assert {(row["origin"], row["state"], row["attempts"]) for row in second["events"]} == {("pulled", "pulled", 0)}


def test_our_events_are_listed_by_origin(cited: Doitui, doi: str) -> None:
    cited("event", "add", "--subject", doi, "--relation", "references", "--object", "10.1000/99")
    cited("event", "pull")

    assert [row["origin"] for row in cited("event", "list", "--json").json["events"]] == ["hand"]
    assert cited("event", "list", "--origin", "usage", "--json").json["events"] == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--origin", "theirs"), 'Unknown origin "theirs". Use: usage, metadata, hand, pulled'),
        (("--origin", "pulled", "--state", "failed"), "pulled events have no state"),
    ],
)
def test_an_origin_that_cannot_be_listed_is_one_line(cited: Doitui, options: tuple[str, ...], says: str) -> None:
    done = cited("event", "list", *options)

    assert (done.code, says in done.complaint) == (2, True)


def test_a_doi_shows_who_cites_it(cited: Doitui, sandbox: Sandbox, doi: str) -> None:
    client = EventsClient(sandbox.url, "DEMO.REPO", PASSWORD, deadline=20)
    event = EventValue("https://doi.org/10.1000/0", "references", f"https://doi.org/{doi}", "datacite-related")
    assert client.send(client.request(event, "theirs")).ok
    cited("event", "pull")
    works = cited("doi", "show", doi, "--json").json["cited_by"]

    assert sorted(work["citing_id"] for work in works) == [f"https://doi.org/10.1000/{at}" for at in range(5)]
    assert {tuple(work["sources"]) for work in works} == {("crossref",), ("crossref", "datacite-related")}
    lines = cited("doi", "show", doi).out.splitlines()
    assert [line.split() for line in lines if line.startswith("cited_by")] == [["cited_by", "5"]]
    assert sum("https://doi.org/10.1000/" in line for line in lines) == 5

"""`doitui event query` and `event pull`: events that others published about our DOIs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

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
    with running_sandbox([account], events_writable=True) as sandbox:
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
    lines = cited("event", "query", "--doi", doi, "--limit", "2").out.splitlines()

    assert (len(lines), lines[1].split()[:4], lines[-1]) == (
        4,
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


def test_a_query_needs_no_database(doitui: Doitui, sandbox: Sandbox) -> None:
    done = doitui("event", "query", "--url", sandbox.url, "--doi", "10.1/x")

    assert (done.code, done.out) == (0, "no events\n0 of 0\n")


def test_an_unreachable_server_is_reported(doitui: Doitui) -> None:
    assert doitui("event", "query", "--url", "http://127.0.0.1:9", "--doi", "10.1/x").code == 4


def test_a_hub_without_https_is_asked_because_a_query_carries_no_credentials(doitui: Doitui) -> None:
    assert doitui("event", "query", "--url", "http://hub.invalid:8075", "--doi", "10.1/x").code == 4


def test_an_address_with_a_password_is_refused_and_the_password_not_shown(doitui: Doitui) -> None:
    done = doitui("event", "query", "--url", "https://me:hunter2@hub.invalid", "--doi", "10.1/x")

    assert done.code == 2
    assert "hunter2" not in done.err + done.out


def test_citations_are_pulled(cited: Doitui) -> None:
    done = cited("event", "pull")

    assert (done.out, cited("status", "--json").json["events"]["submitted"]) == (
        "5 new events, 0 with a new total\n",
        5,
    )


def test_citations_that_are_known_are_not_pulled_twice(cited: Doitui) -> None:
    cited("event", "pull")

    assert cited("event", "pull", "--json").json == {"new": 0, "changed": 0}


def test_a_dry_run_of_pull_prints_the_number_of_dois(cited: Doitui) -> None:
    assert cited("event", "pull", "--dry-run").out == "would be queried: 3 DOIs\n"

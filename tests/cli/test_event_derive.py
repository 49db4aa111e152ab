"""`doitui event derive`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]

CITED = [
    {"relationType": "Cites", "relatedIdentifier": doi, "relatedIdentifierType": "DOI"}
    for doi in ("10.1038/n1", "10.999999/x")
]


@pytest.fixture
def before_events(archive: Doitui, write: Callable[..., Path], file: Path) -> Doitui:
    """`doitui` with the findable records a and b, which cite two works, and no events."""
    archive("record", "import", write("a", "b", relatedIdentifiers=CITED))
    for name in ("a", "b"):
        archive("doi", "mint", name, "--now")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM job WHERE kind = 'event'")
        connection.execute("DELETE FROM event")
        connection.execute("DELETE FROM counter WHERE name LIKE 'event.%' OR name LIKE 'job.event.%'")
    return archive


def test_missing_events_are_made_with_their_sources(before_events: Doitui) -> None:
    done = before_events("event", "derive")

    assert (done.code, done.out) == (
        0,
        "2 DOIs checked, 4 new events, 2 links with a new source\nno registration agency known for: 10.999999\n",
    )
    ids = [row["id"] for row in before_events("event", "list", "--json").json["events"]]
    shown = [before_events("event", "show", str(number), "--json").json for number in ids]
    assert sorted((row["obj_id"], row["link_source_id"], row["source_id"]) for row in shown) == [
        *[("https://doi.org/10.1038/n1", "datacite-crossref", "doitui")] * 2,
        *[("https://doi.org/10.999999/x", "", "doitui")] * 2,
    ]


def test_a_second_run_adds_nothing(before_events: Doitui) -> None:
    before_events("event", "derive")

    assert before_events("event", "derive", "--repository", "h", "--json").json == {
        "dois": 2,
        "new": 0,
        "linked": 0,
        "looked_up": 1,
        "unknown": ["10.999999"],
        "failed": [],
        "stopped": False,
    }


def test_a_dry_run_changes_nothing(before_events: Doitui, sandbox: Sandbox) -> None:
    sandbox.requests.clear()
    done = before_events("event", "derive", "--dry-run", "--json")

    expected = {"dois": 2, "would_store": 4, "would_link": 0, "would_look_up": ["10.1038", "10.999999"]}
    assert (done.json, sandbox.requests.entries()) == (expected, [])
    assert before_events("event", "list", "--json").json["events"] == []


def test_a_dry_run_in_lines(before_events: Doitui) -> None:
    assert before_events("event", "derive", "--dry-run").out.splitlines() == [
        "would be stored: 4 events of 2 DOIs",
        "would get a source: 0 links",
        "look up: 10.1038, 10.999999",
    ]


def test_a_resolver_that_fails_is_exit_code_4_and_events_are_made(before_events: Doitui, sandbox: Sandbox) -> None:
    sandbox.faults.replace(["GET /ra/* status status=503"])
    done = before_events("event", "derive")

    assert (done.code, "4 new events" in done.out, "run `doitui event derive` again" in done.err) == (4, True, True)
    assert "Traceback" not in done.err


def test_an_unknown_repository_is_named(archive: Doitui) -> None:
    done = archive("event", "derive", "--repository", "nowhere")

    assert (done.code, "no repository 'nowhere'" in done.err) == (2, True)

"""`doitui event`, from adding an event to what the Events API has."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui.web.common.accounts import parse_account
from doitui.web.sandbox.server import Sandbox, running_sandbox

Doitui = Callable[..., Any]

WORK = "https://doi.org/10.1234/x"
PAPER = "https://doi.org/10.1000/182"
CITES = {"relationType": "Cites", "relatedIdentifier": "10.1234/x", "relatedIdentifierType": "DOI"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with writable events."""
    account = parse_account("DEMO.REPO:correct-horse-battery", ("10.5072", "10.82433"))
    with running_sandbox([account], events_writable=True) as sandbox:
        yield sandbox


@pytest.fixture
def stated(archive: Doitui, write: Callable[..., Path]) -> Doitui:
    """`doitui` with the findable record a, which cites a work: pending event 1."""
    archive("setting", "set", "event_rate_limit", "1000000")
    archive("record", "import", write("a", relatedIdentifiers=[CITES]))
    archive("doi", "mint", "a", "--now")
    return archive


@pytest.fixture
def doi(stated: Doitui, doi_of: Callable[[str], str]) -> str:
    return doi_of("a")


@pytest.fixture
def viewed(stated: Doitui, file: Path) -> Doitui:
    """The same, viewed seven times; these counts are no events yet."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "INSERT INTO usage_count (day, doi_id, access_method, country, source, unique_investigations)"
            " SELECT 20000, id, 'regular', '', 'spool', 7 FROM doi"
        )
    return stated


@pytest.fixture
def refused(stated: Doitui, sandbox: Sandbox) -> Doitui:
    """Event 1 was sent and rejected."""
    sandbox.faults.replace(["PUT /events/* status status=422"])
    stated("event", "flush", "--limit", "1")
    sandbox.faults.replace([])
    return stated


def there(sandbox: Sandbox) -> list[tuple[str, str, int]]:
    """(relation, object, total) of what the sandbox holds."""
    listed = requests.get(f"{sandbox.url}/events", params={"page[size]": 1000}, timeout=20).json()["data"]
    rows = [event["attributes"] for event in listed]
    return sorted((row["relation-type-id"], row["obj-id"], row["total"]) for row in rows)


def written(file: Path) -> str:
    """The bytes of the file and its write-ahead log."""
    wal = file.with_name(file.name + "-wal")
    return hashlib.sha256(file.read_bytes() + (wal.read_bytes() if wal.exists() else b"")).hexdigest()


# list, show


def test_a_list_of_no_events_says_so(archive: Doitui) -> None:
    assert archive("event", "list").complaint == "no events"


def test_the_list_shows_the_state_of_each_event(stated: Doitui, doi: str) -> None:
    stated("event", "flush")

    assert stated("event", "list").out.split("\n")[1].split()[:5] == [
        "1",
        "submitted",
        "1",
        "cites",
        f"https://doi.org/{doi}",
    ]


def test_the_list_as_json(stated: Doitui, doi: str) -> None:
    (row,) = stated("event", "list", "--json").json["events"]
    expected = {
        "id": 1,
        "subj_id": f"https://doi.org/{doi}",
        "relation_type_id": "cites",
        "obj_id": WORK,
        "source_id": "doitui",
        "origin": "metadata",
        "state": "pending",
        "total": 1,
        "submitted_total": 0,
        "attempts": 0,
        "response_status": 0,
        "last_error": "",
    }

    assert row == expected


@pytest.mark.parametrize(("state", "number"), [("pending", 1), ("failed", 0), ("submitted", 0), ("uncertain", 0)])
def test_the_list_can_be_of_one_state(stated: Doitui, state: str, number: int) -> None:
    assert len(stated("event", "list", "--state", state, "--json").json["events"]) == number


def test_the_list_can_be_of_one_doi(stated: Doitui, doi: str) -> None:
    assert len(stated("event", "list", "--doi", doi, "--json").json["events"]) == 1


def test_the_list_has_pages(stated: Doitui, doi: str) -> None:
    for number in range(3):
        stated("event", "add", "--subject", doi, "--relation", "cites", "--object", f"10.1234/{number}")
    first = stated("event", "list", "--limit", "3", "--json").json
    second = stated("event", "list", "--after", first["next"], "--json").json

    assert ([row["id"] for row in first["events"] + second["events"]], second["next"]) == ([4, 3, 2, 1], None)


def test_the_list_says_why_events_are_not_sent(stated: Doitui) -> None:
    assert "pending and no worker is running: doitui work" in stated("event", "list").err


def test_an_event_is_shown_with_what_is_sent_and_what_was_answered(stated: Doitui, doi: str) -> None:
    stated("event", "flush")
    row = stated("event", "show", "1", "--json").json

    told_of = row["doi"], row["state"], row["response_status"], row["payload"]["obj"], row["origin"], row["in_metadata"]
    assert told_of == (doi, "submitted", 201, {"@id": WORK}, "metadata", True)


def test_the_answer_is_shown_whole(stated: Doitui) -> None:
    stated("event", "flush")
    row = stated("event", "show", "1", "--json").json

    assert json.loads(row["response"])["data"]["id"] == row["uuid"]


def test_an_event_is_shown_in_lines(stated: Doitui) -> None:
    lines = stated("event", "show", "1").out.splitlines()

    assert [line.split()[1] for line in lines if line.split()[0] in ("state", "relation_type_id", "obj_id")] == [
        "cites",
        WORK,
        "pending",
    ]


# add


def add(doitui: Doitui, doi: str, *more: str, obj: str = PAPER) -> Any:
    return doitui("event", "add", "--subject", doi, "--relation", "is-cited-by", "--object", obj, *more)


def test_an_event_is_added(stated: Doitui, doi: str) -> None:
    assert add(stated, doi).out == f"event 2 stored: https://doi.org/{doi} is-cited-by {PAPER}\n"


def test_adding_the_same_event_again_says_that_it_exists(stated: Doitui, doi: str) -> None:
    add(stated, doi)

    assert add(stated, doi).out.startswith("event 2 exists already: ")


def test_a_changed_total_is_printed(stated: Doitui, doi: str) -> None:
    add(stated, doi)

    assert add(stated, doi, "--total", "5").out.startswith("event 2 has a new total: ")


def test_an_event_is_added_as_json(stated: Doitui, doi: str) -> None:
    row = add(stated, doi, "--source", "altmetrics", "--total", "3", "--json").json

    assert (row["id"], row["new"], row["source_id"], row["total"], row["state"]) == (
        2,
        True,
        "altmetrics",
        3,
        "pending",
    )


def test_an_added_event_says_when_it_happened(stated: Doitui, doi: str) -> None:
    add(stated, doi, "--occurred-at", "2026-05-01T00:00Z")

    assert stated("event", "show", "2", "--json").json["occurred_at"] == "2026-05-01T00:00:00Z"


def test_a_dry_run_of_add_prints_the_event(stated: Doitui, doi: str) -> None:
    done = add(stated, doi, "--dry-run")

    assert done.out == f"would be stored: https://doi.org/{doi} is-cited-by {PAPER}\n"


# Bad input.


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("event list --state lost", 2, 'Unknown state "lost". Use: pending, submitted, failed, uncertain'),
        ("event list --doi 10.5072/h/none", 2, "there is no DOI '10.5072/h/none' here"),
        ("event list --after x", 2, 'Invalid cursor "x"'),
        ("event show 99", 2, "Event 99 does not exist: `doitui event list` lists events"),
        ("event show x", 2, "Invalid value"),
        ("event retry 99", 2, "Event 99 does not exist"),
        ("event retry", 2, "give event IDs, or --cause, or --all"),
        ("event retry 1 --all", 2, "give event IDs, or --cause, or --all"),
        ("event flush --limit -1", 2, "Invalid value for '--limit'"),
        ("event flush --max-attempts 0", 2, "Invalid value for '--max-attempts'"),
        ("event add --subject {doi} --relation likes --object 10.1/x", 2, "'likes' is not a relation type"),
        ("event add --subject {doi} --relation cites --object 10.1/x --total 0", 2, "Invalid value for '--total'"),
        ("event add --subject 10.9999/o --relation cites --object 10.1/x", 2, "there is no DOI '10.9999/o' here"),
        (
            "event add --subject {reserved} --relation cites --object 10.1/x",
            1,
            "is reserved: only registered or findable DOIs",
        ),
        ("event add --subject {doi} --relation cites --object 10.1/x --occurred-at now", 2, "'now' is not a time"),
    ],
)
def test_bad_input_is_one_line_and_its_code(
    stated: Doitui, doi: str, write: Callable[..., Path], line: str, code: int, says: str
) -> None:
    stated("record", "import", write("r"))
    stated("doi", "reserve", "r")
    reserved = stated("record", "show", "r", "--json").json["doi"]
    done = stated(*line.format(doi=doi, reserved=reserved).split())

    assert (done.code, says in done.err, done.err.count("\n") <= 4, "Traceback" in done.err) == (
        code,
        True,
        True,
        False,
    )


# flush


def test_a_flush_sends_pending_events(viewed: Doitui, sandbox: Sandbox, doi: str) -> None:
    done = viewed("event", "flush")

    assert (done.out, there(sandbox)) == (
        "2 events processed: 2 done\n",
        [("cites", WORK, 1), ("unique-dataset-investigations-regular", f"https://doi.org/{doi}", 7)],
    )


def test_views_are_shown_as_stored_and_as_sent(viewed: Doitui, sandbox: Sandbox, doi: str) -> None:
    viewed("event", "flush")
    row = viewed("event", "show", "2", "--json").json

    page, ours = "https://archive.example.org/a", f"https://doi.org/{doi}"
    assert (row["subj_id"], row["obj_id"]) == (ours, page)
    assert (row["sent_subj_id"], row["sent_obj_id"], row["payload"]["obj"]) == (page, ours, {"@id": ours})


def test_a_flush_with_nothing_to_send_says_so(archive: Doitui) -> None:
    assert (archive("event", "flush").out, archive("event", "flush").code) == ("0 events processed\n", 0)


def test_a_flush_as_json(viewed: Doitui) -> None:
    done = viewed("event", "flush", "--json")

    assert done.json == {"taken": 2, "outcomes": {"done": 2}, "left": [], "blocked": {}}


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("status status=401", 3, "stale or wrong token"),
        ("status status=403", 1, "DataCite gives it to its staff only; send usage reports instead"),
        ("status status=404", 3, "correct events_url"),
        ("status status=409", 1, "another write was faster"),
        ("status status=422", 1, "see what was sent with `doitui event show`"),
        ("status status=429 seconds=0", 4, "HTTP 429"),
    ],
)
def test_a_flush_that_fails_says_why(stated: Doitui, sandbox: Sandbox, fault: str, code: int, says: str) -> None:
    sandbox.faults.replace([f"PUT /events/* {fault} count=1"])
    done = stated("event", "flush", "--limit", "1")

    assert (done.code, says in done.err, "correct-horse-battery" in done.err + done.out) == (code, True, False)


def test_a_flush_without_an_account_says_what_is_missing(stated: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSWORD_OF_H")
    done = stated("event", "flush")

    assert (done.code, "PASSWORD_OF_H is not set" in done.err) == (3, True)


def test_what_would_be_sent_is_printed(viewed: Doitui, sandbox: Sandbox, doi: str) -> None:
    """The same, with views that are no events yet."""
    lines = viewed("event", "flush", "--dry-run").out.splitlines()

    bodies = [json.loads(line.split(" ", 2)[2])["data"]["attributes"] for line in lines[:-1]]
    assert ([(body["objId"], body["total"]) for body in bodies], lines[-1]) == (
        [(WORK, 1), (f"https://doi.org/{doi}", 7)],
        "would be sent: 2 events",
    )


def test_what_would_be_sent_as_json(viewed: Doitui, sandbox: Sandbox) -> None:
    rows = viewed("event", "flush", "--dry-run", "--json").json["would_send"]

    assert [(row["method"], row["url"].rpartition("/")[0]) for row in rows] == [("PUT", f"{sandbox.url}/events")] * 2


def test_what_would_be_sent_keeps_to_the_limit(viewed: Doitui) -> None:
    assert viewed("event", "flush", "--dry-run", "--limit", "1").out.endswith("would be sent: 1 event\n")


def test_there_is_no_secret_in_what_would_be_sent(viewed: Doitui) -> None:
    done = viewed("event", "flush", "--dry-run", "--json")

    assert "correct-horse-battery" not in done.out + done.err


@pytest.mark.parametrize(
    "line",
    [
        "event flush",
        "event add --subject {doi} --relation cites --object 10.1/x",
        "event retry --all",
        "event retry 1",
    ],
)
def test_a_dry_run_changes_no_byte_and_sends_nothing(
    refused: Doitui, viewed: Doitui, sandbox: Sandbox, file: Path, doi: str, line: str
) -> None:
    sandbox.requests.clear()
    before = written(file)
    done = viewed(*line.format(doi=doi).split(), "--dry-run")

    assert (done.code, written(file), sandbox.requests.entries()) == (0, before, []), done.err


def test_a_dry_run_of_pull_changes_no_byte_and_only_reads(viewed: Doitui, sandbox: Sandbox, file: Path) -> None:
    sandbox.requests.clear()
    before = written(file)
    done = viewed("event", "pull", "--dry-run")

    assert (done.code, written(file)) == (0, before), done.err
    assert {entry["method"] for entry in sandbox.requests.entries()} == {"GET"}


# retry


def test_a_failed_event_is_retried(refused: Doitui) -> None:
    assert refused("event", "retry", "1").out == "1 event set to pending\n"


def test_all_that_failed_of_a_cause_are_retried(refused: Doitui) -> None:
    assert refused("event", "retry", "--cause", "event", "--json").json == {"retried": [1], "not_retried": []}


def test_all_that_failed_of_a_cause_group_are_retried(refused: Doitui) -> None:
    (group,) = refused("report", "causes", "--json").json["causes"]
    assert group["retry"] == f"doitui event retry --cause {group['cause_group']}"
    assert refused(*group["retry"].split()[1:], "--json").json == {"retried": [1], "not_retried": []}


def test_an_event_that_has_not_failed_is_not_retried(stated: Doitui) -> None:
    done = stated("event", "retry", "1")

    assert (done.code, "event 1 is not failed: nothing to retry" in done.err) == (1, True)


def test_a_cancelled_event_can_be_retried(stated: Doitui) -> None:
    (job,) = stated("queue", "list", "--service", "events", "--json").json["jobs"]
    cancelled = stated("queue", "cancel", job["id"]).code
    (event,) = stated("event", "list", "--state", "discarded", "--json").json["events"]
    retried = stated("event", "retry", event["id"]).out

    assert (cancelled, retried) == (0, "1 event set to pending\n")


# Beside: the queue, the worker, status.


def test_the_queue_has_a_lane_of_events(stated: Doitui, doi: str) -> None:
    (job,) = stated("queue", "list", "--service", "events", "--json").json["jobs"]

    assert (job["action"], job["status"], job["doi"]) == ("event", "pending", doi)


def test_a_job_of_an_event_is_shown(stated: Doitui, doi: str) -> None:
    (job,) = stated("queue", "list", "--service", "events", "--json").json["jobs"]

    shown = stated("queue", "show", job["id"], "--json").json
    assert (shown["kind"], shown["doi"]) == ("event", doi)


def test_status_counts_events(refused: Doitui, doi: str) -> None:
    add(refused, doi)

    counts = refused("status", "--json").json["events"]
    assert {state: number for state, number in counts.items() if number} == {"pending": 1, "failed": 1}


def test_the_worker_also_sends_events(stated: Doitui, write: Callable[..., Path], sandbox: Sandbox) -> None:
    stated("record", "import", write("b"))
    stated("doi", "mint", "b")
    done = stated("work", "--drain", "--json")

    assert (done.json["outcomes"], done.json["other_services"]) == ({"done": 1}, {"events": {"done": 1}})


def test_events_of_a_backup_that_were_sent_since_are_not_there_twice(
    stated: Doitui, sandbox: Sandbox, tmp_path: Path
) -> None:
    def listed() -> list[str]:
        return [row["id"] for row in requests.get(f"{sandbox.url}/events", timeout=20).json()["data"]]

    stated("backup", tmp_path / "backup")
    stated("event", "flush")
    before = listed()
    stated("restore", tmp_path / "backup")
    assert [row["state"] for row in stated("event", "list", "--json").json["events"]] == ["pending"]
    assert stated("event", "flush").code == 0
    assert (listed(), len(before)) == (before, 1)
    assert [row["state"] for row in stated("event", "list", "--json").json["events"]] == ["submitted"]

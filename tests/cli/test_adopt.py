"""`doitui doi adopt`: DOIs that exist at DataCite get rows and records here, and nothing here is overwritten."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from doitui.web.dois.doi_record import Doi
from doitui.web.sandbox.server import Sandbox

psycopg = pytest.importorskip("psycopg", reason="PostgreSQL tests need the extra: pip install 'doitui[postgres]'")

Doitui = Callable[..., Any]
Existing = Callable[..., None]

PAGE = 1000

COMPLETE: dict[str, Any] = {
    "creators": [{"name": "Curie, Marie", "nameType": "Personal"}],
    "publisher": {"name": "Archive"},
    "publicationYear": 1902,
    "types": {"resourceTypeGeneral": "Dataset"},
}


@pytest.fixture
def archive_url(database_url: str) -> str:
    return database_url


@pytest.fixture
def harvest(archive_url: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Run a statement on the table that stores how far an adoption is; its rows."""

    def run(statement: str) -> list[tuple[Any, ...]]:
        if archive_url.startswith("sqlite"):
            with closing(sqlite3.connect(archive_url.removeprefix("sqlite:///"))) as db, db:
                return db.execute(statement).fetchall()
        with psycopg.connect(archive_url) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def existing(sandbox: Sandbox) -> Existing:
    """`existing("A1", state="draft")`: DOIs of the account that were made elsewhere; keywords are attributes."""

    def save(
        *suffixes: str, state: str = "findable", client: str = "demo.repo", prefix: str = "10.5072", **more: Any
    ) -> None:
        for suffix in suffixes:
            number = 1 + max((one.number for one in sandbox.store.newest()), default=0)
            attributes = {**COMPLETE, "titles": [{"title": f"Title {suffix}"}], **more}
            attributes["url"] = f"https://old.example.org/{suffix}"
            moment = "2020-01-02T03:04:05.000Z"
            registered = None if state == "draft" else moment
            sandbox.store.save(
                Doi(number, f"{prefix}/{suffix}".upper(), client, state, attributes, moment, moment, registered)
            )

    return save


@pytest.fixture
def many(sandbox: Sandbox) -> None:
    """A page of DOIs, and three more."""
    for number in range(1, PAGE + 4):
        attributes = {"titles": [{"title": f"{number}"}], "url": "https://old.example.org/"}
        moment = "2020-01-02T03:04:05.000Z"
        sandbox.store.save(
            Doi(number, f"10.5072/N{number}", "demo.repo", "findable", attributes, moment, moment, moment)
        )


def counts(done: Any) -> tuple[int, int, int, int]:
    found = done.json
    return found["inserted"], found["updated"], found["unchanged"], len(found["rejected"])


def shown(archive: Doitui, doi: str) -> dict[str, Any]:
    found: dict[str, Any] = archive("doi", "show", doi, "--json").json
    return found


@pytest.mark.parametrize(
    ("state", "status", "published"),
    [("findable", "findable", True), ("registered", "registered", False), ("draft", "draft", False)],
)
def test_a_doi_without_a_record_gets_one(
    archive: Doitui, existing: Existing, state: str, status: str, published: bool
) -> None:
    existing("ABC", state=state)
    assert counts(archive("doi", "adopt", "--json")) == (1, 0, 0, 0)
    found = shown(archive, "10.5072/abc")
    assert (found["status"], found["remote"], found["certainty"], found["marks"]) == (status, state, "confirmed", [])
    assert found["minted_at"] == (None if state == "draft" else "2020-01-02T03:04:05Z")
    record = archive("record", "show", "10.5072/abc", "--json").json
    assert (record["url"], record["title"], record["published"]) == (
        "https://old.example.org/ABC",
        "Title ABC",
        published,
    )
    assert set(archive("status", "--json").json["jobs"].values()) == {0}


def test_its_local_identifier_is_the_object_id(archive: Doitui, existing: Existing) -> None:
    existing("A", identifiers=[{"identifier": "ms-1", "identifierType": "Local"}])
    archive("doi", "adopt")
    assert archive("record", "show", "ms-1", "--json").json["doi"] == "10.5072/a"


def test_again_nothing_changes(archive: Doitui, existing: Existing) -> None:
    existing("A", "B")
    archive("doi", "adopt")
    assert counts(archive("doi", "adopt", "--json")) == (0, 0, 2, 0)


def test_a_record_here_keeps_its_content_and_gets_its_doi(archive: Doitui, existing: Existing, write: Any) -> None:
    existing("x", identifiers=[{"identifier": "a", "identifierType": "Local"}])
    archive("record", "import", write("a", "b"))
    before = archive("record", "show", "a", "--json").json
    assert counts(archive("doi", "adopt", "--json")) == (0, 1, 0, 0)
    after = archive("record", "show", "a", "--json").json
    assert (after["title"], after["url"], after["doi"]) == (before["title"], before["url"], "10.5072/x")
    assert shown(archive, "10.5072/x")["marks"] == ["changed"]


def test_an_imported_doi_gets_its_state(archive: Doitui, existing: Existing, write: Any) -> None:
    existing("a")
    archive("record", "import", write("a", doi="10.5072/A"))
    assert counts(archive("doi", "adopt", "--json")) == (0, 1, 0, 0)
    assert (shown(archive, "10.5072/a")["status"], shown(archive, "10.5072/a")["doi"]) == ("findable", "10.5072/A")


def test_a_state_known_here_is_asked_for_not_taken_from_the_list(minted: Doitui, sandbox: Sandbox, doi_of: Any) -> None:
    minted("doi", "deactivate", doi_of("a"), "--reason", "withdrawn", "--now")
    sandbox.requests.clear()
    assert counts(minted("doi", "adopt", "--json")) == (0, 0, 3, 0)
    assert shown(minted, doi_of("a"))["status"] == "tombstone"
    assert [one["path"] for one in sandbox.requests.entries()] == ["/dois"]


def test_dois_of_others_under_the_same_prefix_stay_theirs(archive: Doitui, existing: Existing) -> None:
    existing("mine")
    existing("theirs", client="other.repo")
    assert counts(archive("doi", "adopt", "--json")) == (1, 0, 0, 0)


def test_a_doi_of_our_account_is_ours_whatever_its_prefix(archive: Doitui, existing: Existing, write: Any) -> None:
    existing("a", prefix="10.82433")
    archive("record", "import", write("a", doi="10.82433/A"))
    assert archive("record", "show", "a", "--json").json["doi"] is None
    assert counts(archive("doi", "adopt", "--json")) == (0, 1, 0, 0)
    assert archive("record", "show", "a", "--json").json["doi"] == "10.82433/a"
    assert archive("record", "import", write("a", doi="10.82433/a")).code == 0
    assert archive("record", "show", "a", "--json").json["doi"] == "10.82433/a"


def test_only_one_prefix(archive: Doitui, existing: Existing) -> None:
    existing("a")
    existing("b", prefix="10.82433")
    assert counts(archive("doi", "adopt", "--prefix", "10.82433", "--json")) == (1, 0, 0, 0)
    assert archive("doi", "adopt", "--prefix", "nonsense").code == 2


def test_a_dry_run_changes_nothing(archive: Doitui, existing: Existing, harvest: Any) -> None:
    existing("a", "b")
    done = archive("doi", "adopt", "--dry-run")
    assert (done.code, done.out) == (0, "2 DOIs would be adopted (2 new, 0 updated, 0 unchanged), 0 rejected\n")
    assert archive("doi", "list", "--json").json["dois"] == []
    assert harvest("SELECT count(*) FROM harvest") == [(0,)]


def test_a_record_with_another_doi_is_rejected_by_name(archive: Doitui, existing: Existing, write: Any) -> None:
    existing("x", "y", identifiers=[{"identifier": "a", "identifierType": "Local"}])
    archive("record", "import", write("a", doi="10.5072/own"))
    done = archive("doi", "adopt", "--json")
    assert (done.code, [row["doi"] for row in done.json["rejected"]]) == (1, ["10.5072/x", "10.5072/y"])
    assert "record a has the DOI 10.5072/own" in done.json["rejected"][0]["error"]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("fault", ["status status=503", "html status=200", "status status=429", "reset"])
def test_a_page_that_fails_once_is_asked_for_again(archive: Doitui, sandbox: Sandbox, fault: str) -> None:
    sandbox.faults.replace([f"GET /dois {fault} count=1"])
    assert counts(archive("doi", "adopt", "--json")) == (PAGE + 3, 0, 0, 0)


@pytest.mark.usefixtures("many")
def test_a_list_that_cannot_be_read_ends_with_exit_code_4(archive: Doitui, sandbox: Sandbox) -> None:
    sandbox.faults.replace(["GET /dois status status=500"])
    done = archive("doi", "adopt")
    assert (done.code, done.complaint.endswith("0 DOIs read before; the same command continues from there")) == (
        4,
        True,
    )


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM])
def test_the_same_command_continues_after_the_process_was_ended(
    archive: Doitui, sandbox: Sandbox, start: Any, until: Any, harvest: Any, stop: signal.Signals
) -> None:
    sandbox.faults.replace(["GET /dois latency seconds=60 every=2"])
    process = start("doi", "adopt")
    until(lambda: bool(harvest("SELECT 1 FROM harvest WHERE token != ''")))
    process.send_signal(stop)
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    sandbox.faults.replace([])
    done = archive("doi", "adopt", "--json")
    assert (counts(done), done.json["continued"]) == ((3, 0, 0, 0), True)
    assert len(archive("doi", "list", "--limit", "0", "--json").json["dois"]) == PAGE + 3


@pytest.mark.usefixtures("many")
def test_a_refused_cursor_begins_anew(archive: Doitui, sandbox: Sandbox) -> None:
    sandbox.faults.replace(["GET /dois status status=400 every=2 count=1"])
    assert counts(archive("doi", "adopt", "--json")) == (PAGE + 3, 0, PAGE, 0)


@pytest.mark.usefixtures("many")
def test_an_unknown_cursor_begins_anew(archive: Doitui, harvest: Any) -> None:
    archive("doi", "adopt")
    harvest("UPDATE harvest SET token = 'nonsense'")
    done = archive("doi", "adopt", "--json")
    assert (counts(done), done.json["continued"]) == ((0, 0, PAGE + 3, 0), True)


def test_imported_dois_of_published_records_are_assumed_to_be_registered(
    archive: Doitui, write: Any, existing: Existing
) -> None:
    archive("record", "import", write("a", doi="10.5072/a"))
    archive("record", "import", write("b", doi="10.5072/b"), "--unpublished")
    archive("record", "import", write("c", doi="10.1594/c"))
    before = shown(archive, "10.5072/a")
    done = archive("doi", "adopt", "--assume-registered", "--json")
    assert done.json == {"assumed": 1, "unchanged": 0, "foreign": 1}
    after = shown(archive, "10.5072/a")
    assert (after["status"], after["remote"], after["certainty"]) == ("registered", "registered", "uncertain")
    assert [after[name] for name in ("minted_at", "created_at", "updated_at")] == [
        before[name] for name in ("minted_at", "created_at", "updated_at")
    ]
    assert shown(archive, "10.5072/b")["remote"] == "unknown"
    existing("a")
    archive("doi", "adopt")
    settled = shown(archive, "10.5072/a")
    assert (settled["status"], settled["certainty"]) == ("findable", "confirmed")


def test_sync_settles_what_was_assumed(archive: Doitui, write: Any, existing: Existing) -> None:
    archive("record", "import", write("a", doi="10.5072/a"))
    archive("doi", "adopt", "--assume-registered")
    existing("a", state="registered")
    archive("sync")
    assert shown(archive, "10.5072/a")["certainty"] == "confirmed"


def test_what_doitui_sent_is_not_assumed(minted: Doitui) -> None:
    assert json.loads(minted("doi", "adopt", "--assume-registered", "--json").out)["assumed"] == 0

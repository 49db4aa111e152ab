"""`--json`: one document on stdout, with the shapes of INTERFACE 2."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]

DOI = {"doi", "object_id", "repository", "status", "marks", "wanted", "remote", "certainty", "verification", "url"}
DOI |= {"title", "created_at", "minted_at", "updated_at"}
JOB = {"id", "doi", "object_id", "title", "action", "status", "attempts", "max_attempts", "scheduled_at"}
JOB |= {"last_error", "cause"}


def test_status(minted: Doitui) -> None:
    found = minted("status", "--json").json
    assert set(found) >= {"dois", "jobs", "events", "spool", "workers"}
    assert set(found["dois"]) >= {"total", "findable", "reserved", "failed", "uncertain", "changed", "pending"}
    assert set(found["jobs"]) >= {"pending", "processing", "completed", "failed", "uncertain", "blocked", "cancelled"}
    assert found["spool"] == {"files": 0, "bytes": 0}


def test_status_counts(minted: Doitui) -> None:
    found = minted("status", "--json").json
    assert (found["dois"]["total"], found["dois"]["findable"], found["jobs"]["completed"]) == (3, 3, 3)


def test_doi_list(minted: Doitui) -> None:
    found = minted("doi", "list", "--json").json
    assert set(found) == {"dois", "next"}
    assert all(set(row) >= DOI for row in found["dois"])


def test_doi_show(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    assert set(minted("doi", "show", doi_of("a"), "--json").json) >= DOI | {"last_error", "cause"}


def test_doi_history(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    found = minted("doi", "history", doi_of("a"), "--json").json
    assert set(found) == {"log", "attempts"}
    assert [entry["action"] for entry in found["log"]] == ["reserve", "mint", "mint"]
    assert found["attempts"][0]["sent"]["titles"] == [{"title": "Record a"}]


def test_queue_list(minted: Doitui) -> None:
    found = minted("queue", "list", "--json").json
    assert set(found) == {"jobs", "next"}
    assert all(set(row) >= JOB for row in found["jobs"])


def test_queue_show(minted: Doitui) -> None:
    assert set(minted("queue", "show", 1, "--json").json) >= JOB


def test_times_are_utc_with_a_z(minted: Doitui) -> None:
    row = minted("doi", "list", "--limit", 1, "--json").json["dois"][0]
    times = [row[name] for name in ("created_at", "minted_at", "updated_at")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)


def test_a_reserved_doi_has_no_time_of_mint(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a"))
    archive("doi", "reserve", "a")
    assert archive("doi", "list", "--json").json["dois"][0]["minted_at"] is None


@pytest.mark.parametrize(
    "state", ["registered", "verified", "unregistered", "findable", "failed", "changed", "pending"]
)
def test_states_marks_and_opus_words_are_states(minted: Doitui, state: str) -> None:
    assert minted("doi", "list", "--state", state, "--json").code == 0


#: After three mints. `{}` is the DOI of record a.
PRINTING = (
    "init",
    "status",
    "work --drain",
    "work --dry-run",
    "repository list",
    "repository show h",
    "repository set h --publisher Nobody",
    "repository set k --prefix 10.82433 --dry-run",
    "repository remove h",
    "setting list",
    "setting get lease_seconds",
    "setting set lease_seconds 20",
    "setting unset lease_seconds",
    "record list",
    "record show a",
    "record show a b",
    "record import {file}",
    "doi list",
    "doi show {doi}",
    "doi history {doi}",
    "doi reserve a",
    "doi mint a",
    "doi mint a --dry-run",
    "doi update {doi}",
    "doi update {doi} --now",
    "doi verify {doi} --now",
    "doi adopt {doi}",
    "doi deactivate {doi} --reason gone --now",
    "batch mint --all",
    "queue list",
    "queue show 1",
    "queue retry --all",
    "queue retry 1",
    "queue cancel 1",
)


@pytest.mark.parametrize("line", PRINTING)
def test_stdout_is_one_document(
    minted: Doitui, doi_of: Callable[[str], str], write: Callable[..., Path], line: str
) -> None:
    typed = line.format(doi=doi_of("a"), file=write("d", "a", creators=[]))
    done = minted(*typed.split(), "--json")
    assert done.out == "" or isinstance(done.json, dict)
    assert done.out or done.code == 2


def test_a_failed_item_is_in_the_document(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    done = minted("doi", "verify", doi_of("a"), "10.5072/nope", "--json")
    assert [("error" in row) for row in done.json["results"]] == [False, True]


def test_an_import_prints_the_result_of_each_document(
    archive: Doitui, write: Callable[..., Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    found = archive("record", "import", write("a", "b"), bad, "--json").json
    assert (found["imported"], found["created"], found["rejected"][0]["place"]) == (2, 2, str(bad))


def test_importing_again_changes_nothing(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", "b"))
    found = archive("record", "import", write("a", "b", "c"), "--json").json
    assert (found["created"], found["updated"], found["unchanged"]) == (1, 0, 2)


def test_a_batch_prints_counts_and_reasons(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", "b"))
    archive("record", "import", "--unpublished", write("c"))
    found = archive("batch", "mint", "--all", "--json").json
    assert (found["queued"], found["skipped"], found["reasons"]) == (2, 1, {"not published": 1})


def test_a_batch_takes_drafts_of_unpublished_records(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", "--unpublished", write("c"))
    assert archive("batch", "mint", "--state", "draft", "--json").json["queued"] == 1


def test_a_worker_prints_its_outcomes(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", "b"))
    archive("batch", "mint")
    found = archive("work", "--drain", "--json").json
    nothing_else = {"left": [], "blocked": {}, "other_services": {}, "misconfigured": [], "unsent_mails": 0}
    assert found == {"taken": 2, "outcomes": {"done": 2}} | nothing_else


def test_a_setting_has_its_source(doitui: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    doitui("init")
    doitui("setting", "set", "lease_seconds", "20")
    monkeypatch.setenv("DOITUI_LEASE_SECONDS", "30")
    found = doitui("setting", "get", "lease_seconds", "--json").json
    assert (found["value"], found["source"]) == ("30", "DOITUI_LEASE_SECONDS")


def test_a_repository_beats_the_environment(archive: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    archive("setting", "set", "lease_seconds", "20", "--repository", "h")
    monkeypatch.setenv("DOITUI_LEASE_SECONDS", "30")
    found = archive("setting", "get", "lease_seconds", "--repository", "h", "--json").json
    assert (found["value"], found["source"]) == ("20", "repository")


def test_a_dry_run_of_repository_set_shows_what_it_would_be(archive: Doitui) -> None:
    line = ("repository", "set", "h", "--publisher", "Nobody", "--inactive", "--json")
    assert archive(*line, "--dry-run").json == archive(*line).json

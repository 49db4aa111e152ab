"""The nightly runs as in OPUS: result, messages, exit codes, and one mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]


@pytest.fixture
def reserved(archive: Doitui, write: Callable[..., Path]) -> Doitui:
    """Three published records with DOIs that are not registered."""
    for name in "abc":
        archive("record", "import", write(name))
        archive("doi", "reserve", name)
    return archive


def test_what_is_unregistered_is_registered(reserved: Doitui, doi_of: Callable[[str], str]) -> None:
    done = reserved("cron", "register-local", "--json")

    assert (done.code, done.json["processed"], done.json["failed"]) == (0, 3, 0)
    assert done.json["documents"]["a"] == {"msg": doi_of("a"), "error": False}
    assert reserved("status", "--json").json["dois"]["findable"] == 3


def test_messages_are_those_of_opus(reserved: Doitui) -> None:
    assert reserved("cron", "register-local").out == "3 documents have been processed\n"
    assert reserved("cron", "register-local").out == "could not find matching documents for DOI registration\n"
    assert reserved("cron", "verify-local").out == "could not find matching documents for DOI verification\n"


def test_a_failed_document_is_one_line_and_the_others_are_processed(reserved: Doitui, sandbox: Sandbox) -> None:
    sandbox.faults.replace(["POST /dois status status=422 count=1"])

    done = reserved("cron", "register-local")

    assert (done.code, done.out) == (1, "3 documents have been processed\n")
    assert done.complaint.partition(":")[0] in "abc"
    assert reserved("status", "--json").json["dois"]["findable"] == 2


def test_the_next_run_tries_failed_documents_again(reserved: Doitui, sandbox: Sandbox) -> None:
    sandbox.faults.replace(["POST /dois status status=422 count=3"])
    assert reserved("cron", "register-local").code == 1

    assert reserved("cron", "register-local").code == 0
    assert reserved("status", "--json").json["dois"]["findable"] == 3


def test_a_wrong_password_is_a_configuration_error(reserved: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_OF_H", "wrong")

    assert reserved("cron", "register-local").code == 3


def test_a_stopped_server_is_unreachable(reserved: Doitui) -> None:
    reserved("repository", "set", "h", "--url", "http://127.0.0.1:9")

    assert reserved("cron", "register-local").code == 4
    assert reserved("status", "--json").json["jobs"]["pending"] == 3


def test_zero_hours_verify_all(reserved: Doitui) -> None:
    reserved("cron", "register-local")

    done = reserved("cron", "verify-local", "--delay-hours", 0, "--json")

    assert (done.code, done.json["processed"]) == (0, 3)
    assert reserved("cron", "verify-local", "--delay-hours", 0, "--json").json["processed"] == 3


def test_a_doi_that_leads_elsewhere_is_reported_and_downgraded(
    reserved: Doitui, sandbox: Sandbox, doi_of: Callable[[str], str]
) -> None:
    reserved("cron", "register-local")
    reserved("cron", "verify-local", "--delay-hours", 0)
    there = sandbox.store.find(doi_of("a"))
    assert there is not None
    moved = {**there.attributes, "url": "https://elsewhere.example.org/"}
    sandbox.store.save(replace(there, attributes=moved))

    done = reserved("cron", "verify-local", "--delay-hours", 0)

    assert (done.code, done.out) == (1, "3 documents have been processed\n")
    assert "elsewhere.example.org" in done.complaint
    assert reserved("doi", "show", doi_of("a"), "--json").json["verification"] == "mismatch"


def test_a_dry_run_counts(reserved: Doitui) -> None:
    assert reserved("cron", "register-local", "--dry-run", "--json").json == {"due": 3}
    assert reserved("status", "--json").json["dois"]["reserved"] == 3


def test_documents_of_several_repositories_have_their_code(reserved: Doitui) -> None:
    reserved("repository", "set", "other", "--prefix", "10.82433")

    assert "h:a" in reserved("cron", "register-local", "--json").json["documents"]


def test_the_log_has_opus_lines(
    reserved: Doitui, sandbox: Sandbox, start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOITUI_LOG", str(tmp_path / "doi.log"))
    sandbox.faults.replace(["POST /dois status status=422 count=1"])

    start("cron", "register-local").communicate()

    lines = (tmp_path / "doi.log").read_text().splitlines()
    assert sum(line.endswith("was registered successfully") for line in lines) == 2
    assert sum("an error occurred while registering DOI 10.5072/h/" in line for line in lines) == 1
    assert lines[-1].endswith("INFO: number of successful DOI registrations: 2")


def test_without_a_log_a_failure_is_one_line(reserved: Doitui, sandbox: Sandbox, start: Callable[..., Any]) -> None:
    sandbox.faults.replace(["POST /dois status status=403 count=1"])

    _, err = start("doi", "mint", "a", "--now").communicate()

    assert err.count("\n") == 1


def test_a_log_that_cannot_be_written_is_reported_once_and_stops_nothing(
    reserved: Doitui, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOITUI_LOG", "/nowhere/doi.log")

    process = start("cron", "register-local")
    out, err = process.communicate()

    assert (process.returncode, out) == (0, "3 documents have been processed\n")
    assert err.count("\n") == 1
    assert "/nowhere/doi.log cannot be written" in err

"""Errors end with their exit code (INTERFACE 1) and one line on stderr."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]

USAGE = {
    "an unknown command": "nope",
    "a group without a command": "doi",
    "a missing argument": "doi mint",
    "an unknown option": "status --nope",
    "a missing --reason": "doi deactivate 10.5072/x",
    "an unknown record": "doi mint nobody",
    "an unknown DOI": "doi show 10.5072/nope",
    "an unknown DOI to update": "doi update 10.5072/nope",
    "an unknown job": "queue show 4711",
    "an unknown job to retry": "queue retry 4711",
    "an unknown job to cancel": "queue cancel 4711",
    "a job that is no number": "queue cancel x",
    "a job beyond any number": "queue show 99999999999999999999999",
    "an unknown repository": "repository show nope",
    "an unknown repository to remove": "repository remove nope",
    "an unknown repository in a list": "doi list --repository nope",
    "an unknown repository in the records": "record list --repository nope",
    "an unknown repository to mint": "batch mint --repository nope",
    "an unknown state": "doi list --state nope",
    "an unknown job status": "queue list --status nope",
    "a key that is none": "doi list --after nope",
    "a key beyond any number": "record list --after 99999999999999999999999",
    "a limit below nothing": "doi list --limit -1",
    "a limit beyond any number": "doi list --limit 99999999999999999999999",
    "an unknown setting": "setting get nope",
    "a setting that nothing reads yet": "setting set auto_tag 1",
    "a setting that is no number": "setting set lease_seconds soon",
    "a setting without a value": "setting set lease_seconds",
    "a value and --stdin": "setting set lease_seconds 5 --stdin",
    "a password as it is": "setting set datacite_password hunter2",
    "a prefix that is none": "repository set h --prefix abc",
    "an address that is none": "repository set h --url datacite",
    "a code that is none": "repository set h/x",
    "two places of a password": "repository set h --password-env A --password-file B",
    "a file that is not there": "record import nope.xml",
    "a folder": "record import .",
    "retry without saying what": "queue retry",
    "retry with too much": "queue retry --all --cause x",
    "a state that is none": "doi mint a --state gone",
    "no time at all": "work --every 0",
    "not a number of seconds": "status --every nan",
    "two kinds of output": "status --watch --json",
    "no threads": "work --threads 0",
    "a port that is none": "sandbox --port 99999",
    "a fault that is none": "sandbox --port 0 --fault nonsense",
    "an account that is none": "sandbox --port 0 --account NAME",
}


@pytest.mark.parametrize("line", USAGE.values(), ids=USAGE)
def test_wrong_usage_is_2_and_one_line(archive: Doitui, line: str) -> None:
    done = archive(*line.split())
    assert (done.code, bool(done.complaint)) == (2, True)


@pytest.mark.parametrize("line", USAGE.values(), ids=USAGE)
def test_an_error_leaves_stdout_empty_or_one_document(archive: Doitui, line: str) -> None:
    done = archive(*line.split(), "--json")
    assert done.out == "" or isinstance(done.json, dict)


URLS = {
    "another scheme": ("mysql://h/d", 2),
    "no file": ("sqlite://t.db", 2),
    "nothing": ("", 2),
    "no database's name": ("postgresql://127.0.0.1", 2),
    "a host that is none": ("postgresql://[::1/db", 2),
    "no such file": ("sqlite:////nonexistent/t.db", 3),
    "a folder": ("sqlite:////tmp", 3),
    "nobody listens": ("postgresql://u@127.0.0.1:1/db", 3),
}


@pytest.mark.parametrize(("url", "code"), URLS.values(), ids=URLS)
def test_a_database_that_cannot_be_used_is_one_line(typed: Doitui, url: str, code: int) -> None:
    done = typed("--database", url, "status")
    assert (done.code, bool(done.complaint)) == (code, True)


@pytest.mark.parametrize(
    "line", ["status", "doi list", "batch mint", "record import x", "work --drain", "setting list"]
)
def test_without_a_database_the_set_up_is_named(doitui: Doitui, line: str) -> None:
    done = doitui(*line.split())
    assert (done.code, "doitui init" in done.complaint) == (3, True)


def test_an_empty_file_is_no_database_yet(doitui: Doitui, file: Path) -> None:
    file.touch()
    done = doitui("status")
    assert (done.code, "doitui init" in done.complaint) == (3, True)


def test_a_file_that_is_no_database_is_3(doitui: Doitui, file: Path) -> None:
    file.write_bytes(b"letters to my sister" * 100)
    done = doitui("init")
    assert (done.code, "not a database" in done.complaint) == (3, True)


@pytest.mark.parametrize("command", ["init", "status", "work"])
def test_a_newer_schema_is_refused(doitui: Doitui, file: Path, command: str) -> None:
    doitui("init")
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO schema_migration SELECT 999, 'newer', max(applied_at) FROM schema_migration")
    connection.close()
    done = doitui(command)
    assert (done.code, "999" in done.complaint) == (3, True)


def test_a_place_where_nothing_can_be_made_is_3(typed: Doitui) -> None:
    done = typed("--database", "sqlite:////proc/nowhere/t.db", "init")
    assert (done.code, "cannot be created" in done.complaint) == (3, True)


def test_a_locked_server_account_is_3(typed: Doitui, postgres: str) -> None:
    done = typed("--database", "postgresql://no_such_role:hunter2@127.0.0.1/test", "status")
    assert (done.code, "no_such_role" in done.complaint, "hunter2" in done.err) == (3, True, False)


def test_an_import_without_a_repository_is_3(doitui: Doitui, write: Callable[..., Path]) -> None:
    doitui("init")
    done = doitui("record", "import", write("a"))
    assert (done.code, "doitui repository set" in done.complaint) == (3, True)


def test_an_inactive_repository_is_none(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("repository", "set", "h", "--inactive")
    assert archive("record", "import", write("a")).code == 3


def test_some_bad_files_are_1_and_named(archive: Doitui, write: Callable[..., Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    done = archive("record", "import", write("a"), bad)
    assert (done.code, str(bad) in done.complaint) == (1, True)


def test_only_bad_files_are_2(archive: Doitui, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    done = archive("record", "import", bad, bad)
    assert (done.code, done.err.count(str(bad))) == (2, 2)


def test_a_record_datacite_would_refuse_is_1(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", creators=[]))
    done = archive("doi", "mint", "a")
    assert (done.code, "creator_missing" in done.complaint) == (1, True)


def test_a_refusal_in_a_batch_is_1(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", creators=[]))
    done = archive("batch", "mint", "--all")
    assert (done.code, "creator_missing" in done.complaint) == (1, True)


def test_an_id_of_two_repositories_is_2_and_names_both(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("repository", "set", "k", "--prefix", "10.82433")
    for code in ("h", "k"):
        archive("record", "import", "--repository", code, write("a"))
    done = archive("doi", "mint", "a")
    assert (done.code, "h:a" in done.complaint, "k:a" in done.complaint) == (2, True, True)


def test_code_and_id_name_one_of_two(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("repository", "set", "k", "--prefix", "10.82433")
    for code in ("h", "k"):
        archive("record", "import", "--repository", code, write("a"))
    assert archive("record", "show", "k:a", "--json").json["repository"] == "k"


def test_two_repositories_want_to_be_named(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("repository", "set", "k", "--prefix", "10.82433")
    done = archive("record", "import", write("a"))
    assert (done.code, "h or k" in done.complaint) == (2, True)


@pytest.mark.parametrize("line", ["doi mint a --now", "work --drain"], ids=["at once", "through the queue"])
def test_a_password_that_is_not_set_is_3(
    archive: Doitui, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    archive("record", "import", write("a", "b"))
    archive("batch", "mint", "b")
    monkeypatch.delenv("PASSWORD_OF_H")
    done = archive(*line.split())
    assert (done.code, "PASSWORD_OF_H" in done.complaint) == (3, True)


@pytest.mark.parametrize("line", ["doi update {} --now", "doi adopt {}", "doi verify {} --now"])
def test_a_wrong_password_is_3(
    minted: Doitui, doi_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    doi = doi_of("a")
    monkeypatch.setenv("PASSWORD_OF_H", "another")
    done = minted(*line.format(doi).split())
    assert (done.code, "password" in done.complaint) == (3, True)


def test_a_wrong_password_in_the_queue_is_one_notice(
    minted: Doitui, doi_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    minted("doi", "update", *map(doi_of, "abc"))
    monkeypatch.setenv("PASSWORD_OF_H", "another")
    done = minted("work", "--drain")
    assert (done.code, "password" in done.complaint) == (3, True)


@pytest.mark.parametrize("line", ["doi update {} --now", "doi adopt {}", "doi verify {} --now"])
def test_a_server_that_is_not_there_is_4(
    minted: Doitui, doi_of: Callable[[str], str], sandbox: Sandbox, line: str
) -> None:
    minted("repository", "set", "h", "--url", "http://127.0.0.1:1")
    done = minted(*line.format(doi_of("a")).split())
    assert (done.code, "127.0.0.1:1" in done.complaint) == (4, True)


def test_a_worker_that_reaches_nobody_is_4(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a"))
    archive("batch", "mint", "--all")
    archive("repository", "set", "h", "--url", "http://127.0.0.1:1")
    done = archive("work", "--drain")
    assert (done.code, bool(done.complaint)) == (4, True)


def test_test_data_never_goes_to_production(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("repository", "set", "h", "--url", "https://api.datacite.org")
    archive("record", "import", write("a"))
    done = archive("doi", "mint", "a", "--now")
    assert (done.code, "api.datacite.org" in done.complaint) == (3, True)


def test_a_doi_that_was_never_sent_by_us_is_not_overwritten(
    archive: Doitui, write: Callable[..., Path], sandbox: Sandbox
) -> None:
    import requests

    archive("record", "import", write("a"))
    doi = archive("doi", "reserve", "a", "--json").json["results"][0]["doi"]
    body = {"data": {"type": "dois", "attributes": {"doi": doi, "titles": [{"title": "by hand"}]}}}
    with requests.Session() as session:
        session.trust_env = False
        session.auth = ("DEMO.REPO", "correct-horse-battery")
        session.post(f"{sandbox.url}/dois", json=body, timeout=10).raise_for_status()
    done = archive("doi", "mint", "a", "--now")
    assert (done.code, "doitui doi adopt" in done.complaint) == (1, True)


def test_some_of_several_items_failed_is_1(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    done = minted("doi", "verify", doi_of("a"), "10.5072/nope")
    assert (done.code, "10.5072/nope" in done.complaint) == (1, True)


def test_a_tombstone_stays(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    minted("doi", "deactivate", doi_of("a"), "--reason", "gone", "--now")
    done = minted("doi", "mint", "a")
    assert (done.code, "restore" in done.complaint) == (1, True)


def test_an_error_has_no_traceback(doitui: Doitui) -> None:
    assert "Traceback" not in doitui("status").err


def test_debug_shows_the_traceback(typed: Doitui, file: Path) -> None:
    assert "Traceback" in typed("--debug", "--database", f"sqlite:///{file}", "status").err


def test_doitui_alone_shows_what_there_is(typed: Doitui) -> None:
    done = typed()
    assert (done.code, done.err, "Set up:" in done.out) == (0, "", True)


def test_the_flag_beats_the_environment(doitui: Doitui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOITUI_DATABASE", f"sqlite:///{tmp_path / 'other.db'}")
    doitui("init")
    assert [path.name for path in tmp_path.glob("*.db")] == ["doitui.db"]


def test_the_environment_names_the_database(typed: Doitui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOITUI_DATABASE", f"sqlite:///{tmp_path / 'other.db'}")
    typed("init")
    assert [path.name for path in tmp_path.glob("*.db")] == ["other.db"]


def test_without_either_it_is_in_the_users_data(typed: Doitui, home: Path) -> None:
    typed("init")
    assert (home / "data" / "doitui" / "doitui.db").exists()


def test_a_new_database_is_the_owners_alone(doitui: Doitui, file: Path) -> None:
    doitui("init")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["setting set lease_seconds 5", "repository set h", "init"])
def test_a_database_that_cannot_be_written_is_3(
    doitui: Doitui, file: Path, start: Start, as_anybody: list[str], line: str
) -> None:
    doitui("init")
    file.chmod(0o400)
    process = start(*line.split(), before=as_anybody)
    out, err = process.communicate()
    assert (process.returncode, out, err.count("\n")) == (3, "", 1)


def test_a_database_that_cannot_be_written_can_be_read(
    doitui: Doitui, file: Path, start: Start, as_anybody: list[str]
) -> None:
    doitui("init")
    file.chmod(0o400)
    process = start("status", before=as_anybody)
    assert (process.communicate()[1], process.returncode) == ("", 0)


def test_a_folder_in_which_nothing_can_be_made_is_3(tmp_path: Path, start: Start, as_anybody: list[str]) -> None:
    tmp_path.chmod(0o500)
    process = start("init", before=as_anybody)
    _, err = process.communicate()
    tmp_path.chmod(0o700)
    assert (process.returncode, err.count("\n")) == (3, 1)

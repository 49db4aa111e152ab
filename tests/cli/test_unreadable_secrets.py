"""An unreadable secret: one line with setting and place, exit 3, and a FAIL of `doctor`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]

#: How a secret can fail: what is set, and what is said of it.
REFERENCES = {
    "unset": ("env:TOK", "the environment variable TOK is not set"),
    "empty": ("env:EMPTY", "the environment variable EMPTY is empty"),
    "missing": ("file:{tmp}/none", "the file {tmp}/none cannot be read: No such file or directory"),
    "directory": ("file:{tmp}", "the file {tmp} cannot be read: Is a directory"),
    "blank": ("file:{tmp}/blank", "the file {tmp}/blank is empty"),
}

SETTINGS = ("datacite_api_token", "event_source_token", "datacite_password", "smtp_url")


@pytest.fixture
def unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[str, str]]:
    monkeypatch.setenv("EMPTY", "")
    (tmp_path / "blank").write_text("\n")
    return lambda kind: (REFERENCES[kind][0].format(tmp=tmp_path), REFERENCES[kind][1].format(tmp=tmp_path))


@pytest.mark.parametrize("kind", REFERENCES)
@pytest.mark.parametrize("name", SETTINGS)
def test_a_worker_says_it_in_one_line_and_sends_what_else_there_is(
    archive: Doitui, write: Callable[..., Path], unreadable: Any, name: str, kind: str
) -> None:
    reference, told = unreadable(kind)
    archive("record", "import", write("a"))
    archive("batch", "mint")
    assert archive("setting", "set", name, reference, "--repository", "h").code == 0
    done = archive("work", "--drain")
    assert (done.code, f"{name}: {told}" in done.complaint) == (3, True)
    findable = archive("status", "--json").json["dois"].get("findable", 0)
    assert findable == (0 if name == "datacite_password" else 1)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_doctor_names_setting_and_variable(archive: Doitui, name: str) -> None:
    archive("setting", "set", name, "env:TOK")
    archive("setting", "set", name, "env:TOK", "--repository", "h")
    found = [check for check in archive("doctor", "--json").json["checks"] if check["name"] == "secrets"]
    assert [(check["level"], f"{name}: the environment variable TOK" in check["message"]) for check in found] == [
        ("FAIL", True)
    ]


def test_events_that_wait_for_a_token_are_reported_and_not_lost(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    minted("setting", "set", "datacite_api_token", "env:TOK", "--repository", "h")
    added = ("--relation", "is-cited-by", "--object", "10.1000/182")
    assert minted("event", "add", "--subject", doi_of("a"), *added).code == 0
    done = minted("work", "--drain", "--json")
    assert (done.code, done.json["misconfigured"]) == (3, [done.err.strip()])
    assert minted("event", "list", "--json").json["events"][0]["state"] == "pending"


def test_one_of_two_repositories_does_not_stop_the_other(
    archive: Doitui, write: Callable[..., Path], sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = ("--account", "DEMO.REPO", "--password-env", "TOK", "--url", sandbox.url)
    page = ("--landing-page", "https://archive.example.org/{object_id}")
    archive("repository", "set", "g", "--prefix", "10.82433", *account, *page)
    archive("record", "import", write("a"), "--repository", "h")
    archive("record", "import", write("b"), "--repository", "g")
    archive("batch", "mint")
    done = archive("work", "--drain")
    assert "datacite_password: the environment variable TOK is not set" in done.complaint
    assert archive("status", "--json").json["dois"]["findable"] == 1


def test_a_worker_that_runs_on_says_it_when_it_begins(
    archive: Doitui, start: Callable[..., subprocess.Popen[str]]
) -> None:
    archive("setting", "set", "datacite_api_token", "env:TOK")
    worker = start("work", "--every", "0.1")
    assert worker.stderr is not None
    assert "datacite_api_token: the environment variable TOK is not set" in worker.stderr.readline()
    worker.terminate()
    worker.communicate()


def test_a_secret_source_token_is_sent_and_never_stored_or_shown(
    minted: Doitui, doi_of: Callable[[str], str], sandbox: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_TOKEN", "s3cret-source-token")
    minted("setting", "set", "event_source_token", "env:SOURCE_TOKEN")
    minted("event", "add", "--subject", doi_of("a"), "--relation", "is-cited-by", "--object", "10.1000/182")
    shown = minted("event", "flush", "--dry-run")
    sent = minted("event", "flush")
    listed = minted("event", "show", "1", "--json")
    said = "".join(done.out + done.err for done in (shown, sent, listed, minted("setting", "list")))
    kept = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert ("s3cret" in said, b"s3cret" in kept, listed.json["source_token"]) == (False, False, "env:SOURCE_TOKEN")


@pytest.mark.parametrize("option", ["--password-file", "setting"])
def test_a_relative_file_works_from_every_directory(
    archive: Doitui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pw").write_text("correct-horse-battery\n")
    if option == "setting":
        archive("setting", "set", "datacite_password", "file:pw", "--repository", "h")
    else:
        archive("repository", "set", "h", "--password-file", "pw")
    monkeypatch.chdir("/")
    assert "accepted by DataCite" in archive("doctor").out

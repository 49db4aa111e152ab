"""A password is in no output, log, attempt or byte of the database; only its reference is stored."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]

PASSWORD = "correct-horse-battery"
ENCODED = b64encode(f"DEMO.REPO:{PASSWORD}".encode()).decode()

SHOWING = (
    "repository show h",
    "repository list",
    "setting list --repository h",
    "setting get datacite_password --repository h",
    "doi history {doi}",
    "doi show {doi}",
    "doi update {doi} --now",
    "queue list",
    "status",
)


def held(text: str | bytes) -> bool:
    data = text if isinstance(text, bytes) else text.encode()
    return PASSWORD.encode() in data or ENCODED.encode() in data


@pytest.mark.parametrize("json_option", [(), ("--json",)], ids=["lines", "json"])
@pytest.mark.parametrize("line", SHOWING)
def test_no_command_prints_the_password(
    minted: Doitui, doi_of: Callable[[str], str], line: str, json_option: tuple[str, ...]
) -> None:
    done = minted(*line.format(doi=doi_of("a")).split(), *json_option)
    assert (done.code, held(done.out + done.err)) == (0, False)


@pytest.mark.parametrize("fault", ["reset", "status status=500", "status status=403", "html", "wrong-state"])
def test_no_error_prints_or_stores_the_password(
    typed: Doitui, minted: Doitui, doi_of: Callable[[str], str], sandbox: Sandbox, file: Path, fault: str
) -> None:
    doi = doi_of("a")
    sandbox.faults.replace([f"* /dois* {fault}"])
    done = typed("--debug", "--database", f"sqlite:///{file}", "doi", "update", doi, "--now", "--json")
    assert done.code != 0 or "wrong" in fault
    assert not held(done.out + done.err)
    assert not held(b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*")))


def test_the_database_does_not_contain_the_password(minted: Doitui, file: Path) -> None:
    assert not held(b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*")))


def test_the_sandbox_received_the_password(minted: Doitui, sandbox: Sandbox) -> None:
    with requests.Session() as session:
        session.trust_env = False
        assert not held(session.get(f"{sandbox.url}/_requests", timeout=10).text)


def test_a_typed_secret_goes_to_a_file_of_the_owner_alone(minted: Doitui, file: Path) -> None:
    done = minted("setting", "set", "datacite_password", "--stdin", "--repository", "h", stdin=f"{PASSWORD}\n".encode())
    place = Path(done.out.strip().partition("file:")[2])
    assert (place.read_text(encoding="utf-8"), place.stat().st_mode & 0o777) == (PASSWORD, 0o600)
    assert place.parent.stat().st_mode & 0o077 == 0


def test_a_typed_secret_is_used_and_not_shown(
    minted: Doitui, doi_of: Callable[[str], str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minted("setting", "set", "datacite_password", "--stdin", "--repository", "h", stdin=PASSWORD.encode())
    monkeypatch.delenv("PASSWORD_OF_H")
    done = minted("doi", "update", doi_of("a"), "--now")
    assert (done.code, held(done.out + done.err + minted("setting", "list", "--repository", "h").out)) == (0, False)


@pytest.mark.parametrize("line", ["setting set datacite_password {}", "setting set datacite_password {} --dry-run"])
def test_a_secret_given_as_it_is_is_refused_and_not_repeated(archive: Doitui, line: str) -> None:
    done = archive(*line.format(PASSWORD).split())
    assert (done.code, held(done.complaint)) == (2, False)


def test_a_secret_as_it_is_in_the_environment_is_not_repeated(
    minted: Doitui, typed: Doitui, file: Path, doi_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    doi = doi_of("a")
    minted("setting", "unset", "datacite_password", "--repository", "h")
    monkeypatch.setenv("DOITUI_DATACITE_PASSWORD", PASSWORD)
    done = typed("--debug", "--database", f"sqlite:///{file}", "doi", "update", doi, "--now")
    listed = minted("setting", "list", "--repository", "h", "--json")
    assert (done.code, held(done.out + done.err + listed.out)) == (3, False)


URLS = (
    "postgresql://u:{}@127.0.0.1:1/db",
    "postgresql://u@127.0.0.1:1/db?password={}",
    "postgresql://u:x/{}@127.0.0.1:1/db",
    "postgresql://u:x@y{}@127.0.0.1:1/db",
    "postgresql://u:{}@[::1/db",
    "postgresql://u:{}@127.0.0.1:1",
    "mysql://u:{}@h/d",
)


@pytest.mark.parametrize("command", ["status", "init", "init --dry-run"])
@pytest.mark.parametrize("url", URLS)
def test_the_password_of_a_database_is_not_shown(typed: Doitui, url: str, command: str) -> None:
    done = typed("--database", url.format(PASSWORD), *command.split())
    assert (done.code in (2, 3), held(done.out + done.err)) == (True, False)


def test_the_password_of_a_database_is_not_shown_where_it_is_named(typed: Doitui, postgres_schema: str) -> None:
    url = postgres_schema.replace("postgres@", f"postgres:{PASSWORD}@")
    done = typed("--database", url, "init", "--json")
    assert (done.code, held(done.out + done.err)) == (0, False)


def test_a_worker_logs_no_password(
    minted: Doitui, doi_of: Callable[[str], str], sandbox: Sandbox, start: Callable[..., subprocess.Popen[str]]
) -> None:
    minted("doi", "update", *map(doi_of, "abc"))
    sandbox.faults.replace(["PUT /dois/* reset"])
    out, err = start("work", "--drain").communicate(timeout=60)
    assert not held(out + err)

"""A password is exchanged for an API key while a worker runs, and doctor says what the worker itself can read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]
Until = Callable[[Callable[[], bool]], None]


def checks(archive: Doitui, name: str) -> list[tuple[str, str]]:
    """(level, message) of the doctor's checks of that name."""
    found = archive("doctor", "--json").json["checks"]
    return [(check["level"], check["message"]) for check in found if check["name"] == name]


def findable(archive: Doitui) -> int:
    return int(archive("status", "--json").json["dois"].get("findable", 0))


@pytest.mark.parametrize("transport", ["rest", "mds"])
def test_an_api_key_is_the_password_over_rest_and_mds(
    archive: Doitui, sandbox: Sandbox, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setenv("PASSWORD_OF_H", sandbox.accounts.keys.create("demo.repo", "Nightly run").secret)
    archive("setting", "set", "transport", transport)
    archive("record", "import", write("a"))
    done = archive("doi", "mint", "a", "--now")
    assert (done.code, findable(archive)) == (0, 1), done.err


def test_a_worker_goes_on_with_the_key_that_replaces_its_password(
    archive: Doitui, sandbox: Sandbox, write: Callable[..., Path], start: Start, until: Until, tmp_path: Path
) -> None:
    place, account = tmp_path / "password", sandbox.accounts.find("demo.repo")
    assert account is not None
    place.write_text(account.password)
    archive("repository", "set", "h", "--password-file", place)
    archive("record", "import", write("a", "b"))
    archive("doi", "mint", "a")
    worker = start("work", "--every", "0.1")
    until(lambda: findable(archive) == 1)
    sandbox.accounts.replace(replace(account, password="another-password"))
    archive("doi", "mint", "b")
    until(lambda: any("blocked" in message for _, message in checks(archive, "repository h")))
    place.write_text(sandbox.accounts.keys.create("demo.repo", "Worker").secret)
    until(lambda: findable(archive) == 2)
    assert (worker.poll(), [level for level, _ in checks(archive, "repository h")]) == (None, ["OK"])


def test_the_doctor_names_a_variable_that_only_the_worker_lacks(archive: Doitui, start: Start, until: Until) -> None:
    start("work", env={name: value for name, value in os.environ.items() if name != "PASSWORD_OF_H"})
    until(lambda: bool(archive("status", "--json").json["workers"]))
    ((level, message),) = checks(archive, "secrets")
    words = "cannot read a secret: repository h: datacite_password: the environment variable PASSWORD_OF_H is not set"
    assert (level, words in message) == ("FAIL", True)


def test_a_variable_that_only_the_worker_has_is_no_fault(
    archive: Doitui, start: Start, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    start("work")
    until(lambda: bool(archive("status", "--json").json["workers"]))
    monkeypatch.delenv("PASSWORD_OF_H")
    assert archive("doctor").code == 0
    assert checks(archive, "secrets") == [("OK", "datacite_password: readable for the workers, not in this shell")]

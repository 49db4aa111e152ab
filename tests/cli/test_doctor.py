"""`doitui doctor`: the exit code and the JSON agree with the lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Doitui = Callable[..., Any]


def test_without_a_worker_doctor_fails_once_jobs_wait(archive: Doitui, write: Callable[..., Any]) -> None:
    archive("record", "import", write("a"))
    archive("doi", "mint", "a")
    done = archive("doctor")
    assert (done.code, "FAIL  workers" in done.out, "fix: doitui work" in done.out) == (1, True, True)


def test_a_correct_setup_is_exit_code_0(archive: Doitui) -> None:
    assert archive("doctor").code == 0


def test_the_account_is_checked_at_datacite(archive: Doitui) -> None:
    assert "accepted by DataCite" in archive("doctor").out


def test_offline_sends_no_request(archive: Doitui) -> None:
    assert "not checked at DataCite" in archive("doctor", "--offline").out


def test_json_has_every_check(archive: Doitui) -> None:
    found = archive("doctor", "--json").json
    assert (found["ok"], {tuple(check) for check in found["checks"]}) == (True, {("name", "level", "message", "fix")})


def test_no_password_is_printed(archive: Doitui, home: Any) -> None:
    done = archive("doctor", "--json")
    assert "correct-horse-battery" not in done.out + done.err


def test_a_wrong_password_fails_with_what_to_do(archive: Doitui, monkeypatch: Any) -> None:
    monkeypatch.setenv("PASSWORD_OF_H", "wrong")
    done = archive("doctor")
    assert (done.code, "fix: doitui repository set h" in done.out) == (1, True)


def test_thorough_checks_the_counters(archive: Doitui) -> None:
    assert "match (" in archive("doctor", "--thorough").out

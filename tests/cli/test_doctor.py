"""`doitui doctor`: the exit code and the JSON agree with the lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]


def change_account(sandbox: Sandbox, **changes: Any) -> None:
    """Change the account at the sandbox, as DataCite's staff or Fabrica would."""
    account = sandbox.accounts.find("demo.repo")
    assert isinstance(account, Account)
    sandbox.accounts.replace(replace(account, **changes))


def fixes(done: Any) -> list[str]:
    """The commands that the doctor prints for FAIL."""
    return [check["fix"] for check in done.json["checks"] if check["level"] == "FAIL"]


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
    assert (done.code, "fix: doitui setting set datacite_password --stdin --repository h" in done.out) == (1, True)


def test_thorough_checks_the_counters(archive: Doitui) -> None:
    assert "match (" in archive("doctor", "--thorough").out


def test_a_prefix_of_another_account_fails_and_its_fix_helps(archive: Doitui, sandbox: Sandbox) -> None:
    change_account(sandbox, prefixes=frozenset({"10.82433"}))
    assert fixes(archive("doctor", "--json")) == ["doitui repository set h --prefix 10.82433"]
    archive("repository", "set", "h", "--prefix", "10.82433")
    assert archive("doctor").code == 0


def test_a_landing_page_on_a_domain_that_datacite_rejects_fails(archive: Doitui, sandbox: Sandbox) -> None:
    change_account(sandbox, domains="repo.example.net,*.example.com")
    done = archive("doctor", "--json")
    fix = "doitui repository set h --landing-page 'https://repo.example.net/{object_id}'"
    assert (done.code, fixes(done)) == (1, [fix])


def test_records_on_a_domain_that_datacite_rejects_are_counted(
    archive: Doitui, sandbox: Sandbox, write: Callable[..., Any]
) -> None:
    change_account(sandbox, domains="archive.example.org")
    archive("record", "import", write("a", "b", url="https://old.example.com/1"))
    found = [check["message"] for check in archive("doctor", "--json", "--thorough").json["checks"]]
    message = "2 records would be rejected: DEMO.REPO may not use old.example.com (2) (domains: archive.example.org)"
    assert message in found


def test_the_password_lists_the_api_keys(archive: Doitui, sandbox: Sandbox) -> None:
    sandbox.accounts.keys.create("demo.repo", "Nightly run")
    assert "1 API key of DEMO.REPO: Nightly run (never used)" in archive("doctor").out


def test_an_api_key_is_a_password(archive: Doitui, sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.setenv("PASSWORD_OF_H", sandbox.accounts.keys.create("demo.repo", "Nightly run").secret)
    assert archive("doctor").code == 0


def test_a_revoked_api_key_fails_as_such(archive: Doitui, sandbox: Sandbox, monkeypatch: Any) -> None:
    key = sandbox.accounts.keys.create("demo.repo", "Nightly run")
    sandbox.accounts.keys.revoke(key)
    monkeypatch.setenv("PASSWORD_OF_H", key.secret)
    done = archive("doctor")
    assert (done.code, "with this API key: it was revoked" in done.out, key.secret in done.out) == (1, True, False)

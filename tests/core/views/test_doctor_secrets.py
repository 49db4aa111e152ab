"""What the doctor says of secrets: who can read them, and when tokens end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from doitui_core.config import setting_checks
from doitui_core.config.setting_checks import UnreadableSecret
from doitui_core.db import database
from doitui_core.db.hub_token_model import HubToken
from doitui_core.db.models import Repository, Worker
from doitui_core.domain import bearer_tokens
from doitui_core.operations import change_settings
from doitui_core.queue import heartbeats
from doitui_core.views import doctor, doctor_secrets

from ..domain.test_bearer_tokens import jwt

PASSWORD = UnreadableSecret("h", "datacite_password", "datacite_password: the environment variable PW is not set")
OF_ALL = UnreadableSecret("", "datacite_password", PASSWORD.reason)
TOKEN = UnreadableSecret("", "datacite_api_token", "datacite_api_token: the file /t cannot be read")

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_readability_is_that_of_the_workers_where_there_are_any(check_all: Callable[..., None]) -> None:
    expected = {
        ("readable", None): ["OK"],
        ("readable", ()): ["OK"],
        ("readable", (PASSWORD,)): ["FAIL"],
        ("unreadable", None): ["FAIL"],
        ("unreadable", ()): ["OK"],
        ("unreadable", (PASSWORD,)): ["FAIL"],
        ("unreadable", (OF_ALL,)): ["FAIL"],
        ("unreadable", (TOKEN,)): ["FAIL", "OK"],
    }

    def check(here: str, worker: Sequence[UnreadableSecret] | None) -> None:
        if (here, worker) in expected:
            workers = {} if worker is None else {"host:1:ab": worker}
            found = doctor_secrets.readability([PASSWORD] if here == "unreadable" else [], workers)
            assert [one.level for one in found] == expected[here, worker]

    check_all(check, ("readable", "unreadable"), (None, (), (PASSWORD,), (OF_ALL,), (TOKEN,)))


def test_a_worker_that_cannot_read_a_secret_is_named_with_a_command() -> None:
    (check,) = doctor_secrets.readability([], {"host:1:ab": [PASSWORD]})
    assert check.message == f"worker host:1:ab cannot read a secret: repository h: {PASSWORD.reason}"
    assert check.remedy.startswith("doitui setting set datacite_password --stdin --repository h   # ")


def test_one_of_two_workers_that_cannot_read_it_is_enough() -> None:
    levels = [one.level for one in doctor_secrets.readability([PASSWORD], {"a": [], "b": [PASSWORD]})]
    assert levels == ["FAIL"]


def test_a_worker_stores_what_it_cannot_read_and_no_value(archive: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "correct-horse")
    heartbeats.send_heartbeat("host:1:ab")
    assert Worker.get().unreadable == "[]"
    monkeypatch.delenv("PW")
    heartbeats.send_heartbeat("host:1:ab")
    (stored,) = setting_checks.parse(Worker.get().unreadable) or ()
    assert (stored.code, stored.name, "PW is not set" in stored.reason) == ("h", "datacite_password", True)


def test_a_directory_whose_name_is_no_text_stops_no_worker() -> None:
    odd = UnreadableSecret("h", "datacite_password", "the file p (looked for in /caf\udce9\x00) cannot be read")
    stored = setting_checks.dump([odd])
    assert (stored.isascii(), setting_checks.parse(stored)) == (True, [odd])


def test_a_password_that_only_the_workers_read_is_no_fault(
    archive: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW", "correct-horse")
    heartbeats.send_heartbeat("host:1:ab")
    monkeypatch.delenv("PW")
    found = {check.name: check for check in doctor.checks(online=True)}
    assert (found["secrets"].level, found["repository h"].level) == ("OK", "OK")


def test_a_worker_of_an_older_version_says_nothing_of_secrets(
    archive: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = database.now()
    Worker.create(name="host:1:ab", host="host", pid=1, started_at=now, seen_at=now)
    monkeypatch.delenv("PW", raising=False)
    found = {check.name: check for check in doctor.checks(online=False)}
    assert (found["secrets"].level, found["repository h"].level) == ("FAIL", "FAIL")


@pytest.mark.parametrize(
    ("left", "level", "words"),
    [
        (timedelta(days=-3), "FAIL", "expired 2026-10-29T00:00:00Z"),
        (timedelta(0), "FAIL", "expired 2026-11-01T00:00:00Z"),
        (timedelta(hours=5), "WARN", "expires in 0 days"),
        (timedelta(days=13, hours=23), "WARN", "expires in 13 days"),
        (timedelta(days=14), "OK", "expires in 14 days"),
        (timedelta(days=365), "OK", "expires in 365 days (2027-11-01T00:00:00Z)"),
    ],
)
def test_the_days_of_a_token_are_counted(left: timedelta, level: str, words: str) -> None:
    (check,) = doctor_secrets.expiry("datacite_api_token", NOW + left, NOW, "renew")
    assert (check.level, words in check.message, check.remedy) == (level, True, "" if level == "OK" else "renew")


def test_a_token_without_an_end_is_not_counted() -> None:
    assert doctor_secrets.expiry("datacite_api_token", None, NOW, "renew") == []


def test_each_token_is_looked_at_once_and_not_shown(archive: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = database.now() + timedelta(days=5)
    token = jwt({"exp": int(ends.timestamp())})
    monkeypatch.setenv("TOKEN", token)
    change_settings.set_setting("datacite_api_token", "env:TOKEN")
    (check,) = doctor_secrets.tokens()
    assert bearer_tokens.expires(token) == ends
    assert (check.level, check.remedy) == ("WARN", "doitui setting set datacite_api_token --stdin")
    assert token not in check.message


def test_a_token_of_one_repository_is_renewed_there(archive: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", jwt({"exp": 0}))
    change_settings.set_setting("datacite_api_token", "env:TOKEN", archive.id)
    (check,) = doctor_secrets.tokens()
    assert check.remedy == "doitui setting set datacite_api_token --stdin --repository h"


def test_tokens_of_the_hub_that_end_soon_are_named(store: str) -> None:
    now = database.now()
    for name, days, revoked in (("soon", 3, None), ("later", 300, None), ("gone", -1, None), ("revoked", 3, now)):
        ends = now + timedelta(days=days)
        HubToken.create(jti=name, name=name, role="reporter", created_at=now, expires_at=ends, revoked_at=revoked)
    assert [check.remedy for check in doctor_secrets.tokens()] == [
        "doitui hub revoke soon && doitui hub token --name soon --role reporter"
    ]

"""Tokens: who has a valid one, and which are refused. Both databases."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from doitui_core.db import database
from doitui_core.errors import BadInput, Misconfigured, NotFound, Refused
from doitui_core.hub_store import token_signing, tokens

from ...conftest import Clock

SECRET = "s" * 40


@pytest.fixture(autouse=True)
def home(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def secret() -> str:
    return token_signing.make_secret()


def issue(name: str = "archive-a", role: str = "reporter", days: int = 30) -> tokens.Issued:
    return tokens.issue(name, role, days, actor="ida")


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_token_has_the_claims_of_datacites(clock: Clock) -> None:
    claims = claims_of(issue("Archive-A").token)
    at = int(clock.now.timestamp())
    times = {"iat": at, "exp": at + 30 * 86_400}
    row = tokens.tokens()[0]
    assert claims == {"uid": "archive-a", "name": "Archive-A", "role_id": "reporter", "jti": row.jti} | times


@pytest.mark.parametrize("role", tokens.ROLES)
def test_a_token_is_recognised_with_its_name_and_role(role: str, secret: str) -> None:
    found = tokens.recognise(issue(role=role).token, secret)
    assert found
    assert (found.name, found.role) == ("archive-a", role)


def test_the_token_itself_is_not_stored(store: str) -> None:
    parts = issue().token.split(".")
    rows = str(database.current().db.execute_sql("SELECT * FROM hub_token").fetchall())
    rows += str(database.current().db.execute_sql("SELECT * FROM audit").fetchall())
    assert [part for part in parts if part in rows] == []


def test_a_revoked_token_is_refused(secret: str) -> None:
    token = issue().token
    tokens.revoke("ARCHIVE-A", actor="ida")
    assert (tokens.recognise(token, secret), tokens.tokens()[0].state) == (None, "revoked")


def test_an_expired_token_is_refused_from_its_last_second_on(secret: str, clock: Clock) -> None:
    token = issue(days=1).token
    clock.forward(hours=23, minutes=59, seconds=59)
    assert tokens.recognise(token, secret)
    clock.forward(seconds=1)
    assert (tokens.recognise(token, secret), tokens.tokens()[0].state) == (None, "expired")


def test_a_name_with_a_valid_token_is_taken() -> None:
    issue()
    with pytest.raises(Refused, match="doitui hub revoke Archive-A"):
        issue("Archive-A")


@pytest.mark.parametrize("ended", ["revoked", "expired"])
def test_the_name_of_an_ended_token_can_be_used_again(ended: str, secret: str, clock: Clock) -> None:
    old = issue(days=1).token
    if ended == "revoked":
        tokens.revoke("archive-a", actor="ida")
    else:
        clock.forward(days=2)
    new = issue().token
    assert [row.state for row in tokens.tokens()] == ["valid", ended]
    assert tokens.recognise(new, secret)
    assert tokens.recognise(old, secret) is None


def test_of_a_name_that_has_no_valid_token_nothing_is_revoked() -> None:
    with pytest.raises(NotFound, match="doitui hub tokens"):
        tokens.revoke("archive-a", actor="ida")


@pytest.mark.parametrize(
    ("name", "role", "days", "message"),
    [
        ("", "reporter", 1, "name ''"),
        ("a b", "reporter", 1, "name 'a b'"),
        ("a\n", "reporter", 1, "name"),
        ("ä", "reporter", 1, "name 'ä'"),
        ("x" * 101, "reporter", 1, "name"),
        ("a", "admin", 1, "unknown role 'admin': use reporter or staff_admin"),
        ("a", "reporter", 0, "0 days"),
        ("a", "reporter", -1, "-1 days"),
        ("a", "reporter", 10**9, "days"),
    ],
)
def test_a_token_that_cannot_be_issued(name: str, role: str, days: int, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        issue(name, role, days)
    assert tokens.tokens() == []


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, ""])


def resigned(change: dict[str, Any], remove: str = "", algorithm: str = "HS256") -> Callable[[str, str], str]:
    def make(token: str, secret: str) -> str:
        claims = claims_of(token) | change
        claims.pop(remove, None)
        return jwt.encode(claims, secret, algorithm=algorithm)

    return make


#: What a caller sends instead of the token.
FORGED: dict[str, Callable[[str, str], str]] = {
    "alg none": lambda token, _: unsigned(claims_of(token), {"alg": "none", "typ": "JWT"}),
    "alg None": lambda token, _: unsigned(claims_of(token), {"alg": "None", "typ": "JWT"}),
    "alg missing": lambda token, _: unsigned(claims_of(token), {"typ": "JWT"}),
    "RS256 named over an HMAC": lambda token, _: (
        unsigned(claims_of(token), {"alg": "RS256"}) + token.rpartition(".")[2]
    ),
    "HS512 with our secret": resigned({}, algorithm="HS512"),
    "another secret": lambda token, _: jwt.encode(claims_of(token), SECRET, algorithm="HS256"),
    "no signature": lambda token, _: token.rpartition(".")[0] + ".",
    "cut off": lambda token, _: token[:-3],
    "another id": resigned({"jti": "00000000-0000-4000-8000-000000000000"}),
    "an id with NUL": resigned({"jti": "a\x00b"}),
    "a number as id": resigned({"jti": 7}),
    "no id": resigned({}, remove="jti"),
    "no end": resigned({}, remove="exp"),
    "no role": resigned({}, remove="role_id"),
    "expired": resigned({"exp": 1}),
    "not yet valid": resigned({"nbf": 2**40}),
    "issued in the future": resigned({"iat": 2**40}),
    "an end that is text": resigned({"exp": "never"}),
    "an infinite end": resigned({"exp": 1e999}),
    "oversize": resigned({"more": "x" * 5000}),
    "empty": lambda *_: "",
    "not a token": lambda *_: "x.y.z",
    "not ASCII": lambda *_: "ä.ö.ü",
    "a deep header": lambda *_: base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.x",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str, secret: str) -> None:
    token = issue().token
    assert tokens.recognise(token, secret)
    assert tokens.recognise(FORGED[name](token, secret), secret) is None


def test_the_role_of_a_token_is_the_stored_one(secret: str) -> None:
    found = tokens.recognise(resigned({"role_id": "staff_admin", "uid": "b"})(issue().token, secret), secret)
    assert found
    assert (found.name, found.role) == ("archive-a", "reporter")


def test_the_secret_is_made_once_with_mode_0600(home: Path) -> None:
    issue()
    file = home / "doitui" / "secrets" / "global.hub_secret"
    made = file.read_text()
    issue("b")
    assert (file.stat().st_mode & 0o777, file.read_text()) == (0o600, made)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_secret_of_the_environment_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOITUI_HUB_SECRET", "env:SIGNING")
    monkeypatch.setenv("SIGNING", SECRET)
    assert tokens.recognise(issue().token, SECRET)
    assert not (home / "doitui").exists()


def test_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOITUI_HUB_SECRET", "env:SIGNING")
    monkeypatch.setenv("SIGNING", "short")
    with pytest.raises(Misconfigured, match="shorter than 32 bytes"):
        issue()


WITHOUT = """
import sys
sys.modules["jwt"] = None
from doitui.cli.main import run
sys.argv = ["doitui", "--database", sys.argv[1], "hub", "token", "--name", "a"]
run()
"""


def test_without_pyjwt_one_line_says_what_to_install(store: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, store], capture_output=True, text=True, env=dict(os.environ), timeout=60
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "doitui: tokens need PyJWT, which is not installed: pip install 'doitui[hub]'\n"


AT_ONCE = """
from doitui_core.db import database
from doitui_core.hub_store import tokens
from doitui_core.errors import Refused
database.open(sys.argv[1])
go()
try: print(tokens.issue("a", actor="ida").role)
except Refused: print("taken")
"""


def test_of_four_at_once_one_gets_the_name_and_all_use_one_secret(
    store: str, at_once: Callable[..., list[str]], clock: Clock
) -> None:
    assert sorted(at_once(AT_ONCE, store)) == ["reporter", "taken", "taken", "taken"]

"""Signed tokens of the hub: JSON Web Tokens with HS256, with the claims of DataCite's usage reports API (usage.md 1.8).

DataCite signs with RS256 and never stores a token; ours are signed with a secret of the hub, and their ids are stored,
so that each can be revoked.
"""

from __future__ import annotations

import os
import secrets as random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from doitui_core.config import secrets, settings
from doitui_core.errors import Misconfigured

#: The only algorithm: a token that names another, or none, is refused before its signature is looked at.
ALGORITHM = "HS256"

#: Bytes of a secret: RFC 7518 3.2 asks for as many as the hash has.
LEAST_BYTES, SECRET_BYTES = 32, 48

#: Characters of a token; ours have about 300.
LONGEST = 4096

#: Seconds that a token may begin in the future: clocks of two machines differ.
LEEWAY = 60

#: The times are compared by us, with the clock that all processes of the database share.
_OPTIONS = {
    "require": ["uid", "name", "role_id", "iat", "exp", "jti"],
    **dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False),
}

_SETTING = "hub_secret"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: `uid` is the name in lower case, the owner of reports; `jti` the token's id."""

    uid: str
    name: str
    role: str
    jti: str
    issued: datetime
    expires: datetime


def sign(claims: Claims, secret: str) -> str:
    """The token that holds `claims`. Raises `Misconfigured` without PyJWT."""
    payload = {
        "uid": claims.uid,
        "name": claims.name,
        "role_id": claims.role,
        "iat": claims.issued,
        "exp": claims.expires,
        "jti": claims.jti,
    }
    return str(_jwt().encode(payload, secret, algorithm=ALGORITHM))


def verified_id(token: str, secret: str, now: datetime) -> str | None:
    """The `jti` of a token that is signed with `secret`, complete and valid at `now`; else None.

    Raises `Misconfigured` without PyJWT.
    """
    jwt = _jwt()
    if len(token) > LONGEST:
        return None
    try:
        payload: dict[str, Any] = jwt.decode(token, secret, algorithms=[ALGORITHM], options=_OPTIONS)
        begins = max(_seconds(payload["iat"]), _seconds(payload.get("nbf", 0)))
        valid = begins - LEEWAY <= now.timestamp() < _seconds(payload["exp"])
    except (jwt.InvalidTokenError, TypeError, ValueError, RecursionError):
        return None
    return str(payload["jti"]) if valid else None


def _seconds(claim: Any) -> int:
    """A NumericDate (RFC 7519 2). Raises TypeError for anything else."""
    if not isinstance(claim, int):
        raise TypeError("not a time")
    return claim


def find_secret() -> str | None:
    """The secret tokens are signed with: the setting `hub_secret`, else a file in the configuration directory; None
    where that file is not made yet. Raises `Misconfigured` where the secret cannot be read, or is too short to be safe.
    """
    loaded = settings.load()
    if loaded.find(_SETTING).text:
        found = loaded.secret(_SETTING)
    elif secret_file().exists():
        found = secrets.read(f"file:{secret_file()}", _SETTING, os.environ)
    else:
        return None
    if len(found.encode()) < LEAST_BYTES:
        raise Misconfigured(
            f"{_SETTING} is shorter than {LEAST_BYTES} bytes: use a longer secret, for example `openssl rand -hex 32`"
        )
    return found


def make_secret() -> str:
    """As `find_secret`; the file is made (mode 0600) where it is missing."""
    if (found := find_secret()) is None:
        _write_once(random.token_urlsafe(SECRET_BYTES), secret_file())
        found = find_secret()
    assert found is not None, "the file has just been made"
    return found


def secret_file() -> Path:
    """Where the secret is unless the setting `hub_secret` names another place."""
    return user_config_path("doitui") / "secrets" / f"global.{_SETTING}"


def _write_once(text: str, place: Path) -> None:
    """Write `text` to `place` unless somebody else has just done so: of two, the first stays."""
    part = place.with_name(f"{place.name}.{os.getpid()}")
    secrets.write(text, part)
    try:
        os.link(part, place)
    except FileExistsError:
        pass
    except OSError as error:
        raise Misconfigured(f"the secret cannot be written to {place}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _jwt() -> Any:
    try:
        import jwt
    except ImportError:
        raise Misconfigured("tokens need PyJWT, which is not installed: pip install 'doitui[hub]'") from None
    return jwt

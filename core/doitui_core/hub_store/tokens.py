"""The tokens of the hub: issued, listed, revoked, and asked for at every request that carries one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import peewee

from doitui_core.db import audit, database
from doitui_core.db.hub_token_model import HubToken
from doitui_core.errors import BadInput, NotFound, Refused
from doitui_core.hub_store import token_signing
from doitui_core.hub_store.token_signing import Claims

#: A reporter creates, changes and reads its own reports; DataCite's staff_admin may do everything (usage.md 1.8).
REPORTER, STAFF = ROLES = ("reporter", "staff_admin")

#: DataCite's tokens last a year.
DAYS = 365

#: A hundred years.
MOST_DAYS = 36_500

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token. It cannot be shown again."""

    name: str
    role: str
    token: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token that was issued. `state`: valid, expired or revoked; `jti` is its id."""

    name: str
    role: str
    state: str
    jti: str
    created: datetime
    expires: datetime
    revoked: datetime | None


def check(name: str, role: str = REPORTER, days: int = DAYS) -> datetime:
    """When such a token would end. Raises `BadInput` for an unusable value, `Refused` for a name in use."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"name {name!r} cannot be used: write 1 to 100 letters, digits and . _ - @ (the first no sign)")
    if role not in ROLES:
        raise BadInput(f"unknown role {role!r}: use {' or '.join(ROLES)}")
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(f"a token cannot last {days} days: use 1 to {MOST_DAYS}")
    if _valid(name.lower()) is not None:
        raise _taken(name)
    return database.now() + timedelta(days=days)


def issue(name: str, role: str = REPORTER, days: int = DAYS, *, actor: str) -> Issued:
    """Issue a token; the secret is made at the first one. A name may be used again once its token has ended: the new
    one owns the same reports. Raises what `check` raises, and `Misconfigured` without PyJWT or a usable secret.
    """
    expires, now = check(name, role, days).replace(microsecond=0), database.now()
    claims = Claims(name.lower(), name, role, str(uuid4()), now.replace(microsecond=0), expires)
    token = token_signing.sign(claims, token_signing.make_secret())
    try:
        with database.write(durable=True):
            ended = HubToken.expires_at <= now
            HubToken.update(revoked_at=HubToken.expires_at).where(_unrevoked(claims.uid), ended).execute()
            HubToken.create(jti=claims.jti, name=claims.uid, role=role, created_at=now, expires_at=expires)
            audit.note(actor, "issue", f"hub token {claims.uid}", role)
    except peewee.IntegrityError:
        raise _taken(name) from None
    return Issued(name, role, token, expires)


def revoke(name: str, *, actor: str, dry_run: bool = False) -> TokenRow:
    """Revoke the valid token of that name. Raises `NotFound` where there is none."""
    with database.write() if not dry_run else database.read():
        row, now = _valid(name.lower()), database.now()
        if row is None:
            raise NotFound(f"no valid token is named {name!r}: `doitui hub tokens` lists all")
        if not dry_run:
            row.revoked_at = now
            row.save(only=[HubToken.revoked_at])
            audit.note(actor, "revoke", f"hub token {row.name}", row.role)
    return _row(row, now)


def tokens() -> list[TokenRow]:
    """All tokens, the newest first."""
    now = database.now()
    return [_row(row, now) for row in HubToken.select().order_by(HubToken.id.desc())]


def recognise(token: str, secret: str) -> TokenRow | None:
    """The row of a token that is signed with `secret`, was issued here, and is neither expired nor revoked."""
    now = database.now()
    jti = token_signing.verified_id(token, secret, now)
    if jti is None or not database.storable(jti):
        return None
    row = HubToken.get_or_none(HubToken.jti == jti)
    found = row and _row(row, now)
    return found if found and found.state == "valid" else None


def _valid(name: str) -> HubToken | None:
    found: HubToken | None = HubToken.get_or_none(_unrevoked(name), HubToken.expires_at > database.now())
    return found


def _unrevoked(name: str) -> peewee.Expression:
    return (HubToken.name == name) & (HubToken.revoked_at == 0)


def _taken(name: str) -> Refused:
    return Refused(
        f"{name!r} has a valid token: choose another name, or `doitui hub revoke {name}` first", "name_taken"
    )


def _row(row: HubToken, now: datetime) -> TokenRow:
    state = "expired" if row.expires_at <= now else "valid"
    if row.revoked_at is not None and row.revoked_at < row.expires_at:
        state = "revoked"
    return TokenRow(row.name, row.role, state, row.jti, row.created_at, row.expires_at, row.revoked_at)

"""The doctor's checks of secrets: can they be read here and by the workers, can others read them, when do they end?"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from doitui_core.clock import iso
from doitui_core.config import repositories, setting_checks
from doitui_core.config import settings as settings_of
from doitui_core.config.repositories import Config
from doitui_core.config.setting_checks import UnreadableSecret
from doitui_core.db import database
from doitui_core.db.hub_token_model import HubToken
from doitui_core.db.models import Worker
from doitui_core.domain import bearer_tokens
from doitui_core.errors import Misconfigured
from doitui_core.queue import heartbeats
from doitui_core.text import plural
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check

#: A token that ends sooner than this should be renewed.
SOON = timedelta(days=14)

#: What each worker cannot read, by its name.
Workers = Mapping[str, Sequence[UnreadableSecret]]


def secrets() -> list[Check]:
    """Whether every secret can be read, by this user and by the workers."""
    return readability(setting_checks.unreadable_secrets(), _of_workers())


def readability(here: Sequence[UnreadableSecret], workers: Workers) -> list[Check]:
    """`here`: what this shell cannot read. That is no fault where workers read it: they do the work."""
    found = [
        Check("secrets", FAIL, f"worker {name} cannot read a secret: {one}", _remedy(one, "the worker starts"))
        for name, unreadable in workers.items()
        for one in unreadable
    ]
    for one in here:
        if is_readable(workers, one.name, one.code):
            found.append(Check("secrets", OK, f"{one.name}: readable for the workers, not in this shell"))
        elif not workers:
            found.append(Check("secrets", FAIL, str(one), _remedy(one, "doitui runs")))
    return found or [Check("secrets", OK, "all secrets are readable")]


def _remedy(one: UnreadableSecret, where: str) -> str:
    whose = f" --repository {one.code}" if one.code else ""
    return f"doitui setting set {one.name} --stdin{whose}   # or set the variable, or write the file, where {where}"


def is_for_workers_only(config: Config) -> bool:
    """Whether the password of a repository cannot be read here, but by the workers."""
    try:
        config.settings.secret("datacite_password")
    except Misconfigured:
        return is_readable(_of_workers(), "datacite_password", config.code)
    return False


def is_readable(workers: Workers, name: str, code: str) -> bool:
    """Whether there are workers, and all can read the secret `name` of the repository `code`; "" is for all."""
    unreadable = {(one.name, one.code) for found in workers.values() for one in found}
    return bool(workers) and unreadable.isdisjoint({(name, code), (name, "")})


def _of_workers() -> dict[str, list[UnreadableSecret]]:
    rows = Worker.select().where(heartbeats.alive()).order_by(Worker.name)
    return {row.name: found for row in rows if (found := setting_checks.parse(row.unreadable)) is not None}


def secret_files() -> list[Check]:
    """Files of secrets that every user of this machine can read."""
    return [
        Check("secrets", WARN, f"{path} can be read by all users of this machine", f"chmod o-rwx {shlex.quote(path)}")
        for path in setting_checks.exposed_secret_files()
    ]


def tokens() -> list[Check]:
    """When the tokens for events and usage reports end, and those that our hub has issued."""
    now, found = database.now(), []
    for code, token in _own_tokens().items():
        whose = f" --repository {code}" if code else ""
        renewal = f"doitui setting set datacite_api_token --stdin{whose}"
        found += expiry("datacite_api_token", bearer_tokens.expires(token), now, renewal)
    soon = (HubToken.revoked_at == 0) & (HubToken.expires_at > now) & (HubToken.expires_at < now + SOON)
    for row in HubToken.select().where(soon).order_by(HubToken.expires_at):
        renewal = f"doitui hub revoke {row.name} && doitui hub token --name {row.name} --role {row.role}"
        found += expiry(f"hub token {row.name}", row.expires_at, now, renewal)
    return found


def _own_tokens() -> dict[str, str]:
    """Each token once, by the code of the first repository that uses it; "" for all."""
    found: dict[str, str] = {}
    loaded = [("", settings_of.load())]
    loaded += [(row.code, repositories.config(row).settings) for row in repositories.all_repositories() if row.active]
    for code, its_settings in loaded:
        try:
            token = its_settings.secret("datacite_api_token")
        except Misconfigured:
            continue  # `secrets` says it
        if token and token not in found.values():
            found[code] = token
    return found


def expiry(name: str, expires: datetime | None, now: datetime, renewal: str) -> list[Check]:
    """The days that are left; nothing of a token that does not say when it ends, such as an API key."""
    if expires is None:
        return []
    if expires <= now:
        message = f"{name} expired {iso(expires)}: events and usage reports are refused"
        return [Check("token", FAIL, message, renewal)]
    days = (expires - now).days
    message = f"{name} expires in {plural(days, 'day')} ({iso(expires)})"
    return [Check("token", WARN, message, renewal) if expires - now < SOON else Check("token", OK, message)]

"""What DataCite says of a repository account: prefixes, domains, API keys (datacite-api.md 1.1, 1.6 and 9). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from doitui_core import clock
from doitui_core.domain.answer import Answer, line
from doitui_core.errors import BadInput

#: Landing pages may be anywhere.
ANY_DOMAIN = "*"

#: What a secret begins with that is an API key.
KEY_PREFIX = "DC."


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Of one account: its prefixes (None: not told), where landing pages may be, and whether it may write."""

    prefixes: frozenset[str] | None
    domains: tuple[str, ...]
    active: bool

    def allows(self, host: str) -> bool:
        """Whether a landing page may be at `host`."""
        return is_allowed(host, self.domains)


def is_allowed(host: str, domains: Iterable[str]) -> bool:
    """Whether landing pages of an account with these `domains` may be at `host` (lupo's `match_url_with_domains`)."""
    return any(
        one == ANY_DOMAIN or (host.endswith(one[1:]) if one.startswith("*.") else host == one) for one in domains
    )


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One API key that is not revoked; None: never used."""

    name: str
    last_used: datetime | None


def from_answer(answer: Answer) -> AccountFacts | None:
    """What `GET /clients/{id}` says; None for an answer that says nothing of an account."""
    data: Any = answer.document.get("data")
    if answer.status != 200 or not isinstance(data, dict) or not answer.attributes:
        return None
    listed: Any = answer.attributes.get("domains")
    domains = tuple(line(listed).split(",")) if isinstance(listed, str) and listed else (ANY_DOMAIN,)
    return AccountFacts(_prefixes(data), domains, answer.attributes.get("isActive") is not False)


def _prefixes(data: Mapping[str, Any]) -> frozenset[str] | None:
    found: Any = data
    for name in ("relationships", "prefixes", "data"):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list):
        return None
    return frozenset(line(one.get("id")) for one in found if isinstance(one, dict))


def keys_from_answer(answer: Answer) -> list[ApiKey]:
    """The keys that `GET /credentials/api-keys` lists; none where we may not list them (403)."""
    listed: Any = answer.document.get("data") if answer.status == 200 else None
    rows = [one.get("attributes") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [_key(row) for row in rows if isinstance(row, dict) and not row.get("revokedAt")]


def _key(attributes: Mapping[str, Any]) -> ApiKey:
    used = None
    with suppress(BadInput):
        used = clock.parse(str(attributes.get("lastUsedAt") or ""))
    return ApiKey(line(attributes.get("name") or "?")[:80], used)

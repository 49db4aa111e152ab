"""Countries of addresses, from an MMDB file (MaxMind's format; DB-IP, IPinfo and GeoLite2 come in it)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from doitui_core.errors import Misconfigured

#: Addresses remembered.
REMEMBERED = 65_536


def reader(path: str) -> Callable[[str], str]:
    """A function that gives the country of an address, two small letters, or nothing when it is not known.

    Without a `path` it never is. Raises `Misconfigured` for a file that cannot be used.
    """
    if not path:
        return lambda _: ""
    found = _opened(path)

    @lru_cache(REMEMBERED)
    def country(address: str) -> str:
        try:
            entry = found.get(address)
        except ValueError:  # a host name, or nonsense
            return ""
        return _code(entry)

    return country


def _opened(path: str) -> Any:
    try:
        import maxminddb
    except ImportError as error:
        raise Misconfigured("country_database needs a package: pip install 'doitui[logs]'") from error
    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise Misconfigured(f"country_database {path} cannot be read: {error}") from error


def _code(entry: Any) -> str:
    """GeoLite2 and DB-IP say {"country": {"iso_code": "DE"}}, IPinfo {"country_code": "DE"} or {"country": "DE"}."""
    if not isinstance(entry, dict):
        return ""
    country = entry.get("country_code") or entry.get("country") or entry.get("registered_country")
    code = country.get("iso_code") if isinstance(country, dict) else country
    return code.lower() if isinstance(code, str) and len(code) == 2 else ""

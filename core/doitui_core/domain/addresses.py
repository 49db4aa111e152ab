"""The host of an address, read so strictly that nobody can read another one. Pure.

HTTP libraries decode `%2E`, fold full-width dots, take what stands before or behind a backslash or an `@` for the host.
An address that could be read in two ways is refused instead: a host is ASCII letters, digits, hyphens and
dots, or an IP address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

#: RFC 3986, of an address with a host, without user and password; a port is a number.
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?([/?#]|$)", re.ASCII | re.IGNORECASE
)

#: RFC 1123, and the underscore that is in use.
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII | re.IGNORECASE)

HIGHEST_PORT = 65_535


@lru_cache(256)
def host(url: str) -> str:
    """The host of `url`: lower case, without a dot at the end and the brackets of IPv6.

    Raises `ValueError`, saying what is wrong, for an address that is none or could be read in two ways.
    """
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise ValueError("it must not contain spaces, control characters or backslashes")
    if "@" in authority(url):
        raise ValueError("it must not contain a user or password: these have their own settings")
    found = _ADDRESS.match(url)
    if not found:
        raise ValueError(
            "its host must be ASCII letters, digits, hyphens and dots (xn--… for others), or an IP address"
        )
    if found[2] and not 0 < int(found[2][1:]) <= HIGHEST_PORT:
        raise ValueError(f"its port must be a number from 1 to {HIGHEST_PORT}")
    name = found[1].lower().removesuffix(".")
    if name.startswith("["):
        return str(ip_address(name[1:-1]))
    if len(name) > 253 or not all(map(_LABEL.fullmatch, name.split("."))):
        raise ValueError("its host is not a valid host name")
    return name


def authority(url: str) -> str:
    """What stands between `://` and the path."""
    return re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]


def reached(url: str) -> str:
    """The host that a library would go to for an address of somebody else's, in the form of `host`: escapes decoded,
    other scripts as xn--…, whatever user stands before it. Raises `ValueError` where that is in doubt.
    """
    if re.search(r"[\x00-\x20\x7f\\]", authority(url)):
        raise ValueError("its host holds blanks, control characters or backslashes")
    name = unquote(urlsplit(url).hostname or "")
    try:
        plain = name if ":" in name else name.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError("its host is not a valid host name") from error
    return host(f"http://[{plain}]" if ":" in plain else f"http://{plain}")

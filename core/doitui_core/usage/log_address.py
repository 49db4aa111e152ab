"""The address of a visitor as access logs write it: one IP address or host name, or what proxies add to it.

A field that is not an address means that the fields of the line are others than the format says: `BadLine`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address
from socket import AF_INET, inet_pton

from doitui_core.usage.log_lines import BadLine
from doitui_middleware.actors import client_address, without_port

#: How servers write that they do not know: a header that was not sent, a Unix socket.
UNKNOWN = frozenset({"-", "unix:"})

#: Host names and IPv6 addresses that are remembered: few visitors come once.
REMEMBERED = 65_536

_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
_ENDS_IN_PORT = re.compile(r"(?:\[[^\[\]]+\]|[^:\[\]]+):\d{1,5}|\[[^\[\]]+\]")

_NUMERIC = re.compile(r"[\d.]+", re.ASCII)


def checked(text: str) -> str:
    """The address in `text`, a field that must hold one, without its port. Raises `BadLine`."""
    if ":" not in text:
        try:
            inet_pton(AF_INET, text)  # nearly all addresses, and cheaper than to remember them
        except OSError:
            return _without_port(text)
        return text
    return _without_port(text)


def behind_proxies(peer: str, forwarded: str, trusted_hops: int) -> str:
    """The address that the outermost of `trusted_hops` proxies saw, by the middleware's rule. Raises `BadLine`.

    `forwarded`: X-Forwarded-For; without one it is `peer`. With no hops it must be one address.
    """
    if forwarded in ("", "-"):
        return checked(peer)
    return checked(client_address(peer, forwarded, trusted_hops) if trusted_hops else forwarded)


@lru_cache(REMEMBERED)
def _without_port(text: str) -> str:
    address = without_port(text) if _ENDS_IN_PORT.fullmatch(text) else text
    if address not in UNKNOWN and not _is_address(address):
        raise BadLine(f"has the address {text[:60]!r}, which is {_what_else(text)}")
    return address


def is_ip(text: str) -> bool:
    """Whether it is an IPv4 or IPv6 address, with a zone or without."""
    try:
        IPv6Address(text) if ":" in text else inet_pton(AF_INET, text)
    except (OSError, ValueError):
        return False
    return True


def _is_address(text: str) -> bool:
    if ":" in text or _NUMERIC.fullmatch(text):
        return is_ip(text)
    return bool(_HOST.fullmatch(text))


def _what_else(text: str) -> str:
    if "," in text:
        return "a list: --trusted-hops N says how many proxies of yours have added to it"
    return "neither an IP address nor a host name"

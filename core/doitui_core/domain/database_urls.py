"""Addresses of databases without the passwords in them, for error lines, logs and screens. Pure.

Whatever a person types may hold a password, also where it is no URL at all. So everything is hidden that is not known
to be harmless: what stands between the user and the last `@`, a port that is no number, a parameter that may be one.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from doitui_core.text import MASK

#: Parameters, by their names decoded, whose values are not shown.
_SECRET_NAME = re.compile(r"(?i)pa?ss(?!file)|pw|secret|token|cred")

#: `password=` and the like in a text; the value runs to the next blank, `&` or `;`, or is quoted.
_ASSIGNED = re.compile(r"""(?i)(\b\w*(?:password|passwd|passphrase|pwd)\s*=\s*)('(?:\\.|[^'])*'|"[^"]*"|[^\s&;'"]+)""")

#: User and password in an address that stands in a text.
_IN_ADDRESS = re.compile(r"(?i)(\b[a-z][\w+.-]*:/{0,2}[^:/@\s'\"]*):([^\s'\"]*)@")


def masked(url: str) -> str:
    """`url` without its password, whether or not it is a URL."""
    if url.startswith("sqlite:"):
        return without_passwords(url)
    scheme, colon, rest = _parts(url)
    if not colon:
        return _mask_rest(url)
    user, at, place = rest.rpartition("@")
    return f"{scheme}{colon}{_user(user)}{at}{_place(place)}"


def without_passwords(text: str, url: str = "") -> str:
    """`text` without what looks like a password in an address or a parameter, and without those of the database `url`,
    in whatever form a library may repeat them.
    """
    for secret in secrets(url):
        # A very short one is no part of a longer word: else it would hide half of every message.
        pattern = re.escape(secret) if len(secret) > 3 else rf"(?<!\w){re.escape(secret)}(?!\w)"
        text = re.sub(pattern, MASK, text)
    text = _IN_ADDRESS.sub(rf"\1:{MASK}@", text)
    return _ASSIGNED.sub(rf"\1{MASK}", text)


def secrets(url: str) -> list[str]:
    """Whatever in `url` may be a password, as it is written and decoded; the longest first."""
    if url.startswith("sqlite:"):
        return []
    user, at, place = _parts(url)[2].rpartition("@")
    found = [user.partition(":")[2]] if at else []
    place, _, query = place.partition("?")
    found += [port for port in re.findall(r":([^:/,\]]+)", place) if not port.isdigit()]
    found += [value for name, value in _parameters(query) if _is_secret(name)]
    found += [value.strip("'\"") for _, value in _ASSIGNED.findall(url)]
    return sorted({form for secret in found for form in (secret, unquote(secret)) if form}, key=len, reverse=True)


def _parts(url: str) -> tuple[str, str, str]:
    """(scheme, `://` or what stands for it, the rest); without any of these only the rest."""
    found = re.match(r"([A-Za-z][\w+.-]*)(:/+)(.*)|(postgres\w*)(:)(.*)", url, re.DOTALL | re.IGNORECASE)
    if not found:
        return "", "", url
    return (found[1], found[2], found[3]) if found[2] else (found[4], found[5], found[6])


def _mask_rest(text: str) -> str:
    """`host=h password=…`: from the first password on nothing is shown, because it may hold blanks."""
    shown = _ASSIGNED.search(text)
    text = f"{text[: shown.end(1)]}{MASK}" if shown else text
    user, at, place = text.rpartition("@")
    return f"{_user(user)}{at}{place}"


def _user(user: str) -> str:
    name, colon, _ = user.partition(":")
    return f"{name}:{MASK}" if colon else name


def _place(place: str) -> str:
    host, mark, query = place.partition("?")
    host = re.sub(r":(?![0-9]+(?=[/,]|$))(?![^\[]*\])[^/,]+", f":{MASK}", host)
    return host + mark + "&".join(_parameter(name, value) for name, value in _parameters(query))


def _parameter(name: str, value: str) -> str:
    return f"{name}={MASK if _is_secret(name) else value}" if value else name


def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(unquote(name)))


def _parameters(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in query.split("&"))]

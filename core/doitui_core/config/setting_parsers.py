"""Parsers from the text of a setting to its value. Each raises `ValueError` with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from doitui_core.config import secrets
from doitui_core.domain import addresses, environments, identifiers, suffix
from doitui_core.domain.event_kinds import parse_kinds
from doitui_core.metadata import landing_pages
from doitui_core.text import is_on


def text(value: str) -> str:
    """Any text, stripped."""
    return value.strip()


def path(value: str) -> str:
    """A path with `~` expanded."""
    return str(Path(value.strip()).expanduser())


def directory(value: str) -> str:
    """An absolute path with `~` expanded: workers and cron run elsewhere."""
    found = path(value)
    if not Path(found).is_absolute() or "\0" in found:
        raise ValueError("it must be an absolute path, such as /srv/www/tombstones")
    return found


def storage(value: str) -> str:
    """A directory, or a URL that fsspec opens. Its credentials come from the environment, as each service defines."""
    if "://" not in value:
        return path(value)
    if "@" in urlsplit(value).netloc:
        raise ValueError("it contains credentials: give them as the service's environment variables")
    return value.strip()


def number(most: int, least: int = 1) -> Callable[[str], int]:
    """A parser of whole numbers from `least` to `most`."""

    def parse(value: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", value.strip()) or not least <= int(value) <= most:
            raise ValueError(f"it must be a whole number from {least} to {most}")
        return int(value)

    return parse


def optional_number(value: str) -> int | None:
    """A whole number up to 1,000,000, or None for `none`."""
    return None if value.strip().lower() == "none" else number(1_000_000)(value)


def choice(*words: str) -> Callable[[str], str]:
    """A parser that accepts one of `words`, in any case."""

    def parse(value: str) -> str:
        if value.strip().lower() not in words:
            raise ValueError(f"it must be {' or '.join(words)}")
        return value.strip().lower()

    return parse


def prefix(value: str) -> str:
    """A DOI prefix. Raises `Misconfigured`."""
    return identifiers.check_prefix(value)


def address(value: str) -> str:
    """A web address without user, password or trailing slash."""
    plain = value.strip().rstrip("/")
    if not re.fullmatch(r"https?://[^\s/]+\S*", plain):
        raise ValueError("it must start with http:// or https://")
    addresses.host(plain)  # rejects user and password, which would be stored and shown
    return plain


def service(value: str) -> str:
    """The address of a service that gets credentials: HTTPS, or loopback."""
    plain = address(value)
    environments.check_private(plain)
    return plain


def local_prefix(value: str) -> str:
    """Text that DataCite accepts in a suffix."""
    if not suffix.ALLOWED.fullmatch(value.strip()):
        raise ValueError("it may only contain letters, digits and - . _ ; ( ) / : * ~ $ =")
    return value.strip()


def page(value: str) -> str:
    """A landing page template whose addresses DataCite accepts."""
    template = value.strip()
    if "{object_id}" not in template:
        raise ValueError(
            "it must be an address that contains {object_id}, such as https://archive.example.org/{object_id}"
        )
    result = template.replace("{object_id}", "1").replace("{repository_code}", "1")
    refused = landing_pages.refusal(result)
    if refused is not None:
        raise ValueError(f"DataCite rejects its landing pages: {refused.message}")
    if unknown := re.search(r"\{[^{}]*\}", result):
        raise ValueError(f"unknown placeholder {unknown[0]}: only {{object_id}} and {{repository_code}} are replaced")
    return template


def flag(value: str) -> str:
    """1 or 0."""
    return "1" if is_on(value) else "0"


#: A bare ASCII mail address, without a display name. No `?`, so that it cannot contain encoded words (RFC 2047).
_MAIL = re.compile(r"[\w!#$%&'*+/=^`{|}~.-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE)


def mail_addresses(text: str) -> list[str]:
    """The distinct addresses in `text`, separated by comma, semicolon or space."""
    words = [word for word in re.split(r"[,;\s]+", text) if word]
    for word in words:
        if not _MAIL.fullmatch(word) or len(word) > 254:
            raise ValueError(f"{word!r} is not a mail address")
    return list(dict.fromkeys(words))


def mail(value: str) -> str:
    """Mail addresses, separated by comma and space."""
    return ", ".join(mail_addresses(value))


def one_mail(value: str) -> str:
    """One mail address."""
    if len(mail_addresses(value)) > 1:
        raise ValueError("it must be one mail address")
    return mail(value)


def event_sources(value: str) -> str:
    """Event kinds and usage relation types, separated by spaces."""
    parse_kinds(value)
    return " ".join(value.lower().split())


def source(value: str) -> str:
    """The id of an event source."""
    if not re.fullmatch(r"[\w.:/@+-]{1,100}", value.strip(), re.ASCII):
        raise ValueError("it must be one word of at most 100 characters: letters, digits and . : / @ + - _")
    return value.strip()


def source_token(value: str) -> str:
    """A source token, or a reference to one."""
    return value.strip() if secrets.is_reference(value.strip()) else source(value)


def zone(value: str) -> str:
    """An IANA time zone name."""
    from zoneinfo import ZoneInfo

    if value.strip() == "UTC":  # works without a tz database
        return "UTC"
    try:
        return ZoneInfo(value.strip()).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("it must be a time zone such as UTC or Europe/Berlin") from error

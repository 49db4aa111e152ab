"""How the text of a setting becomes its value. Each raises `ValueError` with what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from doitui_core.config import secrets
from doitui_core.domain import addresses, environments, identifiers, on_off, suffix
from doitui_core.domain.event_kinds import parse_kinds
from doitui_core.metadata import landing_pages


def text(value: str) -> str:
    return value.strip()


def path(value: str) -> str:
    return str(Path(value.strip()).expanduser())


def number(most: int, least: int = 1) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", value.strip()) or not least <= int(value) <= most:
            raise ValueError(f"it must be a whole number from {least} to {most}")
        return int(value)

    return parse


def optional_number(value: str) -> int | None:
    return None if value.strip().lower() == "none" else number(1_000_000)(value)


def choice(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.strip().lower() not in words:
            raise ValueError(f"it must be {' or '.join(words)}")
        return value.strip().lower()

    return parse


def prefix(value: str) -> str:
    return identifiers.check_prefix(value)


def address(value: str) -> str:
    plain = value.strip().rstrip("/")
    if not re.fullmatch(r"https?://[^\s/]+\S*", plain):
        raise ValueError("it must begin with http:// or https://")
    # A password typed into an address is neither stored nor shown.
    addresses.host(plain)
    return plain


def service(value: str) -> str:
    plain = address(value)
    environments.check_private(plain)
    return plain


def local_prefix(value: str) -> str:
    if not suffix.ALLOWED.fullmatch(value.strip()):
        raise ValueError("it must be of letters, digits and - . _ ; ( ) / : * ~ $ =")
    return value.strip()


def page(value: str) -> str:
    """A template whose results DataCite takes: object ids come percent-encoded, codes need not be."""
    template = value.strip()
    if "{object_id}" not in template:
        raise ValueError("it must be an address with {object_id} in it, as https://archive.example.org/{object_id}")
    result = template.replace("{object_id}", "1").replace("{repository_code}", "1")
    refused = landing_pages.refusal(result)
    if refused is not None:
        raise ValueError(f"it makes landing pages that DataCite refuses: {refused[1]}")
    if unknown := re.search(r"\{[^{}]*\}", result):
        raise ValueError(f"it must not name {unknown[0]}: only {{object_id}} and {{repository_code}} are filled in")
    return template


def flag(value: str) -> str:
    return "1" if on_off.parse(value) else "0"


#: A mail address as every mail server takes it, with nothing hidden in it: ASCII, no spaces, no name, and no `?`,
#: without which there are no encoded words.
_MAIL = re.compile(r"[\w!#$%&'*+/=^`{|}~.-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE)


def mail_addresses(text: str) -> list[str]:
    """The addresses in `text`, split by comma, semicolon or space, each once. Raises `ValueError` for other words."""
    words = [word for word in re.split(r"[,;\s]+", text) if word]
    for word in words:
        if not _MAIL.fullmatch(word) or len(word) > 254:
            raise ValueError(f"{word!r} is no mail address")
    return list(dict.fromkeys(words))


def mail(value: str) -> str:
    return ", ".join(mail_addresses(value))


def one_mail(value: str) -> str:
    if len(mail_addresses(value)) > 1:
        raise ValueError("it must be one mail address")
    return mail(value)


def event_sources(value: str) -> str:
    parse_kinds(value)
    return " ".join(value.lower().split())


def source(value: str) -> str:
    if not re.fullmatch(r"[\w.:/@+-]{1,100}", value.strip(), re.ASCII):
        raise ValueError("it must be one word of up to 100 letters, digits and . : / @ + - _")
    return value.strip()


def source_token(value: str) -> str:
    return value.strip() if secrets.is_reference(value.strip()) else source(value)


def zone(value: str) -> str:
    from zoneinfo import ZoneInfo

    if value.strip() == "UTC":  # known without a tz database
        return "UTC"
    try:
        return ZoneInfo(value.strip()).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("it must be a time zone, as UTC or Europe/Berlin") from error

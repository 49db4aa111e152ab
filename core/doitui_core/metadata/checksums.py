"""Is an identifier a real one: its form and its check digits."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType

_ROR = re.compile(r"(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[0-9a-hjkmnp-tv-z]{6})([0-9]{2})", re.IGNORECASE)
# Crockford's base 32, which has no i, l, o and u.
_DIGITS = {digit: value for value, digit in enumerate("0123456789abcdefghjkmnpqrstvwxyz")}


@cache
def _idutils() -> ModuleType:
    """Imported for the first number: it compiles patterns for half a second, and a mint checks no numbers."""
    return import_module("idutils")


def is_ror(value: str) -> bool:
    """A ROR id whose last two digits are its ISO 7064 MOD 97-10 check sum (idutils looks at the form only)."""
    match = _ROR.fullmatch(value.rstrip("/"))
    if match is None:
        return False
    number = 0
    for digit in match[1].lower():
        number = number * 32 + _DIGITS[digit]
    return 98 - number * 100 % 97 == int(match[2])


def is_upc(value: str) -> bool:
    """A UPC-A: an EAN-13 without its leading zero."""
    digits = re.sub(r"[ -]", "", value)
    return len(digits) == 12 and digits.isdecimal() and bool(_idutils().is_ean13(f"0{digits}"))


def is_orcid(value: str) -> bool:
    """An ORCID iD with or without its host, which idutils takes in some spellings only."""
    return bool(_idutils().is_orcid(re.sub(r"^(?:https?://)?(?:www\.)?orcid\.org/", "", value, flags=re.IGNORECASE)))


_CHECKS: dict[str, Callable[[str], object]] = {
    "ORCID": is_orcid,
    "ISNI": lambda value: _idutils().is_isni(value),
    "ROR": is_ror,
    "ISSN": lambda value: _idutils().is_issn(value),
    "EISSN": lambda value: _idutils().is_issn(value),
    "LISSN": lambda value: _idutils().is_issn(value),
    "ISBN": lambda value: _idutils().is_isbn(value),
    "EAN13": lambda value: _idutils().is_ean13(value),
    "UPC": is_upc,
}


#: No number of any scheme, written in any way, is longer. Characters.
_LONGEST = 200


def is_right(scheme: str, value: str) -> bool:
    """Whether `value` is a well-formed number of `scheme` (any case); True for a scheme that has no check digits."""
    if scheme.upper() not in _CHECKS:
        return True
    return len(value) <= _LONGEST and _is_right(scheme.upper(), value)


@lru_cache(4096)
def _is_right(scheme: str, value: str) -> bool:
    """The same institutions and people stand in many records."""
    return bool(_CHECKS[scheme](value.strip().rstrip("/")))

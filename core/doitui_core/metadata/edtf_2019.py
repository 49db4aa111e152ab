"""The Extended Date/Time Format of ISO 8601-2:2019, levels 0 to 2, as the package `edtf` reads it.

The package takes half a second to load and milliseconds for a date. So only what has one of the format's own signs gets
to it: neither a plain date does, nor `31.05.2024`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import cache, lru_cache

_ALPHABET = re.compile(r"[0-9XYESTZ.,/?~%+:\-\[\]{}]{1,60}")
#: A digit that is not known, a long year, significant digits, uncertain and approximate, an open side, a sign in front.
_SIGNS = re.compile(r"X|Y|S|%|\.\.|(?:^|[-/])[?~]|[?~]-")


def is_valid(text: str) -> bool:
    """Whether `text` is a date of EDTF that has one of its signs; whether its days exist is not asked."""
    return bool(_ALPHABET.fullmatch(text) and _SIGNS.search(text)) and _is_valid(text)


@lru_cache(4096)
def _is_valid(text: str) -> bool:
    return _parser()(text)


@cache
def _parser() -> Callable[[str], bool]:
    with warnings.catch_warnings():
        # pyparsing warns of the grammar when it is built, which says nothing about a date.
        warnings.simplefilter("ignore")
        from edtf import is_valid_edtf
    return lambda text: bool(is_valid_edtf(text))

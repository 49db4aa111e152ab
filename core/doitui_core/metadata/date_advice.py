"""What to write instead of a text that is no date, or none that DataCite's reader of XML keeps."""

from __future__ import annotations

import re
from collections.abc import Callable

from doitui_core.metadata.dates import is_date, is_edtf
from doitui_core.metadata.kernel4 import UNKNOWN_VALUES

GENERAL = "write 2024, 2024-05-31, 2024-05-01/2024-05-31, 1984~ (about) or -0054 (55 BC)"

_BC = re.compile(r"(?:ca?\. ?)?([0-9]{1,4}) ?(?:BCE?|B\.C\.(?:E\.)?|v\. ?Chr\.)", re.IGNORECASE)


def _year(number: int) -> str:
    return f"-{-number:04}" if number < 0 else f"{number:04}"


#: How archives write dates -> the same in EDTF.
_SPELLINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"), lambda m: f"{m[1]}-{m[2]}-{m[3]}"),
    (re.compile(r"([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})"), lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}"),
    (re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})"), lambda m: f"{m[3]}-{m[2]:0>2}-{m[1]:0>2}"),
    (re.compile(r"([0-9]{4})[-./]([0-9])"), lambda m: f"{m[1]}-{m[2]:0>2}"),
    (re.compile(r"([0-9]{1,2})[./]([0-9]{4})"), lambda m: f"{m[2]}-{m[1]:0>2}"),
    (re.compile(r"([0-9]{4}) ?[-–—] ?([0-9]{4})"), lambda m: f"{m[1]}/{m[2]}"),
    (re.compile(r"(\S+) ?(?:/|–|—| - | to | bis ) ?(\S+)"), lambda m: f"{m[1]}/{m[2]}"),
    (re.compile(r"(?:c|ca|circa|um|about)\.? ?([0-9]{4})", re.IGNORECASE), lambda m: f"{m[1]}~"),
    (re.compile(r"\[?([0-9]{4}) ?\??\]?"), lambda m: f"{m[1]}?"),
    (re.compile(r"-([0-9]{1,3})"), lambda m: f"-{m[1]:0>4}"),
    # Year 0 is 1 BC.
    (_BC, lambda m: _year(1 - int(m[1]))),
    (re.compile(r"([0-9]{1,3})"), lambda m: f"{m[1]:0>4}"),
    (re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9:]+)"), lambda m: f"{m[1]}T{m[2]}Z"),
    (re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+)"), lambda m: f"{m[1]}Z"),
)

#: The longest text that is looked at. Characters.
_LONGEST = 60


def instead_of(text: str) -> str:
    """A date that `text` seems to mean, as a remedy; in general where none is seen."""
    text = text.strip()
    for pattern, right in _SPELLINGS if len(text) <= _LONGEST else ():
        match = pattern.fullmatch(text)
        if match is not None and is_date(found := right(match)):
            return f"write {found}"
    return GENERAL


def in_edtf_of_2012(text: str) -> str:
    """`text`, a date, as DataCite's reader of XML keeps it, as a remedy."""
    if (code := text.strip("()")) in UNKNOWN_VALUES:
        return f"write {code}"
    found = re.sub(r"T([0-9]{2}:[0-9]{2})(?![:0-9])", r"T\1:00", re.sub(r"(:[0-9]{2})\.[0-9]+", r"\1", text))
    if "/" in found:
        start, _, end = found.partition("/")
        found = "/".join(("unknown" if start in ("", "..") else start, "open" if end in ("", "..") else end))
    found = found.replace("X", "u").replace("%", "?~").replace("Y", "y")
    if is_edtf(found):
        return f"write {found}"
    return f"write {text[:10]}/{end[:10]}" if "T" in text and "/" in text else "write the year, or a range of years"

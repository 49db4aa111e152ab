"""Date syntax: what DataCite documents and never checks, and what its reader of XML keeps.

Documented is W3CDTF: YYYY, YYYY-MM, YYYY-MM-DD, or with a time and its zone (YYYY-MM-DDThh:mm[:ss[.s]]TZD); a range is
start/end. Years before 0000 carry a minus sign. Kept by the reader is EDTF as edtf-ruby has it, the draft of 2012:
`2004-03-02/open` and `2019~` are dates, `2020-01/` is none and is lost (datacite-api 4.2, datacite#2518, #1361). The
EDTF of ISO 8601-2:2019 has other signs (`201X`, `2020/..`, `2004%`): dates, which `edtf_2019` judges, and lost too.
"""

from __future__ import annotations

import re
from calendar import monthrange

from doitui_core.metadata import edtf_2019
from doitui_core.metadata.kernel4 import UNKNOWN_VALUES

_DATE = re.compile(
    r"(?P<year>-?[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-3][0-9])"
    r"(?P<time>T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][01][0-9]:[0-5][0-9]))?)?)?"
)

_DAY = re.compile(r"-?[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: A time of EDTF has seconds, no fractions of them, and not always a zone.
_EDTF_TIME = re.compile(
    r"(-?[0-9]{4}-[0-9]{2}-[0-9]{2})T(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]|24:00:00)(?:Z|[+-][01][0-9]:[0-5][0-9])?"
)

# Uncertain, approximate, or both, of a part or of several in brackets; u for a digit that nobody knows.
_Q = r"\)?(?:\?~?|~)?"
_EDTF_DATE = re.compile(
    rf"\(?(?P<year>-?(?:[0-9]{{4}}|[0-9]{{3}}u|[0-9]{{2}}uu|[0-9]uuu|uuuu)){_Q}"
    rf"(?:-\(?(?P<month>0[1-9]|1[0-2]|uu){_Q}(?:-\(?(?P<day>[0-3][0-9]|uu){_Q})?)?"
)
#: Seasons, long years, decades and centuries.
_EDTF_OTHER = re.compile(
    r"-?[0-9]{4}-2[1-4](?:\^\w+|\?~?|~)?|y-?[1-9][0-9]{4,}|y-?[0-9]+e[0-9]+(?:p[0-9]+)?|[0-9]{3}x|[0-9]{2}xx"
)
#: One of several dates, or all of them.
_EDTF_SET = re.compile(r"\[(?P<one>[^\[\]{}]+)\]|\{(?P<all>[^\[\]{}]+)\}")


def is_date(text: str) -> bool:
    """Whether `text` is a date or a range that exists, or one of the unknown-value codes (`:unav`)."""
    if text.strip("()") in UNKNOWN_VALUES:
        return True
    return is_documented(text) or is_edtf(text) or is_edtf_2019(text)


def is_documented(text: str) -> bool:
    """Whether `text` is a date of W3CDTF or a range of two, as DataCite documents them."""
    start, slash, end = text.partition("/")
    return exists(start) and (not slash or exists(end))


def is_edtf_2019(text: str) -> bool:
    """Whether `text` is a date in the signs of EDTF of 2019, which DataCite's reader of XML does not know."""
    return edtf_2019.is_valid(text) and all(map(exists, _DAY.findall(text))) and not is_open_range(text)


def is_reversed(text: str) -> bool:
    """Whether `text` is a range of two known dates that ends before it begins."""
    start, slash, end = text.partition("/")
    if not slash:
        return False
    first, last = (_DATE.match(side) for side in (start, end))
    if first is None or last is None:
        return False
    begins = (int(first["year"]), int(first["month"] or 1), int(first["day"] or 1))
    return begins > (int(last["year"]), int(last["month"] or 12), int(last["day"] or 31))


def is_open_range(text: str) -> bool:
    """Whether one side of a range is empty, as RKMS-ISO8601 has it and EDTF has not."""
    start, slash, end = text.partition("/")
    side = start or end
    return bool(slash) and bool(start) != bool(end) and (exists(side) or is_edtf(side))


def is_edtf(text: str) -> bool:
    """Whether DataCite's reader of XML keeps it: levels 0 to 2 of EDTF."""
    start, slash, end = text.partition("/")
    if slash:
        return (start == "unknown" or _is_edtf_date(start)) and (end in ("unknown", "open") or _is_edtf_date(end))
    time, several = _EDTF_TIME.fullmatch(text), _EDTF_SET.fullmatch(text)
    if several is not None:
        return all(map(_is_edtf_member, re.split(r", ?", several["one"] or several["all"])))
    return exists(time[1]) if time is not None else _is_edtf_date(text) or bool(_EDTF_OTHER.fullmatch(text))


def _is_edtf_member(text: str) -> bool:
    """A member of a set: a date, or `first..last`, of which one may be left open."""
    first, dots, last = text.partition("..")
    if not dots:
        return _is_edtf_date(first)
    return bool(first or last) and all(_is_edtf_date(side) for side in (first, last) if side)


def _is_edtf_date(text: str) -> bool:
    match = _EDTF_DATE.fullmatch(text)
    if match is None:
        return bool(re.fullmatch(r"-?[0-9]{4}-2[1-4]", text))
    known = [part for part in (match["year"], match["month"], match["day"]) if part]
    return text.count("(") == text.count(")") and ("u" in "".join(known) or exists("-".join(known)))


def exists(text: str) -> bool:
    """Whether `text` is one date of W3CDTF that the calendar has."""
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    # The Gregorian calendar repeats after 400 years, so years that `calendar` does not know have a twin that it does.
    year = 2000 + int(match["year"]) % 400
    return match["day"] is None or 1 <= int(match["day"]) <= monthrange(year, int(match["month"]))[1]

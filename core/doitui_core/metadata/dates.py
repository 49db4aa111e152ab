"""Date syntax as DataCite documents it and never checks: W3CDTF, and RKMS-ISO8601 for ranges.

YYYY, YYYY-MM, YYYY-MM-DD, or with a time and its zone (YYYY-MM-DDThh:mm[:ss[.s]]TZD); a range is start/end, of which
one side may be left open. Years before 0000 carry a minus sign.
"""

from __future__ import annotations

import re
from calendar import monthrange

from doitui_core.metadata.kernel4 import UNKNOWN_VALUES

_DATE = re.compile(
    r"(?P<year>-?[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-3][0-9])"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][01][0-9]:[0-5][0-9]))?)?)?"
)


def is_date(text: str) -> bool:
    """Whether `text` is a date or a range that exists, or one of the unknown-value codes (`:unav`)."""
    if text.strip("()") in UNKNOWN_VALUES:
        return True
    start, slash, end = text.partition("/")
    if not slash:
        return _exists(start)
    return bool(start or end) and all(_exists(side) for side in (start, end) if side)


def _exists(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    # The Gregorian calendar repeats after 400 years, so years that `calendar` does not know have a twin that it does.
    year = 2000 + int(match["year"]) % 400
    return match["day"] is None or 1 <= int(match["day"]) <= monthrange(year, int(match["month"]))[1]

"""Months as people write them: `YYYY-MM`, `last` or `current`. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

from doitui_core.errors import BadInput

#: Relative to today.
LAST, CURRENT = "last", "current"


def parse(text: str, today: date) -> str:
    """`text` as `YYYY-MM`. Raises `BadInput`."""
    if text not in (LAST, CURRENT):
        return check(text, f"YYYY-MM, {LAST} or {CURRENT}")
    first = today.replace(day=1)
    return f"{first if text == CURRENT else first - timedelta(days=1):%Y-%m}"


def check(text: str, form: str = "YYYY-MM") -> str:
    """`text`, if it is `YYYY-MM`, of the years 1000 to 2999. `form`: what the error asks for. Raises `BadInput`."""
    if not re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", text):
        raise BadInput(f"{text!r} is not a month: use {form}")
    return text

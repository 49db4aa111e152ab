"""Months of usage, as people write them, by the days of `usage_timezone`."""

from __future__ import annotations

from datetime import date

from doitui_core import clock
from doitui_core.db import database
from doitui_core.domain import months
from doitui_core.usage import hits
from doitui_core.usage.zone import HOURS_A_DAY, date_of


def today() -> date:
    """Today in `usage_timezone`. Raises `Misconfigured` as `hits.current_zone`."""
    return date_of(hits.current_zone().hour(clock.micros(database.now())) // HOURS_A_DAY)


def resolve(text: str) -> str:
    """`text` (`YYYY-MM`, `last` or `current`) as `YYYY-MM`. Raises `BadInput`, `Misconfigured`."""
    return months.parse(text, today()) if text in (months.LAST, months.CURRENT) else months.parse(text, date.max)

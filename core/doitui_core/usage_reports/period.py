"""The days of a month's report, in `usage_timezone`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from doitui_core.db import raw_sql
from doitui_core.errors import BadInput
from doitui_core.usage import months
from doitui_core.usage.zone import HOURS_A_DAY, date_of, day_of, days_of_month


@dataclass(frozen=True, slots=True)
class Period:
    """`month` as YYYY-MM; `begin` and `end` are its first day and the last that is counted.

    `partial`: the month is not over, or hours of it are not counted yet.
    """

    month: str
    begin: date
    end: date
    partial: bool

    @property
    def over(self) -> bool:
        """Whether all of its days have begun and the last one ended."""
        return day_of(months.today()) >= self.days.stop

    @property
    def days(self) -> range:
        """The days of the month, counted from 1970."""
        return days_of_month(self.month)

    @property
    def dates(self) -> dict[str, str]:
        """As `reporting-period` has them."""
        return {"begin-date": self.begin.isoformat(), "end-date": self.end.isoformat()}


def for_month(month: str) -> Period:
    """The period of `month` (as `months.resolve`), which may have begun today. Raises `BadInput` for an invalid or
    future month.
    """
    month, today = months.resolve(month), day_of(months.today())
    days = days_of_month(month)
    if today < days.start:
        raise BadInput(f"{month} has not begun yet: there is nothing to report")
    last = min(today, days.stop - 1)
    partial = today < days.stop or _uncounted(days)
    return Period(month, date_of(days.start), date_of(last), partial)


def _uncounted(days: range) -> bool:
    statement = "SELECT 1 FROM usage_hour WHERE hour >= {p} AND hour < {p} LIMIT 1"
    hours = (days.start * HOURS_A_DAY, days.stop * HOURS_A_DAY)
    return raw_sql.execute(statement, *hours).fetchone() is not None

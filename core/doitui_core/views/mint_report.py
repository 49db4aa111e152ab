"""How many DOIs were minted: month by month, and by repository. Counted when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import peewee

from doitui_core.clock import micros
from doitui_core.db import database
from doitui_core.db.models import Doi, Repository
from doitui_core.domain.states import DoiStatus

#: Months of the report, the present one included.
MONTHS = 24


@dataclass(frozen=True, slots=True)
class Month:
    """`name` as `2026-11`; `findable`: how many of the `minted` still are."""

    name: str
    minted: int
    findable: int


def monthly(months: int = MONTHS) -> list[Month]:
    """DOIs by the month of their mint (UTC), oldest month first; months without any stand in it too."""
    starts = _starts(database.now(), months + 1)
    return [_month(start, end) for start, end in pairwise(starts)]


def _month(start: datetime, end: datetime) -> Month:
    # Ranges of an index: a GROUP BY over a million rows would read them all.
    within = Doi.select().where(Doi.minted_at >= micros(start), Doi.minted_at < micros(end))
    found = within.where(Doi.status == str(DoiStatus.FINDABLE)).count()
    return Month(f"{start:%Y-%m}", within.count(), found)


def _starts(now: datetime, count: int) -> list[datetime]:
    """The first moments of the last months, oldest first, and of the month to come."""
    present = now.year * 12 + now.month - 1
    return [
        datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC) for number in range(present - count + 2, present + 2)
    ]


def by_repository() -> list[dict[str, Any]]:
    """For each repository its code, how many DOIs it has, and how many of each status; by code."""
    number = peewee.fn.COUNT(Doi.id)
    counted: Any = Doi.select(Doi.repository, Doi.status, number).group_by(Doi.repository, Doi.status).tuples()
    found: dict[int, dict[str, int]] = {}
    for repository_id, status, many in counted:
        found.setdefault(repository_id, {})[status] = many
    return [
        {"repository": row.code, "active": row.active, "total": sum(found.get(row.id, {}).values())}
        | {str(status): found.get(row.id, {}).get(str(status), 0) for status in DoiStatus}
        for row in Repository.select().order_by(Repository.code)
    ]

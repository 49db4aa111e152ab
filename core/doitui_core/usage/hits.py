"""Hits on their way into the database: which day's source they are, and which hours they make anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from doitui_core import clock
from doitui_core.config import settings
from doitui_core.db import database, raw_sql
from doitui_core.errors import Misconfigured
from doitui_core.usage.counter import DOUBLE_CLICK, Reason
from doitui_core.usage.zone import HOURS_A_DAY, QUARTER, Zone

#: The columns of a row, in its order.
COLUMNS = (
    "at",
    "repository_id",
    "doi_id",
    "subject",
    "request",
    "access_method",
    "actor",
    "url",
    "country",
    "source",
    "reason",
)

AT, REPOSITORY_ID, SOURCE, REASON = 0, 1, 9, 10

#: Where hits come from.
SPOOL, LOG, IMPORT = "spool", "log", "import"

NEW, COUNTED, TAKES_BACK = Reason.NEW.value, Reason.COUNTED.value, Reason.TAKES_BACK.value

Row = list[Any]

#: (repository id, day)
Day = tuple[int, int]


def current_zone() -> Zone:
    """The zone of the setting. Raises `Misconfigured` where days are counted in another one already."""
    name = str(settings.load().get("usage_timezone"))
    other = raw_sql.execute("SELECT zone FROM usage_day WHERE zone <> {p} LIMIT 1", name).fetchone()
    if other:
        raise Misconfigured(f"usage_timezone is {name}, but days are counted in {other[0]}: set it back to that")
    return Zone(name)


def store(rows: Sequence[Row], zone: Zone) -> Counter[str]:
    """Write `rows`, all from one source, and mark the hours they change; how many came for which reason.

    Inside `database.write()`. A row of a day that has another source, or is frozen, keeps that as its reason.
    """
    new = _refused([row for row in rows if row[REASON] == NEW], zone)
    reasons = Counter([row[REASON] for row in rows])
    for row in new:
        row[REASON] = COUNTED
    times = [row[AT] for row in rows if row[REASON] in (COUNTED, TAKES_BACK)]
    mark(zone.hours(times) | zone.hours([time - DOUBLE_CLICK for time in times]))
    # After `mark`: whoever counts these hours goes by ids, and those are given out here.
    raw_sql.insert("usage_hit", COLUMNS, rows)
    return reasons


def _refused(new: list[Row], zone: Zone) -> list[Row]:
    """`new` without the rows of closed days, which get that as their reason."""
    quarters = {(row[REPOSITORY_ID], row[AT] // QUARTER) for row in new}
    days = {(repository_id, zone.hour(quarter * QUARTER) // HOURS_A_DAY) for repository_id, quarter in quarters}
    closed = _closed(days, new[0][SOURCE], zone) if new else {}
    if closed:
        for row in new:
            row[REASON] = closed.get((row[REPOSITORY_ID], zone.hour(row[AT]) // HOURS_A_DAY), Reason.NEW).value
        new = [row for row in new if row[REASON] == NEW]
    return new


def _closed(days: set[Day], source: str, zone: Zone) -> dict[Day, Reason]:
    """Claim `days` for `source`; those that cannot be, and why."""
    sources = day_sources(claim(days, source, zone))
    closed = {day: Reason.OTHER_SOURCE for day, (found, _) in sources.items() if found != source}
    return closed | {day: Reason.FROZEN for day, (_, frozen) in sources.items() if frozen}


def claim(days: Iterable[Day], source: str, zone: Zone) -> list[Day]:
    """Note that `source` counts `days`, where nobody does yet. In order, so that two processes never wait in a ring."""
    ordered = sorted(days)
    raw_sql.execute_many(
        "INSERT INTO usage_day (repository_id, day, source, zone) VALUES ({p}, {p}, {p}, {p}) ON CONFLICT DO NOTHING",
        [(repository_id, day, source, zone.name) for repository_id, day in ordered],
    )
    return ordered


def day_sources(days: Sequence[Day]) -> dict[Day, tuple[str, bool]]:
    """(source, whether it is frozen) of those of `days` that are counted."""
    found: dict[Day, tuple[str, bool]] = {}
    for repository_id in {repository_id for repository_id, _ in days}:
        own = [day for repository, day in days if repository == repository_id]
        rows = raw_sql.execute(
            "SELECT day, source, frozen FROM usage_day WHERE repository_id = {p} AND day >= {p} AND day <= {p}",
            *(repository_id, min(own), max(own)),
        ).fetchall()
        found |= {(repository_id, day): (source, bool(frozen)) for day, source, frozen in rows}
    return {day: found[day] for day in days if day in found}


def mark(hours: Iterable[int]) -> None:
    """Note that `hours` have to be counted. Their rows stay locked until the commit: who has counted them meanwhile
    waits for it, and sees that they have changed.
    """
    now = clock.micros(database.now())
    raw_sql.execute_many(
        "INSERT INTO usage_hour (hour, marked_at, changes) VALUES ({p}, {p}, 1) ON CONFLICT (hour) DO UPDATE SET"
        " changes = usage_hour.changes + 1, marked_at ="
        " CASE usage_hour.marked_at WHEN 0 THEN excluded.marked_at ELSE usage_hour.marked_at END",
        [(hour, now) for hour in sorted(hours)],
    )

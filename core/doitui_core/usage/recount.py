"""Hours that have changed, counted whole. What is counted before stays true: only the difference is written.

A hit's reason says whether it is in the counts already; so the hits themselves prove the counts, and counting again
from nothing gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from doitui_core import clock, database
from doitui_core.usage import bulk, hits
from doitui_core.usage.counter import DOUBLE_CLICK, Counting, Hit, Named, Reason, Tally, judge
from doitui_core.usage.zone import HOURS_A_DAY, QUARTER, Zone

#: A worker counts an hour that goes on at most that often.
PATIENCE = timedelta(minutes=1)

#: What an hour is counted from.
LOOKED_AT = (Reason.NEW, Reason.COUNTED, Reason.DOUBLE_CLICK, Reason.TAKEN_BACK, Reason.TAKES_BACK)

#: Where a `Tally` stands.
COLUMNS = ("total_investigations", "unique_investigations", "total_requests", "unique_requests")

#: (DOI, access method, source)
Place = tuple[int, str, str]


def due(waited: timedelta = timedelta(), step: Callable[[int], None] = lambda _: None) -> int:
    """Count the hours that were marked at least `waited` ago; how many. Cheap when there are none.

    Each hour is a transaction of its own. Raises `Misconfigured` when the zone was changed since.
    """
    before = clock.micros(database.now() - waited)
    hours = bulk.execute("SELECT hour FROM usage_hour WHERE marked_at <= {p} ORDER BY hour", before).fetchall()
    if not hours:
        return 0
    zone = hits.current_zone()
    for (hour,) in hours:
        with database.write():
            if _lock(hour):
                _count(hour, zone)
        step(1)
    return len(hours)


def _lock(hour: int) -> bool:
    """Whether the hour still has to be counted. Writers of its hits wait for us at its row, and we for them."""
    statement = "SELECT hour FROM usage_hour WHERE hour = {p}" + database.current().dialect.locking
    return bulk.execute(statement, hour).fetchone() is not None


def _count(hour: int, zone: Zone) -> None:
    start, end = zone.bounds(hour)
    reasons = ", ".join(f"'{reason.value}'" for reason in LOOKED_AT)
    rows = bulk.execute(
        "SELECT id, at, doi_id, request, access_method, actor, url, country, source, reason FROM usage_hit"
        f" WHERE at >= {{p}} AND at <= {{p}} AND reason IN ({reasons}) ORDER BY at, id",
        *(start, end + DOUBLE_CLICK),
    ).fetchall()
    taken_back: set[Named] = {(row[1], row[5], row[6]) for row in rows if row[9] == "takes_back"}
    rows = [row for row in rows if row[9] != "takes_back"]
    read = [_hit(row, hour if row[1] < end else hour + 1) for row in rows]
    told = [one for one in zip(rows, read, judge(read, taken_back), strict=True) if one[1].hour == hour]
    before, after = Counting(), Counting()
    before.add(hit for row, hit, _ in told if row[9] == "counted")
    after.add(hit for _, hit, reason in told if reason is Reason.COUNTED)
    _write_difference(hour // HOURS_A_DAY, before.tallies, after.tallies)
    _write_reasons(start, end, told)
    bulk.execute("DELETE FROM usage_hour WHERE hour = {p}", hour)


def _hit(row: Any, hour: int) -> Hit:
    _, at, doi_id, request, method, actor, url, country, source, _ = row
    return Hit(at, hour, actor, url, (doi_id, method, source), bool(request), country)


def _write_reasons(start: int, end: int, told: list[tuple[Any, Hit, Reason]]) -> None:
    """Most hits are new and count: one statement for them, and one for each that differs."""
    changed = [
        (reason.value, row[0])
        for row, _, reason in told
        if row[9] != reason.value and not (row[9] == "new" and reason is Reason.COUNTED)
    ]
    bulk.execute_many("UPDATE usage_hit SET reason = {p} WHERE id = {p}", changed)
    bulk.execute("UPDATE usage_hit SET reason = 'counted' WHERE at >= {p} AND at < {p} AND reason = 'new'", start, end)


def _write_difference(day: int, before: dict[Any, Tally], after: dict[Any, Tally]) -> None:
    """In order, so that two processes that count two hours of a day never wait for each other in a ring."""
    rows = []
    for key in sorted(before.keys() | after.keys()):
        (doi_id, method, source), country = key
        old, new = before.get(key, [0, 0, 0, 0]), after.get(key, [0, 0, 0, 0])
        if old != new:
            moved = [now - then for now, then in zip(new, old, strict=True)]
            rows.append((day, doi_id, method, country, source, *moved))
    bulk.add("usage_count", ("day", "doi_id", "access_method", "country", "source"), COLUMNS, rows)


#: Counts of ours whose hits are still there.
_PROVABLE = """
    DELETE FROM usage_count WHERE source <> 'import' AND NOT EXISTS (
        SELECT 1 FROM usage_day JOIN doi ON doi.repository_id = usage_day.repository_id
        WHERE doi.id = usage_count.doi_id AND usage_day.day = usage_count.day AND usage_day.frozen = 1
    )
"""


def everything() -> int:
    """Drop the counts of all days that are not frozen and count their hits again; how many hours."""
    zone = hits.current_zone()
    with database.write():
        bulk.execute(_PROVABLE)
        bulk.execute("UPDATE usage_hit SET reason = 'new' WHERE reason IN ('counted', 'double_click', 'taken_back')")
        quarters = bulk.execute(
            "SELECT DISTINCT at / {p} FROM usage_hit WHERE reason IN ('new', 'takes_back')", QUARTER
        ).fetchall()
        hits.mark({zone.hour(quarter * QUARTER) for (quarter,) in quarters})
    return due()

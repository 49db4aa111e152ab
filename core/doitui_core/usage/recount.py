"""Hours that have changed, counted whole. What is counted before stays true: only the difference is written.

A hit's reason, and how far its hour is counted, say whether it is in the counts already; so the hits themselves prove
the counts, and counting again from nothing gives the same numbers.

The hours of a day are read and counted while others write. The result is written only if they are still what they
were: whoever adds hits to an hour says so at its row, and holds that row until the hits are committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby

from doitui_core import clock
from doitui_core.db import database, raw_sql
from doitui_core.domain.counter_terms import COLUMNS
from doitui_core.usage import hits
from doitui_core.usage.counter import Tally
from doitui_core.usage.hour_counts import HourCounts, Key
from doitui_core.usage.zone import HOURS_A_DAY, QUARTER, Zone

#: A worker counts an hour that goes on at most that often.
PATIENCE = timedelta(minutes=1)


def due(waited: timedelta = timedelta(), step: Callable[[int], None] = lambda _: None) -> int:
    """Count the hours that were marked at least `waited` ago; how many. Cheap when there are none.

    The hours of a day are written in one transaction. Raises `Misconfigured` when the zone was changed since.
    """
    now = database.now()
    # One that was marked later than now was marked by a clock that was ahead.
    statement = (
        "SELECT hour FROM usage_hour WHERE marked_at > 0 AND (marked_at <= {p} OR marked_at > {p}) ORDER BY hour"
    )
    found = raw_sql.execute(statement, clock.micros(now - waited), clock.micros(now)).fetchall()
    hours = [hour for (hour,) in found]
    if not hours:
        return 0
    zone = hits.current_zone()
    for _, of_a_day in groupby(hours, key=lambda hour: hour // HOURS_A_DAY):
        _count(list(of_a_day), zone, step)
    return len(hours)


def _count(hours: Sequence[int], zone: Zone, step: Callable[[int], None]) -> None:
    """Count `hours`, all of one day: while others write, and once more while they wait if hits have come meanwhile."""
    counted = HourCounts()
    for hour in hours:
        counted.read(hour, zone)
        step(1)
    with database.write():
        unchanged = all(_lock(hour.number) == hour.changes for hour in counted.hours)
        if unchanged:
            _write(counted)
    if not unchanged:
        for hour in hours:
            with database.write():
                _lock(hour)
                counted = HourCounts()
                counted.read(hour, zone)
                _write(counted)


def _lock(hour: int) -> int:
    """How often the hour has changed. Who adds hits to it waits for us from now on, and we have waited for them."""
    statement = "SELECT changes FROM usage_hour WHERE hour = {p}" + database.current().dialect.locking
    return int(raw_sql.execute(statement, hour).fetchone()[0])


def _write(hour_counts: HourCounts) -> None:
    for hour in hour_counts.hours:
        raw_sql.execute(
            "UPDATE usage_hour SET marked_at = 0, counted_to = {p}, changes = changes + 1 WHERE hour = {p}",
            *(hour.counted_to, hour.number),
        )
    for reason, ids in hour_counts.reasons.items():
        raw_sql.set_where("usage_hit", "reason", reason.value, ids)
    if moved := hour_counts.moved():
        _add(hour_counts.hours[0].number // HOURS_A_DAY, moved)


def _add(day: int, moved: dict[Key, Tally]) -> None:
    """In order, so that two processes that count two hours of a day never wait for each other in a ring."""
    rows: dict[tuple[str, str, str], list[tuple[int, ...]]] = defaultdict(list)
    for ((doi_id, method, source), country), tally in sorted(moved.items()):
        rows[method, country, source].append((doi_id, *tally))
    for method, country, source in sorted(rows):
        shared = {"day": day, "access_method": method, "country": country, "source": source}
        raw_sql.add("usage_count", shared, "doi_id", COLUMNS, rows[method, country, source])


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
        # First, and in order: so whoever counts or adds hits has ended, and the others wait.
        raw_sql.execute("SELECT hour FROM usage_hour ORDER BY hour" + database.current().dialect.locking)
        raw_sql.execute("UPDATE usage_hour SET counted_to = 0, changes = changes + 1")
        raw_sql.execute(_PROVABLE)
        raw_sql.execute("UPDATE usage_hit SET reason = 'counted' WHERE reason IN ('double_click', 'taken_back')")
        quarters = raw_sql.execute(
            "SELECT DISTINCT at / {p} FROM usage_hit WHERE reason IN ('counted', 'takes_back')", QUARTER
        ).fetchall()
        hits.mark(zone.hours([quarter * QUARTER for (quarter,) in quarters]))
    return due()

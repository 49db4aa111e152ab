"""Single hits are personal enough not to be kept for ever: old days are frozen, their hits go, their counts stay."""

from __future__ import annotations

from datetime import timedelta

from doitui_core import clock
from doitui_core.config import settings
from doitui_core.db import database, raw_sql
from doitui_core.usage import hits, recount
from doitui_core.usage.zone import HOURS_A_DAY


def prune() -> int:
    """Freeze the days that are older than `usage_retention_days` and delete their hits, day by day; how many hits."""
    zone = hits.current_zone()
    kept = timedelta(days=int(settings.load().get("usage_retention_days")))
    oldest_day = zone.hour(clock.micros(database.now() - kept)) // HOURS_A_DAY
    until = zone.start_of_day(oldest_day)
    oldest = raw_sql.execute("SELECT MIN(at) FROM usage_hit WHERE at < {p}", until).fetchone()[0]
    if oldest is None:
        return 0
    recount.due()  # what is frozen is counted
    pruned = 0
    for day in range(zone.hour(oldest) // HOURS_A_DAY, oldest_day):
        with database.write():
            if _is_uncounted(day):
                return pruned
            raw_sql.execute("UPDATE usage_day SET frozen = 1 WHERE day <= {p} AND frozen = 0", day)
            end = zone.start_of_day(day + 1)
            pruned += raw_sql.execute("DELETE FROM usage_hit WHERE at < {p}", end).rowcount
    return pruned


def _is_uncounted(day: int) -> bool:
    """Whether a late hit has come meanwhile, to this day or one before: then the next time."""
    statement = "SELECT hour FROM usage_hour WHERE marked_at > 0 AND hour < {p} LIMIT 1"
    return raw_sql.execute(statement, (day + 1) * HOURS_A_DAY).fetchone() is not None

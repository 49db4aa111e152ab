"""The spool into both databases, then counted: hits a second, and what a million hits take in all."""

from __future__ import annotations

import resource
import shutil
import sys

import visits
from ground import REPOSITORY, SQLITE, Ground, Row, on_both, seconds

from doitui_core.db import database, raw_sql
from doitui_core.operations import change_settings
from doitui_core.usage import drain, recount

HITS, DOIS = 300_000, 20_000

#: DESIGN 8: hits a second into SQLite, seconds for a million hits drained and counted.
RATE, A_MILLION = 100_000, 20


def rows(ground: Ground) -> list[Row]:
    """Hits a second."""
    return on_both(ground, _drained, "drain")


def _drained(ground: Ground, name: str) -> list[Row]:
    hits = ground.sized(HITS)
    spool = visits.spool(ground.folder / "drained", hits, DOIS)
    with ground.store(name) as url:
        repository = change_settings.save_repository("hollin", REPOSITORY)
        with database.write():
            visits.findable_dois(repository.id, DOIS)
        database.close()
        database.open(url, durable=False)  # as a worker does
        drained = seconds(lambda: drain.drain(spool))
        counted = seconds(recount.due)
        counted_hits = sum(row[0] for row in raw_sql.execute("SELECT total_investigations FROM usage_count"))
    shutil.rmtree(spool)
    if not counted_hits:
        raise RuntimeError("nothing was counted")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    total = (drained + counted) * 1_000_000 / hits
    return [
        Row(f"drain {hits:,} hits, {name}", hits / drained, "hits/s", least=RATE if name == SQLITE else None),
        Row(f"  count their hours, {name}", hits / counted, "hits/s"),
        Row(
            f"  a million hits, drained and counted, {name}", total, "s", most=A_MILLION, beside=f"peak {peak:.0f} MiB"
        ),
    ]

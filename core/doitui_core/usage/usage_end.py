"""When tombstones were requested: the end of their usage (`domain.usage_rule`)."""

from __future__ import annotations

from collections.abc import Sequence

from doitui_core.db import raw_sql
from doitui_core.db.chunks import in_chunks

#: DOIs asked for at once.
AT_ONCE = 500

# A second request for the same tombstone changes its reason, not its time. Log rows of the worker have a status or a
# cause; of a tombstone that nobody requested here (sync) only those are known.
_REQUESTED = "action = 'deactivate' AND http_status = 0 AND cause = ''"


def requested_at(tombstones: Sequence[int]) -> dict[int, int]:
    """For each of these ids of DOIs, the time of the request in microseconds since 1970; unknown ones are left out."""
    found: dict[int, int] = {}
    for some in in_chunks(tombstones, AT_ONCE):
        rows = raw_sql.execute(
            f"SELECT doi_id, MAX(CASE WHEN {_REQUESTED} THEN at END), MAX(at) FROM doi_log"
            f" WHERE doi_id IN ({', '.join(map(str, map(int, some)))}) AND from_status <> 'tombstone'"
            f" AND (to_status = 'tombstone' OR ({_REQUESTED})) GROUP BY doi_id"
        )
        found |= {number: int(requested or confirmed) for number, requested, confirmed in rows.fetchall()}
    return found

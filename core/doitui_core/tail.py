"""The newest entries of the log of all DOIs: who did what, a moment ago."""

from __future__ import annotations

from typing import Any

from doitui_core.models import Doi, DoiLog

Row = dict[str, Any]


def newest(limit: int) -> list[Row]:
    """`at`, `actor`, `action`, `to_status`, `cause` and `doi` of the last `limit` entries, newest first."""
    # By id: the order in which they were written, read off the primary key.
    entries = DoiLog.select(DoiLog, Doi.doi).join(Doi).order_by(DoiLog.id.desc()).limit(limit)
    return [
        {name: getattr(entry, name) for name in ("at", "actor", "action", "to_status", "cause")}
        | {"doi": entry.doi.doi}
        for entry in entries
    ]

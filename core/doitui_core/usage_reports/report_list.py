"""The reports that were asked for, newest month first, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doitui_core import clock
from doitui_core.db import raw_sql
from doitui_core.domain.job_kinds import UNSETTLED, JobKind
from doitui_core.errors import BadInput

_UNSETTLED = ", ".join(f"'{status}'" for status in UNSETTLED)

#: Named and ordered as in the result.
_ROWS = (
    "SELECT r.id, repository.code AS repository, r.month, r.uuid, r.created_by, job.status AS state, r.parts,"
    " r.datasets, r.requested_at, r.submitted_at, r.response_status, r.cause, r.last_error, job.id AS job,"
    " job.attempts, job.scheduled_at"
    " FROM usage_report AS r JOIN repository ON repository.id = r.repository_id"
    f" LEFT JOIN job ON job.subject_id = r.id AND job.kind = '{JobKind.REPORT}'"
    f" AND job.status IN ({_UNSETTLED})"
)


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Rows as `usage-report list --json` shows them; `next` is the key of the page after, None at the end."""

    rows: list[dict[str, Any]]
    next: str | None


def reports(*, limit: int = 100, after: str = "") -> ReportPage:
    """A page of them; `limit` 0: all. Raises `BadInput` for an invalid key."""
    where, values = _after(after)
    cut = f" LIMIT {limit + 1}" if limit else ""
    cursor = raw_sql.execute(f"{_ROWS}{where} ORDER BY r.month DESC, r.repository_id DESC{cut}", *values)
    names = [column[0] for column in cursor.description]
    rows = [_shown(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    shown = rows[:limit] if limit else rows
    return ReportPage(shown, str(shown[-1]["id"]) if len(rows) > len(shown) else None)


def _after(key: str) -> tuple[str, list[Any]]:
    """The condition for the rows after that of the key, and its values."""
    if not key:
        return "", []
    row = None
    if key.isascii() and key.isdigit() and len(key) < 19:
        row = raw_sql.execute("SELECT month, repository_id FROM usage_report WHERE id = {p}", int(key)).fetchone()
    if row is None:
        raise BadInput(f'Invalid cursor "{key[:40]}": pass the previous page\'s `next` unchanged')
    return " WHERE r.month < {p} OR (r.month = {p} AND r.repository_id < {p})", [row[0], row[0], row[1]]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: clock.iso(clock.moment(row[name])) for name in ("requested_at", "submitted_at")}
    pending = row["scheduled_at"] and row["state"] == "pending"
    return (
        row
        | times
        | {
            "state": row["state"] or ("submitted" if row["submitted_at"] else "cancelled"),
            "attempts": row["attempts"] or 0,
            "scheduled_at": clock.iso(clock.moment(row["scheduled_at"])) if pending else None,
        }
    )

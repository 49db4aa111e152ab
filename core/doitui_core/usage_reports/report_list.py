"""The reports that were asked for, newest month first, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doitui_core import clock
from doitui_core.db import raw_sql
from doitui_core.domain.job_kinds import UNSETTLED, JobKind
from doitui_core.errors import BadInput

_UNSETTLED = ", ".join(f"'{status}'" for status in UNSETTLED)

_ROWS = (
    "SELECT r.id, repository.code, r.month, r.uuid, r.created_by, r.parts, r.datasets, r.response_status, r.cause,"
    " r.last_error, r.requested_at, r.submitted_at, job.id, job.status, job.attempts, job.scheduled_at"
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
    """A page of them; `limit` 0: all. Raises `BadInput` for a key that is none."""
    where, values = _after(after)
    cut = f" LIMIT {limit + 1}" if limit else ""
    rows = raw_sql.execute(f"{_ROWS}{where} ORDER BY r.month DESC, r.repository_id DESC{cut}", *values).fetchall()
    shown = rows[:limit] if limit else rows
    return ReportPage([_shown(row) for row in shown], str(shown[-1][0]) if len(rows) > len(shown) else None)


def _after(key: str) -> tuple[str, list[Any]]:
    if not key:
        return "", []
    row = None
    if key.isascii() and key.isdigit() and len(key) < 19:
        row = raw_sql.execute("SELECT month, repository_id FROM usage_report WHERE id = {p}", int(key)).fetchone()
    if row is None:
        raise BadInput(f"{key[:40]!r} is no key: take `next` of the page before")
    return " WHERE r.month < {p} OR (r.month = {p} AND r.repository_id < {p})", [row[0], row[0], row[1]]


def _shown(row: Any) -> dict[str, Any]:
    number, code, month, uuid, creator, parts, datasets, status, cause, error, requested, submitted, *job = row
    job_id, state, attempts, scheduled = job
    return {
        "id": number,
        "repository": code,
        "month": month,
        "uuid": uuid,
        "created_by": creator,
        "state": state or ("submitted" if submitted else "cancelled"),
        "parts": parts,
        "datasets": datasets,
        "requested_at": clock.iso(clock.moment(requested)),
        "submitted_at": clock.iso(clock.moment(submitted)),
        "response_status": status,
        "cause": cause,
        "last_error": error,
        "job": job_id,
        "attempts": attempts or 0,
        "scheduled_at": clock.iso(clock.moment(scheduled)) if scheduled and state == "pending" else None,
    }

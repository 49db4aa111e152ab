"""Which reports a list shows: the filters of `GET /reports` as a WHERE clause (usage.md 1.2, corrected by 5.10)."""

from __future__ import annotations

import falcon

from doitui.web.common import params
from doitui.web.reports.report_store import NOT_VALID, WAITING

_HEADER = ("report-name", "report-id", "release", "created")
_PART = "EXISTS (SELECT 1 FROM report_subset AS part WHERE part.report = report.number AND part.state = ?)"
_NAME = "json_extract(header, '$.\"report-name\"')"
_CREATED = "json_extract(header, '$.created')"
# Ids of one request: SQLite's statements have limits.
_MOST = 1000

_ORDERS = {"name": _NAME, "-name": f"{_NAME} DESC", "created": _CREATED, "-created": f"{_CREATED} DESC"}


def where(req: falcon.Request) -> tuple[str, list[object]]:
    """`(clause, values)`. All filters hold together; names may be written with dash or underscore."""
    found: list[tuple[str, list[object]]] = []
    for name in _HEADER:
        if value := params.text(req, name):
            found.append((f"json_extract(header, '$.\"{name}\"') = ?", [value]))
    for name, column in {"created-by": "created_by", "client-id": "client"}.items():
        if value := params.text(req, name):
            found.append((f"{column} = ?", [value]))
    for name in ("year", "month"):
        if value := params.text(req, name):
            found.append((f"{name} = ?", [int(value) if value.isdecimal() and len(value) < 5 else -1]))
    if uids := params.values(req, "id")[:_MOST]:
        found.append((f"uid IN ({', '.join('?' * len(uids))})", [*uids]))
    for name, state in {"incorrect": NOT_VALID, "queued": WAITING}.items():
        if params.text(req, name) == "true":
            found.append((f"(state IS ? OR {_PART})", [state, state]))
    clause = " AND ".join(sql for sql, _ in found) or "1"
    return clause, [value for _, values in found for value in values]


def order(req: falcon.Request) -> str:
    """By name or creation, the oldest submission first where they agree and by default."""
    chosen = _ORDERS.get(req.get_param("sort") or "")
    return f"{chosen}, number" if chosen else "number"

"""The filters of `GET /reports`, read from a request (usage.md 1.2, corrected by 5.10)."""

from __future__ import annotations

import falcon

from doitui.web.common import params
from doitui_core.hub_store.report_query import ReportQuery
from doitui_core.hub_store.report_record import ReportState
from doitui_core.hub_store.report_store import storable

_COLUMNS = {
    "report-name": "report_name",
    "report-id": "report_id",
    "release": "release",
    "created": "created",
    "created-by": "created_by",
    "client-id": "client",
}

# Ids of one request: the statements of a database have limits.
_MOST = 1000


def read(req: falcon.Request) -> ReportQuery:
    """All filters hold together; names may be written with dash or underscore. A number that is none finds nothing."""
    values: list[tuple[str, str | int]] = [
        (column, storable(value)) for name, column in _COLUMNS.items() if (value := params.text(req, name))
    ]
    for name in ("year", "month"):
        if value := params.text(req, name):
            values.append((name, int(value) if value.isdecimal() and len(value) < 5 else -1))
    flags = {"incorrect": ReportState.NOT_VALID, "queued": ReportState.WAITING}
    states = tuple(state for name, state in flags.items() if params.text(req, name) == "true")
    uids = tuple(map(storable, params.values(req, "id")[:_MOST]))
    return ReportQuery(tuple(values), uids, states, req.get_param("sort") or "")

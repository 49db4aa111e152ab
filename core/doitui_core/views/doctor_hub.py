"""What the doctor says of a hub on this database: its secret, its place of reports, and what waits in it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from doitui_core.config import settings
from doitui_core.db import database, database_identity
from doitui_core.db.hub_report_model import HubReport, HubReportPart
from doitui_core.errors import Misconfigured
from doitui_core.hub_store import body_storage, report_place, token_signing, tokens
from doitui_core.hub_store.report_record import ReportState
from doitui_core.text import plural
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check

#: A report that has waited longer for its validation says that no hub runs. One of 50,000 datasets takes 10 s.
LATE = timedelta(minutes=10)

_NAME = "hub"
_RUN = "doitui hub"


def checks() -> list[Check]:
    """Nothing where no token was ever issued and no report came in: no hub is in use."""
    issued, reports = tokens.tokens(), HubReport.select().count()
    valid = sum(row.state == "valid" for row in issued)
    if not issued and not reports:
        return []
    address = settings.load().get("hub_url") or "no hub_url: reports are only taken on this machine or through a proxy"
    message = f"{plural(reports, 'report', grouped=True)}, {plural(valid, 'valid token')}; {address}"
    return [*_secret(valid), *_place(reports), *_waiting()] or [Check(_NAME, OK, message)]


def _secret(valid: int) -> list[Check]:
    remedy = "doitui setting set hub_secret env:NAME"
    try:
        if valid and token_signing.find_secret() is None:
            message = f"no secret here, so {plural(valid, 'valid token')} would be refused: give this user the hub's"
            return [Check(_NAME, WARN, message, remedy)]
    except Misconfigured as error:
        return [Check(_NAME, FAIL, str(error), remedy)]
    return []


def _place(reports: int) -> list[Check]:
    """A place of fsspec's is looked at by the hub's heartbeat: here it would need the hub's credentials."""
    opened = database.current()
    place = report_place.reports_place(opened.db.url)
    if "://" in str(place):
        return []
    folder, remedy = Path(place), "doitui setting set hub_reports PLACE"
    if not folder.is_dir():
        missing = f"{folder} does not exist, and it has the bodies of {plural(reports, 'report', grouped=True)}"
        return [Check(_NAME, FAIL, missing, remedy)] if reports else []
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return [Check(_NAME, WARN, f"{folder} is not readable and writable by this user", f"ls -ld {folder}")]
    owner = body_storage.owner(body_storage.Directory(folder))
    if owner and owner != database_identity.identity(opened.db, opened.dialect):
        return [Check(_NAME, FAIL, f"{folder} has the reports of another database ({owner!r})", remedy)]
    return []


def _waiting() -> list[Check]:
    states = HubReportPart.select(HubReportPart.report_id).where(HubReportPart.state == str(ReportState.WAITING))
    waiting = HubReport.select(HubReport.accepted).where(HubReport.id.in_(states))
    times = sorted(row.accepted for row in waiting)
    if not times or database.now() - datetime.fromisoformat(times[0]) < LATE:
        return []
    message = f"{plural(len(times), 'report')} waiting for validation since {times[0]}: no hub is running"
    return [Check(_NAME, WARN, message, _RUN)]

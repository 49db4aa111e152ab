"""Report stores as tests mount them: the hub's, strict and lenient, and the sandbox's, over one database."""

from __future__ import annotations

import gzip
import json
import threading
from pathlib import Path
from typing import Any

import falcon
from falcon.testing import Result, TestClient

from doitui.web.common import refusals
from doitui.web.common.rights import REPOSITORY, STAFF, UsageRights
from doitui.web.reports import reports_resource
from doitui.web.reports.reports_resource import ReportsResource
from doitui_core.hub_store import body_storage
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.hub_database import HubDatabase
from doitui_core.hub_store.report_policy import HUB, LENIENT_HUB, SASHIMI, ReportPolicy
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.hub_store.report_validator import ReportValidator
from doitui_core.hub_store.report_writing import ReportWriter

POLICIES = {"hub": HUB, "lenient": LENIENT_HUB, "sandbox": SASHIMI}
PLAIN = {"Content-Type": "application/json"}
PACKED = {"Content-Type": "application/gzip", "Content-Encoding": "gzip"}
DAYS = {"begin-date": "2026-05-01", "end-date": "2026-05-31"}
COMPRESSED = {"code": 69, "severity": "warning", "message": "compressed", "help-url": "", "data": ""}
METRICS = ("total-dataset-investigations", "unique-dataset-investigations", "total-dataset-requests")


class Callers:
    """Who calls: the name in the header `Caller`; `staff` is DataCite's."""

    def process_request(self, req: Any, _resp: Any) -> None:
        name = req.get_header("Caller")
        role = STAFF if name == "staff" else REPOSITORY
        req.context.usage_rights = UsageRights(name, role) if name else UsageRights()


class MountedStore:
    """One store, and its validator, whose thread is this one."""

    def __init__(self, hub: HubDatabase, folder: Path, policy: ReportPolicy) -> None:
        self.hub, self.policy = hub, policy
        self.reports, self.events = ReportStore(hub, body_storage.at(folder)), EventStore(hub)
        self.validator = ReportValidator(self.reports, self.events, policy, threading.Event())
        app = falcon.App(middleware=[Callers()])
        app.set_error_serializer(refusals.serialize)
        writer = ReportWriter(self.reports, self.validator, policy)
        reports_resource.add_routes(app, ReportsResource(self.reports, writer, policy))
        self.client = TestClient(app)

    def send(self, body: Any, path: str = "/reports", caller: str | None = "demo.repo", **headers: str) -> Result:
        """POST, or PUT to another path, a document or bytes."""
        given = PLAIN if isinstance(body, dict | str) else PACKED
        data = json.dumps(body) if isinstance(body, dict) else body
        who = {"Caller": caller} if caller else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        method = "POST" if path.rstrip("/") == "/reports" else "PUT"
        return self.client.simulate_request(method, path, body=data, headers={**given, **who, **named})

    def get(self, path: str, **params: str) -> Any:
        return self.client.simulate_get(path, params=params).json

    def totals(self) -> dict[tuple[str, str], int]:
        """`{(DOI, relation): total}` of all events."""
        rows = self.hub.execute("SELECT obj_id, relation_type_id, total FROM hub_event").fetchall()
        return {(obj.removeprefix("https://doi.org/"), relation): total for obj, relation, total in rows}


def titles(answer: Result) -> list[str]:
    return [error["title"] for error in answer.json["errors"]]


def dataset(doi: str, *counts: int, **changed: Any) -> dict[str, Any]:
    """A valid dataset with one count for each of `METRICS`."""
    instances = [
        {"metric-type": metric, "access-method": "regular", "count": count}
        for metric, count in zip(METRICS, counts or (3,), strict=False)
    ]
    return {
        "dataset-title": "T",
        "dataset-id": [{"type": "doi", "value": doi}],
        "platform": "P",
        "publisher": "U",
        "publisher-id": [{"type": "client-id", "value": "u.p"}],
        "data-type": "dataset",
        "performance": [{"period": DAYS, "instance": instances}],
        **changed,
    }


def report(*datasets: dict[str, Any], **header: Any) -> dict[str, Any]:
    """A valid plain report."""
    about = {
        "report-name": "dataset report",
        "report-id": "DSR",
        "release": "rd1",
        "created": "2026-06-01",
        "created-by": "demo",
        "reporting-period": DAYS,
        "exceptions": [],
    }
    return {"report-header": about | header, "report-datasets": list(datasets) or [dataset("10.5072/a")]}


def packed(*datasets: dict[str, Any], level: int = 6, **header: Any) -> bytes:
    """A valid compressed report."""
    document = report(*datasets, **{"exceptions": [COMPRESSED], **header})
    return gzip.compress(json.dumps(document).encode(), level, mtime=0)

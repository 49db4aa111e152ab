"""A hub takes in a large compressed report: accepted, valid, its events made, and sent again."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from typing import Any

import falcon
from falcon.testing import TestClient
from ground import Ground, Row, on_both, seconds

from doitui.web.common.rights import STAFF, UsageRights
from doitui.web.reports import reports_resource
from doitui.web.reports.reports_resource import ReportsResource
from doitui_core.domain.counter_terms import METRICS
from doitui_core.hub_store import body_storage, hub_database
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.report_policy import HUB
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.hub_store.report_validator import ReportValidator
from doitui_core.hub_store.report_writing import ReportWriter

DATASETS = 50_000

PATH = "/reports/0b7a4c86-53ef-4b6c-9d0a-6f2f0e7a1b2c"

DAYS = {"begin-date": "2026-05-01", "end-date": "2026-05-31"}


class _Everybody:
    def process_request(self, req: Any, _resp: Any) -> None:
        req.context.usage_rights = UsageRights("demo.repo", STAFF)


def rows(ground: Ground) -> list[Row]:
    """Seconds, datasets and events a second."""
    return on_both(ground, lambda *at: list(_report(*at)), "hub, reports")


def _report(ground: Ground, name: str) -> Iterator[Row]:
    number = ground.sized(DATASETS)
    body = packed(number)
    with ground.store(name):
        hub = hub_database.archive()
        store = ReportStore(hub, body_storage.at(ground.folder / f"bodies-{name}"))
        validator = ReportValidator(store, EventStore(hub), HUB, threading.Event())
        app = falcon.App(middleware=[_Everybody()])
        reports_resource.add_routes(app, ReportsResource(store, ReportWriter(store, validator, HUB), HUB))
        client = TestClient(app)
        for when in ("", ", sent again"):
            accepted = seconds(lambda: _send(client, body))
            yield Row(f"a report of {number:,} datasets accepted{when}, {name}", accepted, "s", most=1.0)
            valid = seconds(validator.step)
            yield Row("  valid", valid, "s", most=10.0, beside=f"{number / valid:,.0f} datasets/s")
            counted = seconds(validator.finish)
            yield Row("  its events made", counted, "s", beside=f"{number * len(METRICS) / counted:,.0f} events/s")


def packed(number: int) -> bytes:
    """A compressed report of `number` datasets with four counts each."""
    exceptions = [{"code": 69, "severity": "warning", "message": "", "help-url": "", "data": ""}]
    header = {"report-name": "dataset report", "report-id": "DSR", "release": "rd1", "created": "2026-06-01"}
    about = {"created-by": "demo", "reporting-period": DAYS, "exceptions": exceptions}
    document = {"report-header": header | about, "report-datasets": [_dataset(n) for n in range(number)]}
    return gzip.compress(json.dumps(document).encode())


def _dataset(number: int) -> dict[str, Any]:
    instances = [
        {"metric-type": metric, "access-method": "regular", "count": 1 + number % 7, "country-counts": {"de": 1}}
        for metric in METRICS
    ]
    return {
        "dataset-title": f"Letters, volume {number}",
        "dataset-id": [{"type": "doi", "value": f"10.5072/hollin/{number}"}],
        "platform": "Hollin",
        "publisher": "Hollin",
        "publisher-id": [{"type": "client-id", "value": "demo.repo"}],
        "data-type": "dataset",
        "yop": "2020",
        "uri": f"https://hollin.example.org/{number}",
        "performance": [{"period": DAYS, "instance": instances}],
    }


def _send(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/gzip", "Content-Encoding": "gzip"}
    answer = client.simulate_put(PATH, body=body, headers=headers)
    if answer.status_code != 202:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:200]}")

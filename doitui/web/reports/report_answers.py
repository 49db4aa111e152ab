"""Usage reports as Sashimi shows them (usage.md 1.1 to 1.3), with the `state` of their datasets."""

from __future__ import annotations

import base64
from typing import Any

from doitui.web.reports.report_store import ReportStore, StoredReport, Subset

_HEADER = (
    *("report-name", "report-id", "release", "created-by", "created", "reporting-period"),
    *("report-filters", "report-attributes", "exceptions"),
)


def listed(report: StoredReport, state: str) -> dict[str, Any]:
    """One of a list: the header only."""
    return {"id": report.uid, "report-header": _header(report), "state": state}


def single(store: ReportStore, report: StoredReport) -> dict[str, Any]:
    """`{"report": {…}}` with datasets or compressed parts; month and year are text without leading zeros."""
    about = {"client-id": report.client, "year": str(report.year), "month": str(report.month)}
    body = {
        "id": report.uid,
        "report-header": _header(report) | about,
        "report-datasets": store.datasets(report),
        "report-subsets": [part(subset) for subset in store.subsets(report)],
        "state": store.state(report),
    }
    return {"report": body}


def part(subset: Subset) -> dict[str, Any]:
    """A compressed part, in base64, with its checksum."""
    gzip = base64.b64encode(subset.gzip).decode()
    return {"id": subset.number, "gzip": gzip, "checksum": subset.checksum, "state": subset.state}


def _header(report: StoredReport) -> dict[str, Any]:
    return {name: report.header.get(name) for name in _HEADER}

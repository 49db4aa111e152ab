"""A DOI's counts as one dataset of a report, and the report's header. Pure.

One performance, at most eight instances, the DOI first: DataCite reads no more of a dataset (usage.md 1.9). Counts of
zero are omitted. What a record does not say is empty where it is required, else omitted (usage.md 2.7).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from doitui_core.errors import BadInput
from doitui_core.usage_reports import rules
from doitui_core.usage_reports.month_counts import Usage
from doitui_core.usage_reports.period import Period
from doitui_core.usage_reports.reporter import Reporter

REPORT_ID = "DSR"

#: As Sashimi words it (usage.md 1.6), which takes a compressed report without it for an empty one.
COMPRESSED = {
    "code": rules.COMPRESSED,
    "severity": "warning",
    "message": "Report is compressed using gzip",
    "help-url": "https://github.com/datacite/sashimi",
    "data": "usage data needs to be uncompressed",
}

#: As COUNTER words it; above 999 it must be exactly this.
PARTIAL = {
    "code": 3040,
    "severity": "warning",
    "message": "Partial Data Returned",
    "help-url": "https://cop5.countermetrics.org/en/5.1/appendices/d-handling-errors-and-exceptions.html",
    "data": "usage data has not been processed for the entire reporting period",
}

#: Characters of a title.
LONGEST_TITLE = 1000


def header(reporter: Reporter, period: Period, created: date, *, compressed: bool) -> dict[str, Any]:
    """The header of every part of a report."""
    exceptions = [*([COMPRESSED] if compressed else []), *([PARTIAL] if period.partial else [])]
    return {
        "report-name": "dataset report",
        "report-id": REPORT_ID,
        "release": rules.RELEASE,
        "created": created.isoformat(),
        "created-by": reporter.created_by,
        "reporting-period": period.dates,
        "report-filters": [],
        "report-attributes": [],
        "exceptions": exceptions,
    }


def dataset(usage: Usage, reporter: Reporter, period: Period) -> dict[str, Any]:
    """The dataset of one DOI. Raises `BadInput` for a count too large for DataCite."""
    year = usage.metadata.get("publicationYear")
    return {
        "dataset-title": usage.title[:LONGEST_TITLE],
        "dataset-id": [{"type": "doi", "value": usage.doi}],
        "platform": reporter.code,
        "publisher": _publisher(usage, reporter),
        "publisher-id": [{"type": "client-id", "value": reporter.client}],
        "data-type": "dataset",
        **({"yop": str(year)} if year else {}),
        **({"uri": usage.url} if usage.url else {}),
        "performance": [{"period": period.dates, "instance": list(_instances(usage))}],
    }


def _publisher(usage: Usage, reporter: Reporter) -> str:
    """Who published the record; else the repository's default."""
    named = usage.metadata.get("publisher")
    name = named.get("name") if isinstance(named, dict) else named
    return str(name or reporter.publisher)


def _instances(usage: Usage) -> Iterator[dict[str, Any]]:
    for counted, count in usage.counts.items():
        if count > rules.MAX_COUNT:
            raise BadInput(
                f"{usage.doi}: {counted[0]} {count} is more than DataCite can store: fix the import, then try again"
            )
        one = {"metric-type": counted[0], "access-method": counted[1], "count": count}
        countries = usage.countries.get(counted)
        yield {**one, "country-counts": countries} if countries else one

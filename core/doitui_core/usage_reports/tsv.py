"""A report as COUNTER's Dataset Master Report, tab-separated: ten lines of header, one empty, a line for each count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from doitui_core.domain import spreadsheets
from doitui_core.domain.counter_terms import METRICS
from doitui_core.usage_reports import datasets
from doitui_core.usage_reports.month_counts import Usage
from doitui_core.usage_reports.period import Period
from doitui_core.usage_reports.reporter import Reporter

#: In English, whatever the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_COLUMNS = (
    *("Dataset_Title", "Publisher", "Publisher_ID", "DOI", "URI", "YOP", "Access_Method", "Metric_Type"),
    "Reporting_Period_Total",
)


def lines(usages: Iterable[Usage], reporter: Reporter, period: Period, created: date) -> Iterator[str]:
    """The lines, each with its end."""
    yield from (_line(*cells) for cells in _head(reporter, period, created))
    for usage in usages:
        yield from _rows(usage, reporter, period)


def _head(reporter: Reporter, period: Period, created: date) -> Iterator[tuple[str, ...]]:
    partial = datasets.PARTIAL
    yield "Report_Name", "Dataset Master Report"
    yield "Report_ID", datasets.REPORT_ID
    yield "Release", "RD1"
    yield "Metric_Types", "; ".join(map(_titled, METRICS))
    yield "Report_Filters", ""
    yield "Report_Attributes", ""
    yield "Exceptions", f"{partial['code']}: {partial['message']}" if period.partial else ""
    yield "Reporting_Period", f"begin_date={period.begin}; end_date={period.end}"
    yield "Created", created.isoformat()
    yield "Created_By", reporter.created_by
    yield ("",)
    yield *_COLUMNS, f"{_MONTHS[period.begin.month - 1]}-{period.begin.year}"


def _rows(usage: Usage, reporter: Reporter, period: Period) -> Iterator[str]:
    dataset = datasets.dataset(usage, reporter, period)
    about = (
        *(dataset["dataset-title"], dataset["publisher"], f"client-id:{reporter.client}"),
        *(usage.doi, dataset.get("uri", ""), dataset.get("yop", "")),
    )
    for one in dataset["performance"][0]["instance"]:
        count = str(one["count"])
        yield _line(*about, _titled(one["access-method"]), _titled(one["metric-type"]), count, count)


def _titled(word: str) -> str:
    """`total-dataset-requests` as COUNTER writes it in tables: Total_Dataset_Requests."""
    return "_".join(part.capitalize() for part in word.split("-"))


def _line(*cells: str) -> str:
    # A tab or line break in a title would end its cell.
    return "\t".join(spreadsheets.guarded(" ".join(cell.split())) for cell in cells) + "\n"

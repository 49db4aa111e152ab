"""How many DOIs were minted, month by month and by repository, and how they were used: as tables, bars and files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from doitui.tui.acts.save_dialog import SaveDialog
from doitui.tui.data import usage_months
from doitui.tui.screens.tabbed import TabbedSection
from doitui.tui.text import bar, number
from doitui.tui.widgets.pane import Pane
from doitui.tui.widgets.plot import Plot
from doitui.tui.widgets.window_table import Column, Row
from doitui_core.domain import spreadsheets
from doitui_core.domain.counter_terms import LABELS
from doitui_core.views import mint_report


@dataclass(frozen=True, slots=True)
class ReportTable:
    """`key` names a row, `counts` are its numbers: the first is the one drawn. `unit`: what the sum of it is.

    `newest_first`: rows are months, and are drawn from the oldest on. `file`: part of the name of the CSV file.
    """

    name: str
    key: str
    counts: tuple[str, ...]
    read: Callable[[], list[Row]]
    unit: str
    empty: str
    file: str
    newest_first: bool = True


def _minted_rows() -> list[Row]:
    return [{"month": row.name, "minted": row.minted, "findable": row.findable} for row in mint_report.monthly()][::-1]


def _usage_rows() -> list[Row]:
    return usage_months.by_month(usage_months.monthly_usage())[::-1]


REPORTS = (
    ReportTable(
        "Minted per month",
        "month",
        ("minted", "findable"),
        _minted_rows,
        "DOIs in 24 months",
        "Nothing was minted in these months.",
        "minted",
    ),
    ReportTable(
        "By repository",
        "repository",
        ("total", "findable", "registered", "draft", "reserved", "tombstone"),
        mint_report.by_repository,
        "DOIs",
        "No repository yet.",
        "repositories",
        newest_first=False,
    ),
    ReportTable(
        "Usage per month",
        "month",
        LABELS,
        _usage_rows,
        "investigations",
        "No usage was counted yet: `doitui usage --help` says how.",
        "usage",
    ),
)


class ReportsScreen(TabbedSection):
    """The operator's reports, as table and plot."""

    id_ = "reports"
    tabs = tuple(report.name for report in REPORTS)
    about: ClassVar = (
        "DOIs by the month of their mint (UTC), the last 24 months; DOIs by repository and state; and how they were "
        "used, by the rules of COUNTER. [ and ] change the report, e saves the one that is shown as a CSV file, "
        "r counts again.",
    )

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, list[Row]] = {}
        self._asked: set[str] = set()

    def side(self) -> Plot:
        """The pane to the right of the table."""
        return Plot(id="plot", classes="side")

    @property
    def report(self) -> ReportTable:
        """The report of the open tab."""
        return REPORTS[self.tab]

    @property
    def rows(self) -> list[Row]:
        """Its rows; empty until read."""
        return self._rows.get(self.report.name, [])

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        report = self.report
        first = report.counts[0]
        counts = [_count(name) for name in report.counts]
        most = max((row[first] for row in self.rows), default=0)
        room = width - 18 - sum(column.width + 1 for column in counts)
        if room < 10 and len(counts) > 2:
            counts = counts[:3]
            room = 0
        shown = [Column(report.key.upper(), 12, lambda row: row[report.key]), *counts]
        return [*shown, Column("", 0, lambda row: (bar(row[first], most, room), "busy"))] if room else shown

    def reload(self) -> None:
        """Count once, and again on `r` only: it reads a large part of the database."""
        report = self.report
        if report.name in self._rows:
            self._show(report, self.rows)
        elif report.name not in self._asked:
            self._asked.add(report.name)
            self.table.cache.fixed([])
            self.table.note = ("", "Counting…")
            slot = f"report {report.name}"
            self.read(slot, report.read, lambda rows: self._show(report, rows), thread=self.doitui.slow)

    def failed(self, pane: Pane, error: Exception) -> None:
        """Counting failed: it is tried again by the next reload."""
        self._asked.clear()
        super().failed(pane, error)

    def _show(self, report: ReportTable, rows: list[Row]) -> None:
        self._rows[report.name] = rows
        self._asked.discard(report.name)
        if report is not self.report:
            return
        first = report.counts[0]
        self.table.note = ("", report.empty)
        self.table.cache.fixed([{"id": row[report.key]} | row for row in rows])
        self.table.refresh()
        self.status(f"{number(sum(row[first] for row in rows))} {report.unit}")
        shown = rows[::-1] if report.newest_first else rows
        self.query_one("#plot", Plot).show([row[report.key] for row in shown], [row[first] for row in shown])

    def act_refresh(self) -> None:
        """Read everything again."""
        self._rows.clear()
        self.reload()

    def act_save(self) -> None:
        """Save what the table shows as CSV, where the operator says."""
        report = self.report
        names = (report.key, *report.counts)
        text = spreadsheets.csv_text([names, *([row[name] for name in names] for row in self.rows)])

        def saved(place: Path | None) -> None:
            if place is not None:
                self.doitui.say(f"written to {place}")

        self.doitui.push_screen(SaveDialog(f"Save {report.name} as CSV", f"doitui-{report.file}.csv", text), saved)


def _count(name: str) -> Column:
    return Column(name.upper(), max(len(name), 9), lambda row: number(row[name]), right=True)


SCREEN = ReportsScreen

"""How many DOIs were minted, month by month and by repository, and how they were used: as tables, bars and files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from doitui.cli import files
from doitui.tui import keys, used
from doitui.tui.screens.tabbed import TabbedSection
from doitui.tui.text import bar, number
from doitui.tui.widgets.plot import Plot
from doitui.tui.widgets.window_table import Column
from doitui_core import minting, spreadsheets
from doitui_core.errors import DoituiError
from doitui_core.windows import Row


@dataclass(frozen=True, slots=True)
class Report:
    """`key` names a row, `counts` are its numbers: the first is the one drawn. `told`: what the sum of it is.

    `newest_first`: rows are months, and are drawn from the oldest on. `file`: part of the name of the CSV file.
    """

    name: str
    key: str
    counts: tuple[str, ...]
    read: Callable[[], list[Row]]
    told: str
    empty: str
    file: str
    newest_first: bool = True


def _minted() -> list[Row]:
    return [{"month": row.name, "minted": row.minted, "findable": row.findable} for row in minting.monthly()][::-1]


def _used() -> list[Row]:
    return used.by_month(used.counted())[::-1]


REPORTS = (
    Report(
        "Minted per month",
        "month",
        ("minted", "findable"),
        _minted,
        "DOIs in 24 months",
        "Nothing was minted in these months.",
        "minted",
    ),
    Report(
        "By repository",
        "repository",
        ("total", "findable", "registered", "draft", "reserved", "tombstone"),
        minting.by_repository,
        "DOIs",
        "No repository yet.",
        "repositories",
        newest_first=False,
    ),
    Report(
        "Usage per month",
        "month",
        used.COUNTS,
        _used,
        "investigations",
        "No usage was counted yet: `doitui usage --help` says how.",
        "usage",
    ),
)


class ReportsScreen(TabbedSection):
    id_ = "reports"
    tabs = tuple(report.name for report in REPORTS)
    BINDINGS: ClassVar = keys.bindings("reports")
    about: ClassVar = (
        "DOIs by the month of their mint (UTC), the last 24 months; DOIs by repository and state; and how they were "
        "used, by the rules of COUNTER. [ and ] change the report, e writes the one that is shown to a CSV file where "
        "doitui was started, r counts again.",
    )

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, list[Row]] = {}
        self._asked: set[str] = set()

    def side(self) -> Plot:
        return Plot(id="plot", classes="beside")

    @property
    def report(self) -> Report:
        return REPORTS[self.tab]

    @property
    def rows(self) -> list[Row]:
        return self._rows.get(self.report.name, [])

    def columns(self, width: int) -> Sequence[Column]:
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
        """Counted once, and again when that is asked for: it reads a good part of a large house."""
        report = self.report
        if report.name in self._rows:
            self._show(report, self.rows)
        elif report.name not in self._asked:
            self._asked.add(report.name)
            self.table.stretch.fixed([])
            self.table.say("", "Counting…")
            slot = f"report {report.name}"
            self.doitui.slow.ask(slot, report.read, lambda rows: self._show(report, rows), self._fail)

    def _fail(self, error: Exception) -> None:
        self._asked.clear()
        self.failed(self.table, error)

    def _show(self, report: Report, rows: list[Row]) -> None:
        self._rows[report.name] = rows
        self._asked.discard(report.name)
        if report is not self.report:
            return
        first = report.counts[0]
        self.table.say("", report.empty)
        self.table.stretch.fixed([{"id": row[report.key]} | row for row in rows])
        self.table.refresh()
        self.say(f"{number(sum(row[first] for row in rows))} {report.told}")
        shown = rows[::-1] if report.newest_first else rows
        self.query_one("#plot", Plot).show([row[report.key] for row in shown], [row[first] for row in shown])

    def act_refresh(self) -> None:
        self._rows.clear()
        self.reload()

    def act_save(self) -> None:
        """What the table shows, as CSV."""
        names = (self.report.key, *self.report.counts)
        lines = [names, *([row[name] for name in names] for row in self.rows)]
        place = Path(f"doitui-{self.report.file}.csv")
        try:
            files.replace(place, "".join(",".join(map(_field, line)) + "\n" for line in lines))
        except DoituiError as error:
            self.doitui.tell(str(error), bad=True)
        else:
            self.doitui.tell(f"written to {place.absolute()}")


def _count(name: str) -> Column:
    return Column(name.upper(), max(len(name), 9), lambda row: number(row[name]), right=True)


def _field(value: Any) -> str:
    """One field of a CSV line."""
    text = spreadsheets.guarded(str(value))
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(mark in text for mark in ',"\n') else text


SCREEN = ReportsScreen

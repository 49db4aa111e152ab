"""How many DOIs were minted, month by month and by repository: as a table, as bars, and as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from doitui.cli import files
from doitui.tui import keys
from doitui.tui.screens.section import Section
from doitui.tui.text import number
from doitui.tui.widgets.bars import StatusLine
from doitui.tui.widgets.plot import Plot
from doitui.tui.widgets.tabs import Tabs
from doitui.tui.widgets.window_table import Column, WindowTable
from doitui_core import minting
from doitui_core.errors import DoituiError
from doitui_core.windows import Row

TABS = ("Minted per month", "By repository")

BAR = "▏▎▍▌▋▊▉█"


class ReportsScreen(Section):
    id_ = "reports"
    BINDINGS: ClassVar = keys.bindings("reports")
    about: ClassVar = (
        "DOIs by the month of their mint (UTC), the last 24 months; and DOIs by repository and state. [ and ] change "
        "the report, e writes the one that is shown to a CSV file where doitui was started, r counts again.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.tab = 0
        self._rows: dict[int, list[Row]] = {}
        self._asked: set[int] = set()

    def body(self) -> Iterable[Widget]:
        yield Tabs(id="tabs")
        yield StatusLine(id="status")
        with Horizontal(classes="row"):
            yield WindowTable(self.columns, id="list")
            yield Plot(id="plot", classes="beside")

    @property
    def table(self) -> WindowTable:
        return self.query_one("#list", WindowTable)

    def on_mount(self) -> None:
        self.table.focus()
        self.query_one("#tabs", Tabs).tell(TABS, self.tab)

    def columns(self, width: int) -> Sequence[Column]:
        most = max((row[self._measure] for row in self._rows.get(self.tab, [])), default=0)
        room = max(width - (32 if self.tab == 0 else 62), 10)

        def bar(row: Row) -> tuple[str, str]:
            eighths = row[self._measure] * room * 8 // most if most else 0
            return "█" * (eighths // 8) + (BAR[eighths % 8 - 1] if eighths % 8 else ""), "busy"

        if self.tab == 0:
            counts = [Column("MONTH", 8, lambda row: row["month"]), _count("minted"), _count("findable")]
        else:
            names = ("total", "findable", "registered", "draft", "reserved", "tombstone")
            counts = [Column("REPOSITORY", 12, lambda row: row["repository"]), *map(_count, names)]
        return [*counts, Column("", 0, bar)] if width >= 70 or not self.tab else counts[:4]

    @property
    def _measure(self) -> str:
        return "minted" if self.tab == 0 else "total"

    def reload(self) -> None:
        """Counted once, and again when that is asked for: it reads a good part of a large house."""
        tab = self.tab
        if tab in self._rows:
            self._show(tab, self._rows[tab])
        elif tab not in self._asked:
            self._asked.add(tab)
            self.table.stretch.fixed([])
            self.table.say("", "Counting…")
            self.doitui.slow.ask(f"report {tab}", READ[tab], lambda rows: self._show(tab, rows), self._fail)

    def _fail(self, error: Exception) -> None:
        self._asked.clear()
        self.failed(self.table, error)

    def _show(self, tab: int, rows: list[Row]) -> None:
        self._rows[tab] = rows
        self._asked.discard(tab)
        if tab != self.tab:
            return
        total = sum(row[self._measure] for row in rows)
        self.table.say("", "No repository yet." if tab else "Nothing was minted in these months.")
        self.table.stretch.fixed(rows)
        self.table.refresh()
        self.query_one("#status", StatusLine).tell(f"{number(total)} DOIs{'' if tab else ' in 24 months'}")
        self._plot()

    def _plot(self) -> None:
        rows = self._rows.get(self.tab, [])
        name = "month" if self.tab == 0 else "repository"
        shown = list(reversed(rows)) if self.tab == 0 else rows
        self.query_one("#plot", Plot).show([row[name] for row in shown], [row[self._measure] for row in shown])

    def act_refresh(self) -> None:
        self._rows.clear()
        self.reload()

    def act_tab_next(self) -> None:
        self.tab = 1 - self.tab
        self.query_one("#tabs", Tabs).tell(TABS, self.tab)
        self.table.go(0)
        self.reload()

    act_tab_before = act_tab_next

    def act_save(self) -> None:
        rows = self._rows.get(self.tab, [])
        names = [name for name in (rows[0] if rows else {}) if name != "id"]
        text = "\n".join(
            ",".join(_field(value) for value in line) for line in [names, *([row[n] for n in names] for row in rows)]
        )
        place = Path(f"doitui-{('minted', 'repositories')[self.tab]}.csv")
        try:
            files.replace(place, text + "\n")
        except DoituiError as error:
            self.doitui.tell(str(error), bad=True)
        else:
            self.doitui.tell(f"written to {place.absolute()}")


def _count(name: str) -> Column:
    return Column(name.upper(), max(len(name), 9), lambda row: number(row[name]), right=True)


def _field(value: Any) -> str:
    """One field of a CSV line. What a spreadsheet would take for a formula is text."""
    text = str(value)
    text = f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(mark in text for mark in ',"\n') else text


def _months() -> list[Row]:
    """Newest first."""
    rows = [
        {"id": row.name, "month": row.name, "minted": row.minted, "findable": row.findable} for row in minting.monthly()
    ]
    return rows[::-1]


def _repositories() -> list[Row]:
    return [{"id": row["repository"]} | row for row in minting.by_repository()]


READ = (_months, _repositories)

SCREEN = ReportsScreen

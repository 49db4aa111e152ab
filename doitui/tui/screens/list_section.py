"""What the screens with a long list share: the table, its filter, its order, its marks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget

from doitui.tui.screens.section import Section
from doitui.tui.text import number
from doitui.tui.widgets.bars import StatusLine, Tabs
from doitui.tui.widgets.filter_bar import FilterBar
from doitui.tui.widgets.lines import Line, Lines
from doitui.tui.widgets.pane import Pane
from doitui.tui.widgets.window_table import Column, Row, WindowTable
from doitui_core.errors import BadInput
from doitui_core.views import filters
from doitui_core.views.filters import Filter
from doitui_core.views.windows import Window

#: Seconds before a list that is not read yet says so, and before the details follow the cursor.
GRACE, REST = 0.3, 0.15

#: By the name of a tab the filter fields of its rows; the first tab shows all.
TabFields = Mapping[str, Mapping[str, str]]


class ListSection(Section):
    """`list_name`: the list in `filters`; `noun`: what a row is; `faulty`: the filter of `!`."""

    list_name: ClassVar[str] = "dois"
    noun: ClassVar[str] = "DOI"
    faulty: ClassVar[str] = ""
    orders: ClassVar[tuple[tuple[str, bool], ...]] = ()
    tabs: ClassVar[TabFields] = {}

    def __init__(self) -> None:
        super().__init__()
        self.filter = Filter()
        self.order = 0
        self.reversed = False
        self.all_matching = False
        self._opened_at = 0.0
        self._detail_timer: Timer | None = None
        self._opened: tuple[Any, ...] | None = None
        self._detail_shown = False

    def body(self) -> Iterable[Widget]:
        """The widgets below the top bar, top to bottom."""
        yield from self.above()
        if self.tabs:
            yield Tabs(id="tabs")
        yield StatusLine(id="status")
        yield FilterBar("words, or " + " ".join(f"{name}:" for name in filters.FIELDS[self.list_name]))
        with Horizontal(classes="row"):
            yield WindowTable(self.columns, id="list", marks=True)
            yield Lines(id="side", classes="side")
        yield StatusLine(id="detail", classes="below")

    def above(self) -> Iterable[Widget]:
        """Widgets above the list."""
        return ()

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width`; each list has its own."""
        raise NotImplementedError

    def window(self) -> Window:
        """The rows to show, for the present filter and order."""
        raise NotImplementedError

    def empty(self) -> tuple[str, ...]:
        """The lines shown when there is no row at all: why, and the next step."""
        raise NotImplementedError

    def detail_lines(self, row: Row) -> list[Line]:
        """The side pane's lines about `row`."""
        raise NotImplementedError

    def detail(self, row: Row) -> str:
        """The line below the list on narrow screens: the error of `row`, else what it is about."""
        names = ("error", "last_error", "title", "obj_id", "object_id")
        return str(next(filter(None, (getattr(row, name, "") for name in names)), ""))

    # Reading

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""
        table, requested = self.table, (str(self.filter), self.order, self.reversed, *self.more())
        if requested == self._opened:
            table.cache.renew()
            return
        self._opened = requested
        self._opened_at = time.monotonic()
        self.all_matching = self._detail_shown = False
        table.unmark()
        table.note = ()
        self.set_timer(GRACE, self._loading)
        table.cache.open(self.window(), self._read, lambda error: self.failed(table, error))
        self.show_status()

    def unreadable(self, pane: Pane, error: Exception) -> None:
        """Reading failed: say why in `pane`."""
        super().unreadable(pane, error)
        self._opened = None  # the next reload opens the list again

    def more(self) -> tuple[Any, ...]:
        """What the list depends on besides filter and order."""
        return ()

    def _loading(self) -> None:
        cache = self.table.cache
        if not cache.is_counted and not cache.rows and not self.doitui.link.lost:
            self.table.note = ("", f"Loading… {time.monotonic() - self._opened_at:.0f} s")
            self.set_timer(1.0, self._loading)

    def _read(self) -> None:
        no_match = (f"No {self.noun} matches `{self.filter}`.", "", "Esc clears the filter.")
        self.table.note = () if self.table.cache.total else ("", *(no_match if self.filter else self.empty()))
        if not self._detail_shown:
            self._detail_shown = True
            self.show_detail()
        self.show_status()

    def on_lines_laid_out(self) -> None:
        """The pane has a new size: show the details again."""
        self.show_detail()

    def show_status(self) -> None:
        """The line above the list."""
        table, cache = self.table, self.table.cache
        left = self.summary() + (f"/ {self.filter}" if self.filter else f"all {self.noun}s")
        if self.all_matching:
            left += f"   ALL {number(cache.whole)} MATCHING"
        elif table.marked:
            left += f"   {len(table.marked)} marked"
        if cache.newer:
            left += f"   {number(cache.newer)} newer: N"
        total = number(cache.total) if cache.is_counted else f"{number(cache.total)}+ (counting)"
        place = f"{number(table.cursor + 1)} of {total}" if cache.total else "none" if cache.is_counted else ""
        self.status(left, f"{place}  {self.sorted_by()}")

    def summary(self) -> str:
        """What is said about the rows before their filter; ends with blanks."""
        return ""

    def sorted_by(self) -> str:
        """What the list is sorted by, for the status line."""
        if not self.orders:
            return ""
        name, backwards = self.orders[self.order]
        return f"by {name} {'v' if backwards != self.reversed else '^'}"

    # Tabs

    def show_tab_counts(self, counts: Mapping[str, int]) -> None:
        """Show `counts`, the number of rows behind each tab but `all`; tabs that are not in it show no number."""
        self.tab_counts = {"all": sum(counts.values()), **counts}
        self.show_tabs()

    def open_tab(self, tab: int) -> None:
        """Show the rows of the tab with that index; the rest of the filter stays."""
        chosen = list(self.tabs.values())[tab]
        of_tabs = {name for fields in self.tabs.values() for name in fields}
        others = {name: value for name, value in self.filter.fields.items() if name not in of_tabs}
        self.show_only(str(Filter({**chosen, **others}, self.filter.text)))

    # Moving

    def on_window_table_moved(self) -> None:
        """The cursor moved: show details of its row."""
        self.show_status()
        if self._detail_timer is not None:
            self._detail_timer.stop()
        self._detail_timer = self.set_timer(REST, self.show_detail)

    def show_detail(self) -> None:
        """Show details of the row under the cursor."""
        pane, row = self.pane("side"), self.table.row
        if pane.display:
            pane.show(self.detail_lines(row) if row is not None else [])
        self.query_one("#detail", StatusLine).show_texts(self.detail(row) if row is not None else "")

    def on_window_table_count_changed(self) -> None:
        """The number of rows or marks changed: the choice of all rows is over."""
        self.all_matching = False
        self.show_status()

    # Acts

    def act_filter(self) -> None:
        """Open the filter bar."""
        self.query_one(FilterBar).open()

    def on_filter_bar_typed(self, message: FilterBar.Typed) -> None:
        """Apply the filter as it is typed."""
        self.narrow(message.text)

    def on_input_submitted(self) -> None:
        """Enter was pressed: apply the filter at once."""
        bar = self.query_one(FilterBar)
        bar.close()
        self.table.focus()
        self.narrow(bar.value)

    def narrow(self, text: str) -> None:
        """Apply the filter `text`; an error in it is shown in the line above the list."""
        try:
            self.filter = filters.parse(text, self.list_name)
        except BadInput as error:
            self.status(str(error))
            return
        fields = self.filter.fields.items()
        self.tab = max((at for at, of_tab in enumerate(self.tabs.values()) if of_tab.items() <= fields), default=0)
        if self.doitui.ready:
            self.reload()
        self.show_tabs()

    def show_only(self, text: str) -> None:
        """Put `text` into the filter bar, and apply it."""
        with self.prevent(FilterBar.Changed):
            self.query_one(FilterBar).value = text
        self.narrow(text)

    def act_back(self) -> None:
        """Close the filter bar, else clear the marks, else the filter."""
        if self.query_one(FilterBar).close():
            self.table.focus()
        elif self.all_matching or self.table.marked:
            self.all_matching = False
            self.table.unmark()
            self.show_status()
        elif self.filter:
            self.show_only("")
        else:
            super().act_back()

    def act_faults(self) -> None:
        """Show only rows with faults, or all again."""
        self.show_only("" if str(self.filter) == self.faulty else self.faulty)

    def act_sort(self) -> None:
        """Sort by the next column."""
        self.order = (self.order + 1) % len(self.orders)
        self.reload()

    def act_reverse(self) -> None:
        """Reverse the order."""
        self.reversed = not self.reversed
        self.reload()

    def act_newer(self) -> None:
        """Show rows that arrived above."""
        self.table.cursor = self.table.top = 0
        self.table.cache.renew(newest=True)

    def act_mark_all(self) -> None:
        """Mark all rows that match the filter."""
        if not self.table.cache.is_counted:
            self.doitui.say("still counting: once more when the number is there", bad=True)
            return
        self.all_matching = not self.all_matching
        self.show_status()

    def act_mark_range(self) -> None:
        """Mark the rows between the last mark and the cursor."""
        begin, end = self.table.last_mark, self.table.row
        if begin is None or end is None:
            self.doitui.say("space marks the first row; on the last one v marks all between", bad=True)
            return

        def mark(rows: list[Row]) -> None:
            if rows:
                self.table.mark_range(rows)
            else:
                self.doitui.say("the last mark is too far away: narrow the list with / and take A", bad=True)

        self.table.cache.between(begin, end, mark)

    def copyable(self) -> str:
        """The DOI under the cursor; empty: none."""
        return self.table.row.doi or "" if self.table.row is not None else ""

    def act_maximise(self) -> None:
        """Give the list the whole screen, or back."""
        self.toggle_class("-maximised")


def error_lines(cause: str, error: str) -> list[Line]:
    """The last error of a row as lines of its details; none without one."""
    return ["", (f"Last error  {cause.replace('_', ' ')}".rstrip(), "head"), error] if error else []

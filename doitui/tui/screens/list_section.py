"""What the screens with a long list share: the table, its filter, its order, what is marked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget

from doitui.tui.screens.section import Section
from doitui.tui.text import number
from doitui.tui.widgets.bars import StatusLine
from doitui.tui.widgets.filter_bar import FilterBar
from doitui.tui.widgets.lines import Line, Lines
from doitui.tui.widgets.tabs import Tabs
from doitui.tui.widgets.window_table import Column, Row, WindowTable
from doitui_core.errors import BadInput
from doitui_core.views import filters
from doitui_core.views.filters import Filter
from doitui_core.views.windows import Window

#: Seconds before a list that has not come says that it is on its way, and before the text beside it follows the cursor.
GRACE, REST = 0.3, 0.15


#: By their words the fields a filter has that shows just that; the first tab shows all.
TabFields = Mapping[str, Mapping[str, str]]


class ListSection(Section):
    """`list_name`: whose filter language it speaks; `noun`: what a row is; `faulty`: the filter of `!`."""

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
        self._beside_timer: Timer | None = None
        self._open_as: tuple[Any, ...] | None = None
        self._beside_shown = False
        self._counts: Mapping[str, int] = {}

    def body(self) -> Iterable[Widget]:
        """The widgets below the top bar, top to bottom."""
        yield from self.above()
        if self.tabs:
            yield Tabs(id="tabs")
        yield StatusLine(id="status")
        yield FilterBar(
            id="filter", placeholder=f"words, or {' '.join(f'{name}:' for name in filters.FIELDS[self.list_name])}"
        )
        with Horizontal(classes="row"):
            yield WindowTable(self.columns, id="list", marks=True)
            yield Lines(id="beside", classes="beside")
        yield StatusLine(id="detail", classes="below")

    def above(self) -> Iterable[Widget]:
        """Widgets above the list."""
        return ()

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width`; each list has its own."""
        raise NotImplementedError

    def window(self) -> Window:
        """The list as filter and order are now."""
        raise NotImplementedError

    def empty(self) -> tuple[str, ...]:
        """Why there is nothing, where no filter hides it, and the next step."""
        raise NotImplementedError

    def detail_lines(self, row: Row) -> list[Line]:
        """What stands beside the list on wide screens, about the row under the cursor."""
        raise NotImplementedError

    def detail(self, row: Row) -> str:
        """What stands below the list on narrow screens, where its columns have no room for it: what went wrong, else
        what the row is about.
        """
        names = ("error", "last_error", "title", "obj_id", "object_id")
        return str(next(filter(None, (getattr(row, name, "") for name in names)), ""))

    @property
    def table(self) -> WindowTable:
        """The table of this screen."""
        return self.query_one("#list", WindowTable)

    def on_mount(self) -> None:
        """Fill the widgets and set the focus."""
        self.table.focus()

    # Reading

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""
        wanted = (str(self.filter), self.order, self.reversed, *self.more())
        if wanted == self._open_as:
            self.table.cache.renew()
            return
        self._open_as = wanted
        self._opened_at = time.monotonic()
        self.all_matching = self._beside_shown = False
        self.table.unmark()
        self.table.say()
        self.set_timer(GRACE, self._loading)
        self.table.cache.open(self.window(), self._read, lambda error: self.failed(self.table, error))
        self.show_status()

    def unreadable(self, pane: WindowTable | Lines, error: Exception) -> None:
        """Reading failed: say why in `pane`."""
        super().unreadable(pane, error)
        self._open_as = None  # the next look opens it anew

    def more(self) -> tuple[Any, ...]:
        """What besides filter and order decides which list it is."""
        return ()

    def _loading(self) -> None:
        stretch = self.table.cache
        if not stretch.is_counted and not stretch.rows and not self.doitui.link.lost:
            self.table.say("", f"Loading… {time.monotonic() - self._opened_at:.0f} s")
            self.set_timer(1.0, self._loading)

    def _read(self) -> None:
        stretch = self.table.cache
        if not stretch.total:
            hidden = ("", f"No {self.noun} matches `{self.filter}`.", "", "Esc clears the filter.")
            self.table.say(*(hidden if self.filter else ("", *self.empty())))
        else:
            self.table.say()
        if not self._beside_shown:
            self._beside_shown = True
            self.show_detail()
        self.show_status()

    def on_lines_laid_out(self) -> None:
        """The pane has a new size: show the details again."""
        self.show_detail()

    def show_status(self) -> None:
        """The line above the list."""
        table, stretch = self.table, self.table.cache
        left = f"/ {self.filter}" if self.filter else f"all {self.noun}s"
        if self.all_matching:
            left += f"   ALL {number(stretch.whole)} MATCHING"
        elif table.marked:
            left += f"   {len(table.marked)} marked"
        if stretch.newer:
            left += f"   {number(stretch.newer)} newer: N"
        total = number(stretch.total) if stretch.is_counted else f"{number(stretch.total)}+ (counting)"
        place = f"{number(table.cursor + 1)} of {total}" if stretch.total else "none" if stretch.is_counted else ""
        self.query_one("#status", StatusLine).show_texts(left, f"{place}  {self.sorted_by()}")

    def sorted_by(self) -> str:
        """What the list is sorted by, for the status line."""
        if not self.orders:
            return ""
        name, backwards = self.orders[self.order]
        return f"by {name} {'v' if backwards != self.reversed else '^'}"

    # Tabs

    @property
    def tab(self) -> str:
        """The one that is open: the last one whose fields the filter has."""
        had = self.filter.fields.items()
        return [tab for tab, fields in self.tabs.items() if fields.items() <= had][-1]

    def count_tabs(self, count: Callable[[], Mapping[str, int]]) -> None:
        """Count the rows of each tab in a reader thread."""
        self.doitui.quick.ask(
            f"tabs {id(self)}", count, self.show_tab_counts, lambda error: self.failed(self.table, error)
        )

    def show_tab_counts(self, counts: Mapping[str, int]) -> None:
        """`counts`: how many rows are behind which tab but `all`; nothing is told of those that are not in it."""
        self._counts = {"all": sum(counts.values()), **counts}
        self._show_tabs()

    def _show_tabs(self) -> None:
        counts = self._counts
        words = [f"{tab} {number(counts[tab])}" if tab in counts else tab for tab in self.tabs]
        self.query_one("#tabs", Tabs).show_labels(words, list(self.tabs).index(self.tab))

    def act_tab_next(self) -> None:
        """Open the next tab."""
        self._turn(1)

    def act_tab_before(self) -> None:
        """Open the previous tab."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        words = list(self.tabs)
        tab = words[(words.index(self.tab) + by) % len(words)]
        others = {name for fields in self.tabs.values() for name in fields}
        kept = {name: value for name, value in self.filter.fields.items() if name not in others}
        self.show_only(str(Filter({**self.tabs[tab], **kept}, self.filter.text)))
        self._show_tabs()

    # Moving

    def on_window_table_moved(self, message: WindowTable.Moved) -> None:
        """The cursor moved: show details of its row."""
        self.show_status()
        if self._beside_timer is not None:
            self._beside_timer.stop()
        self._beside_timer = self.set_timer(REST, self.show_detail)

    def show_detail(self) -> None:
        """Show details of the row under the cursor."""
        pane, detail, row = self.query_one("#beside", Lines), self.query_one("#detail", StatusLine), self.table.row
        if pane.display:
            pane.show(self.detail_lines(row) if row is not None else [])
        detail.show_texts(self.detail(row) if row is not None else "")

    def on_window_table_count_changed(self) -> None:
        """The number of rows changed: marks of all rows no longer hold."""
        self.all_matching = False
        self.show_status()

    # Acts

    def act_filter(self) -> None:
        """Open the filter bar."""
        self.query_one("#filter", FilterBar).open()

    def on_filter_bar_typed(self, message: FilterBar.Typed) -> None:
        """Apply the filter as it is typed."""
        self.narrow(message.text)

    def on_input_submitted(self) -> None:
        """Enter waits for nothing."""
        bar = self.query_one("#filter", FilterBar)
        bar.close()
        self.table.focus()
        self.narrow(bar.value)

    def narrow(self, text: str) -> None:
        """Show what `text` asks for; what it gets wrong is told in the line above."""
        try:
            self.filter = filters.parse(text, self.list_name)
        except BadInput as error:
            self.query_one("#status", StatusLine).show_texts(str(error))
            return
        if self.doitui.ready:
            self.reload()

    def show_only(self, text: str) -> None:
        """`narrow`, as if it had been typed."""
        bar = self.query_one("#filter", FilterBar)
        with self.prevent(FilterBar.Changed):
            bar.value = text
        self.narrow(text)

    def act_back(self) -> None:
        """The filter line, then marks, then the filter itself."""
        bar = self.query_one("#filter", FilterBar)
        if bar.close():
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

    def act_copy(self) -> None:
        """Copy the DOI or command under the cursor."""
        if self.table.row is not None:
            self.doitui.copy(self.table.row.doi)

    def act_copy_as(self) -> None:
        """Copy the DOI's address, and show it to select from."""
        if self.table.row is not None:
            self.doitui.copy_as(self.table.row.doi)

    def act_maximise(self) -> None:
        """Give the list the whole screen, or back."""
        self.toggle_class("-maximised")

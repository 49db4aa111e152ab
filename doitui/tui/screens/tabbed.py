"""What the screens with a few short tables share: a tab for each, a line about it, something beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from doitui.tui.screens.section import Section
from doitui.tui.widgets.bars import StatusLine
from doitui.tui.widgets.tabs import Tabs
from doitui.tui.widgets.window_table import Column, WindowTable


class TabbedSection(Section):
    """`tabs`: their words. `reload` shows the table of the tab that is open."""

    tabs: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.tab = 0

    def body(self) -> Iterable[Widget]:
        """The widgets below the top bar, top to bottom."""
        yield Tabs(id="tabs")
        yield StatusLine(id="status")
        with Horizontal(classes="row"):
            yield WindowTable(self.columns, id="list", row_id=itemgetter("id"))
            yield self.side()
        yield from self.lower_panes()

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        raise NotImplementedError

    def side(self) -> Widget:
        """What stands beside the table on wide screens."""
        raise NotImplementedError

    def lower_panes(self) -> Iterable[Widget]:
        """Panes below the table."""
        return ()

    @property
    def table(self) -> WindowTable:
        """The table of this screen."""
        return self.query_one("#list", WindowTable)

    def say(self, left: str, right: str = "") -> None:
        """The line above the table."""
        self.query_one("#status", StatusLine).show_texts(left, right)

    def on_mount(self) -> None:
        """Fill the widgets and set the focus."""
        self.table.focus()
        self.query_one("#tabs", Tabs).show_labels(self.tabs, self.tab)

    def act_tab_next(self) -> None:
        """Open the next tab."""
        self._turn(1)

    def act_tab_before(self) -> None:
        """Open the previous tab."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self.tab = (self.tab + by) % len(self.tabs)
        self.query_one("#tabs", Tabs).show_labels(self.tabs, self.tab)
        self.table.go(0)
        self.table.cache.fixed([])  # its rows have other columns
        self.reload()

"""What the screens with a few short tables share: a tab for each, a line about it, and a pane on the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from textual.containers import Horizontal
from textual.widget import Widget

from doitui.tui.screens.section import Section
from doitui.tui.widgets.bars import StatusLine, Tabs
from doitui.tui.widgets.window_table import Column, WindowTable


class TabbedSection(Section):
    """`reload` shows the table of the open tab."""

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
        """The pane to the right of the table on wide screens."""
        raise NotImplementedError

    def lower_panes(self) -> Iterable[Widget]:
        """Panes below the table."""
        return ()

    def open_tab(self, tab: int) -> None:
        """Show another table."""
        self.tab = tab
        self.show_tabs()
        self.table.go(0)
        self.table.cache.fixed([])  # its rows have other columns
        self.reload()

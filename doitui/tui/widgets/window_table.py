"""A table over a window of a list of any length: it holds a stretch of rows around what is seen, and asks for more.

No scroll bars and no animation: over SSH both cost more than they tell. A line is painted again only when its row is
another one, and made anew only then: a list that moves on by a row has all its lines but one already.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from doitui.tui.state_symbols import Cell
from doitui.tui.terminal import terminal
from doitui.tui.text import fit
from doitui.tui.widgets.lines import wrapped
from doitui.tui.widgets.pane import Pane
from doitui.tui.widgets.row_cache import RowCache

#: A row of any table: `WindowTable.row_id` identifies it.
Row = Any

#: Rows that stay in sight where a list is turned by pages.
CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`width` 0: what the others leave. `right`: numbers. `least`: tables narrower than this go without it."""

    name: str
    width: int
    cell: Callable[[Row], Cell]
    right: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it was made. `row` is held, so that no other has its place in memory."""

    row: Row
    shown: tuple[object, ...]
    strip: Strip


class WindowTable(Pane):
    """The table. `columns(width)` says which columns a screen of that width has."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("table--head", "table--cursor", "table--good", "table--busy", "table--warn", "table--bad", "table--quiet"),
        *("table--plain", "table--note", "table--marked"),
    }

    DEFAULT_CSS = "WindowTable { height: 1fr; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "Open", show=False),
        Binding("space", "mark", "Mark", show=False),
    ]
    #: Shown in place of rows: why there are none, and what to do.
    note: reactive[tuple[str, ...]] = reactive(())

    class Moved(Message):
        """The cursor is on another row, or that row has changed, or there is none any more."""

    class Entered(Message):
        """Enter was pressed on `row`."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    class CountChanged(Message):
        """How many rows there are, or are marked, has changed."""

    def __init__(
        self,
        columns: Callable[[int], Sequence[Column]],
        *,
        id: str,
        marks: bool = False,
        row_id: Callable[[Row], Any] = attrgetter("id"),
    ) -> None:
        super().__init__(id=id)
        self.row_id = row_id
        self._layout_of = columns
        self.marking = marks
        self.cache = RowCache(self)
        self.cursor = 0
        self.top = 0
        # A row further is all rows painted anew: over SSH a key that is held down would fill a slow line for minutes.
        self._by_pages = terminal.remote(os.environ)
        self.marked: dict[int, Row] = {}
        self._posted: tuple[int, Row] = (-1, None)
        self._lines: dict[int, _Line] = {}

    # What it shows

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.cache.get(self.cursor)

    @property
    def room(self) -> int:
        """Rows that can be seen at once: one line is the head."""
        return max(self.size.height - 1, 1)

    def repaint(self, indices: Sequence[int]) -> None:
        """Paint these rows again, where they are seen."""
        lines = [index - self.top + 1 for index in indices if self.top <= index < self.top + self.room]
        if lines:
            width = self.size.width
            self.refresh(*(Region(0, line, width, 1) for line in lines))
        self._post_moved()

    def repaint_cells(self) -> None:
        """Paint the lines again whose rows are the same, and whose cells say something else by now."""
        before, self._lines = self._lines, {}
        width, seen = self.size.width, range(self.top, min(self.top + self.room, self.cache.total))
        rows = ((index, self.cache.get(index)) for index in seen)
        made = ((index, before.get(id(row)), self._line(index, row, width)) for index, row in rows if row is not None)
        if changed := [index for index, line, strip in made if line is None or line.strip != strip]:
            self.repaint(changed)

    def settle(self) -> None:
        """Bring cursor and top back into the list after it has become another one."""
        last = max(self.cache.total - 1, 0)
        cursor, top = min(self.cursor, last), min(self.top, max(last - self.room + 1, 0))
        top = min(max(top, cursor - self.room + 1), cursor)
        if (cursor, top) != (self.cursor, self.top):
            self.cursor, self.top = cursor, top
            self.refresh()

    def _post_moved(self) -> None:
        if (now := (self.cursor, self.row)) != self._posted:
            self._posted = now
            self.post_message(self.Moved())

    # Moving

    def go(self, cursor: int) -> None:
        """Put the cursor on that row, and the row into view."""
        cursor = min(max(cursor, 0), max(self.cache.total - 1, 0))
        old, self.cursor = self.cursor, cursor
        if (top := self._top(cursor)) != self.top:
            self.top = top
            self.refresh()
        elif old != cursor:
            self.repaint((old, cursor))
        self.cache.want(self.top, self.room)
        self._post_moved()

    def _top(self, cursor: int) -> int:
        """The first row that is seen when the cursor is there: moved by as little as it takes, or by a page."""
        first, last = cursor - self.room + 1, cursor
        context = min(CONTEXT, self.room - 1)
        if self._by_pages and cursor >= self.top + self.room:
            first = min(cursor - context, max(self.cache.total - self.room, 0))
        elif self._by_pages and cursor < self.top:
            last = max(cursor - self.room + 1 + context, 0)
        return min(max(self.top, first), last)

    def action_move(self, by: int) -> None:
        """Move the cursor by `by` rows."""
        self.go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move by `by` pages."""
        self.top = min(max(self.top + by * self.room, 0), max(self.cache.total - self.room, 0))
        self.refresh()
        self.go(self.cursor + by * self.room)

    def action_enter(self) -> None:
        """Open the row under the cursor."""
        if (row := self.row) is not None:
            self.post_message(self.Entered(row))

    def action_mark(self) -> None:
        """Mark or unmark the row, and move on."""
        if self.marking and (row := self.row) is not None:
            if self.marked.pop(self.row_id(row), None) is None:
                self.marked[self.row_id(row)] = row
            self.repaint((self.cursor,))
            self.post_message(self.CountChanged())
            self.go(self.cursor + 1)

    def mark_range(self, rows: Sequence[Row]) -> None:
        """Mark these rows; the last of them is where the next range begins."""
        for row in rows:
            self.marked.pop(self.row_id(row), None)
            self.marked[self.row_id(row)] = row
        self.refresh()
        self.post_message(self.CountChanged())

    @property
    def last_mark(self) -> Row | None:
        """The row that was marked last."""
        return next(reversed(self.marked.values()), None)

    def unmark(self) -> bool:
        """Take all marks away; whether there were any."""
        had = bool(self.marked)
        self.marked.clear()
        if had:
            self.refresh()
            self.post_message(self.CountChanged())
        return had

    def chosen(self) -> list[Row]:
        """What an act is for: the marked rows, else the one under the cursor."""
        return list(self.marked.values()) or ([self.row] if self.row is not None else [])

    # Events

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self.settle()
        self.cache.want(self.top, self.room)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row; a double click opens it."""
        index = self.top + event.y - 1
        if event.y and index < self.cache.total:
            self.go(index)
            if event.chain == 2:
                self.action_enter()

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """As they were made: no frame or space is ever put around them, and what Textual finds out about a line, it
        keeps with that line.
        """
        strips = [self.render_line(y) for y in crop.line_range]
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        whole = crop.column_span == (0, self.size.width)
        return strips if whole else [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """Line `y` of the widget, from the cache where it is unchanged."""
        width = self.size.width
        if not y:
            return self._strip(self._columns(width), None, width)
        if not self.cache.total:
            note = ["".join(text for text, _ in line) for part in self.note for line in wrapped(f" {part}", width)]
            text = note[y - 1] if y <= len(note) else ""
            return Strip([Segment(fit(text, width), self._style("note"))], width)
        index = self.top + y - 1
        if index >= self.cache.total:
            return Strip([Segment(" " * width, self._style("plain"))], width)
        row = self.cache.get(index)
        return self._strip(self._columns(width), None, width, index) if row is None else self._line(index, row, width)

    def notify_style_update(self) -> None:
        """Styles changed: draw all lines again."""
        super().notify_style_update()
        self._lines.clear()

    def _line(self, index: int, row: Row, width: int) -> Strip:
        """The line of `row`, made anew only where the last one was for another place or state of it."""
        shown = (width, index == self.cursor, self.row_id(row) in self.marked, self.stale)
        line = self._lines.pop(id(row), None)
        if line is None or line.row is not row or line.shown != shown:
            line = _Line(row, shown, self._strip(self._columns(width), row, width, index))
        self._lines[id(row)] = line
        while len(self._lines) > self.room:
            del self._lines[next(iter(self._lines))]
        return line.strip

    def _columns(self, width: int) -> list[tuple[Column, int]]:
        columns = [column for column in self._layout_of(width) if column.least <= width]
        rest = width - 2 - sum(column.width + 1 for column in columns)
        return [(column, column.width or max(rest, 4)) for column in columns]

    def _strip(self, columns: list[tuple[Column, int]], row: Row | None, width: int, index: int = -1) -> Strip:
        """A line: two columns for cursor and mark, then the cells. Without `index` the head."""
        here = index == self.cursor and index >= 0
        marked = row is not None and self.row_id(row) in self.marked
        base = self._style("cursor" if here else "marked" if marked else "plain" if index >= 0 else "head")
        parts = [Segment((">" if here else " ") + ("*" if marked else " "), base)]
        for column, wide in columns:
            cell: Cell = column.name if index < 0 else "…" if row is None else column.cell(row)
            text, tone = cell if isinstance(cell, tuple) else (cell, "")
            shown = fit(text, wide)
            if column.right:
                shown = shown.rstrip().rjust(wide)
            parts.append(Segment(f"{shown} ", base + self._tone(tone, here) if tone else base))
        strip = Strip(parts).adjust_cell_length(width, base).simplify()  # each change of style is thirty bytes
        return strip.apply_style(Style(dim=True)) if self.stale and index >= 0 else strip

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"table--{name}")

    def _tone(self, tone: str, here: bool) -> Style:
        """The colour of a tone; its background only where the cursor is not."""
        style = self.get_component_rich_style(f"table--{tone}", partial=True)
        return Style(bold=style.bold) if here else style

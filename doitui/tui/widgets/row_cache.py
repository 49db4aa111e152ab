"""The rows a table has read: a part of its list around what is seen, without gaps. More is read when needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doitui.tui.widgets.window_table import Row, WindowTable
    from doitui_core.views.windows import Key, Window

#: Rows asked for at once, and the most that are kept.
AHEAD, KEPT = 200, 2_000

#: A count that takes longer than `SOON` seconds is repeated only after `REST` times as long: a list that stays open
#: while rows change must not keep the database busy.
SOON, REST = 0.1, 10


class RowCache:
    """Rows `first` to `first + len(rows)` of the list of `total` rows. `newer`: those that came in front since.

    All of it belongs to the event loop; only the window's own functions run in the reading threads.
    """

    def __init__(self, table: WindowTable) -> None:
        self._table = table
        self._window: Window | None = None
        self._edition = 0
        self.first = 0
        self.rows: list[Row] = []
        self.total = 0
        self.is_counted = False
        self.newer = 0
        self._top_key: Key | None = None
        self._asked: tuple[int, int] | None = None
        self._count_from = 0.0
        self._after: Callable[[], None] = lambda: None
        self._failed: Callable[[Exception], None] = lambda _: None

    @property
    def whole(self) -> int:
        """All rows the list has, with those that came in front since: what an act on all of them is for."""
        return self.total + self.newer

    def get(self, index: int) -> Row | None:
        """The row, None where it has not come yet."""
        at = index - self.first
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def fixed(self, rows: Sequence[Row]) -> None:
        """Show just `rows`: a short list that is read as a whole."""
        self._window = None
        self._edition += 1
        self.is_counted, self.newer = True, 0
        self._replace(0, list(rows), len(rows))

    def open(self, window: Window, after: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """Show another list, from its beginning. `after` is called whenever rows or numbers have changed."""
        self._window, self._after, self._failed = window, after, failed
        self._edition += 1
        self.first, self.total, self.newer, self.is_counted = 0, 0, 0, False
        self.rows, self._top_key, self._asked = [], None, None
        self._count_from = 0.0
        self._table.cursor = self._table.top = 0
        self._table.refresh()
        self.renew()

    # Asking

    def want(self, top: int, room: int) -> None:
        """Ask for what is missing of rows `top` to `top + room`, and of the screenful on either side."""
        if self._window is None or not self.total:
            return
        end = self.first + len(self.rows)
        if not self.rows or not self.first - AHEAD <= top <= end:
            self._jump(top)
        elif top >= self.first and min(top + room, self.total) + room > end and end < self.total:
            self._ask(end, end + AHEAD, "after")
        elif self.first and top - room < self.first:
            self._ask(max(self.first - AHEAD, 0), self.first, "before")

    def _jump(self, top: int) -> None:
        if top + AHEAD >= self.total:
            self._ask(max(self.total - AHEAD, 0), self.total, "end")
        elif top < AHEAD:
            self._ask(0, AHEAD, "begin")
        else:
            first = top - AHEAD // 2
            self._ask(first, first + AHEAD, "rank")

    def _ask(self, first: int, last: int, how: str) -> None:
        if self._asked == (first, last):
            return
        self._asked = asked = (first, last)
        window, edition, newer, rows, many = self._window, self._edition, self.newer, self.rows, last - first
        assert window is not None
        key = window.key(rows[0 if how == "before" else -1]) if how in ("before", "after") else None

        def work() -> list[Row]:
            if how in ("before", "end"):
                return window.before(key, many)
            if how != "rank":
                return window.after(key, many)
            start = window.at(first + newer)
            return [] if start is None else window.after(start, many, including=True)

        def is_current() -> bool:
            return edition == self._edition and self._asked == asked

        def done(found: list[Row]) -> None:
            if not is_current():
                return
            self._asked = None
            if key is not None and self.rows is not rows:
                self.want(self._table.top, self._table.room)  # `found` continues rows that are no longer here
            else:
                self._join(first, found, how, many)

        def failed(error: Exception) -> None:
            if is_current():
                self._asked = None
                self._failed(error)

        self._table.doitui.quick.ask(f"rows {id(self)}", work, done, failed)

    def _join(self, first: int, found: list[Row], how: str, asked: int) -> None:
        table, fewer = self._table, len(found) < asked
        before, was = self._seen(), self.total
        if how == "before":
            self._put_in_front(found, begins=fewer)
        elif how == "rank" and not found:
            self._ask(max(self.total - AHEAD, 0), self.total, "end")  # the list has become shorter
            return
        else:
            if how == "after":
                first, found = self.first, self.rows + found
            elif how == "end":
                first = max(self.total - len(found), 0) if not fewer else 0
            if fewer:
                self.total = first + len(found)
            cut = max(len(found) - KEPT, 0)
            self.first, self.rows = first + cut, found[cut:]
        table.settle()
        self._repaint(before, was)
        self.want(table.top, table.room)
        self._after()

    def _put_in_front(self, found: list[Row], *, begins: bool) -> None:
        """`begins`: these are the first of all; where others left the list meanwhile, they are so before rank 0."""
        first = self.first - len(found)
        self.first, self.rows = max(first, 0), (found + self.rows)[:KEPT]
        if begins and first > 0:
            table = self._table
            self.first = 0
            table.cursor, table.top = max(table.cursor - first, 0), max(table.top - first, 0)
            self.renew()

    def between(self, one: Row, other: Row, done: Callable[[list[Row]], None]) -> None:
        """Ask for all rows from `one` to `other`, whichever stands above; none if they are more than are kept."""
        window = self._window
        assert window is not None, "a list that is fixed has no marks"
        self._table.doitui.quick.ask(f"between {id(self)}", lambda: _between(window, one, other), done, self._failed)

    # Keeping up with the database

    def renew(self, *, newest: bool = False) -> None:
        """Something was committed: read again what is seen. `newest`: from the top, with what came meanwhile.

        At the top new rows come in by themselves; elsewhere they are counted, and nothing moves under the reader.
        """
        window, edition, table = self._window, self._edition, self._table
        if window is None:
            return
        following = newest or not self.rows or (table.top == 0 and table.cursor == 0)
        seen = None if following else self.get(table.top)
        # What is seen and a page more: whoever turns it need not wait, and the rest would be read for nobody.
        key, top_key, many = (window.key(seen) if seen else None), self._top_key, max(2 * table.room, 50)
        old_rows, top = self.rows, 0 if following else table.top
        if key is None and not following:
            return  # the rows that are seen are still on their way

        def work() -> tuple[list[Row], int | None, int]:
            rows = window.after(key, many, including=True)
            newer = window.in_front(top_key) if top_key is not None and not following else 0
            total = window.count() if window.counters else len(rows) if key is None and len(rows) < many else None
            return rows, total, newer

        def done(found: tuple[list[Row], int | None, int]) -> None:
            if edition != self._edition:
                return
            if self.rows is not old_rows:
                self.renew(newest=newest)  # the rows that are seen are others by now
                return
            rows, total, self.newer = found
            if following:
                self._top_key = window.key(rows[0]) if rows else None
            self.is_counted = self.is_counted or total is not None
            self._replace(top, rows, max(self.total if total is None else total - self.newer, top + len(rows)))
            self.want(table.top, table.room)
            self._after()
            if total is None:
                self._count(window, edition)

        self._table.doitui.quick.ask(f"renew {id(self)}", work, done, self._failed)

    def _count(self, window: Window, edition: int) -> None:
        if time.monotonic() < self._count_from:
            return

        def work() -> tuple[int, float]:
            begun = time.monotonic()
            return window.count(), time.monotonic() - begun

        def done(found: tuple[int, float]) -> None:
            total, took = found
            if edition == self._edition:
                self._count_from = time.monotonic() + took * REST if took > SOON else 0.0
                self.total, self.is_counted = max(total - self.newer, self.first + len(self.rows)), True
                self._table.settle()
                self._after()

        self._table.doitui.slow.ask(f"count {id(self)}", work, done, self._failed)

    def _replace(self, first: int, rows: list[Row], total: int) -> None:
        """Take `rows` in place of the old ones; paint only what is another now, and keep the cursor on its row."""
        table = self._table
        before, was = self._seen(), self.total
        old, row, row_id = table.cursor, table.row, table.row_id
        # Rows with the same content stay the same objects: their lines need not be made again.
        by_id = {row_id(row): row for row in self.rows}
        rows = [same if (same := by_id.get(row_id(row))) == row else row for row in rows]
        self.first, self.rows, self.total = first, rows, total
        if row is not None and (old or table.top) and row_id(row) in (ids := list(map(row_id, rows))):
            table.cursor = first + ids.index(row_id(row))
        table.settle()
        self._repaint(before, was, [old, table.cursor] if old != table.cursor else ())

    def _seen(self) -> dict[int, Row | None]:
        """What the table shows at which index."""
        top = self._table.top
        return {index: self.get(index) for index in range(top, top + self._table.room)}

    def _repaint(self, before: dict[int, Row | None], was: int, more: Sequence[int] = ()) -> None:
        """Paint what is another row now than it was `before`, and `more`; `was`: how many there were in all."""
        table, now = self._table, self._seen()
        if was != self.total and min(was, self.total) < table.top + table.room:
            table.refresh()  # lines below the last row come or go
        table.repaint([*(index for index, row in now.items() if index not in before or before[index] != row), *more])


def _between(window: Window, one: Row, other: Row) -> list[Row]:
    for above, below, step in ((one, other, 1), (other, one, -1)):
        rows = window.after(window.key(above), KEPT, including=True)
        if below.id in (ids := [row.id for row in rows]):
            return rows[: ids.index(below.id) + 1][::step]
    return []

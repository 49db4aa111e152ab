"""All DOIs: a million as well as ten, newest mint first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from doitui.tui import state_symbols
from doitui.tui.acts.doi_acts import DoiActs
from doitui.tui.screens.list_section import ListSection, TabFields, error_lines
from doitui.tui.text import day, minute
from doitui.tui.widgets.lines import Labelled, Line, labelled
from doitui.tui.widgets.window_table import Column
from doitui_core.domain.states import OPUS
from doitui_core.views import dashboard_counts, windows
from doitui_core.views.rows import DoiRow
from doitui_core.views.windows import Window


class DoisScreen(DoiActs, ListSection):
    """The list of DOIs."""

    id_ = "dois"
    list_name, noun, faulty = "dois", "DOI", "state:failed"
    orders: ClassVar = (("minted", True), ("doi", False))
    tabs: ClassVar[TabFields] = {
        "all": {},
        **{word: {"opus": word} for word in OPUS},
        "unpublished": {"published": "no"},
    }
    about: ClassVar = (
        "Every DOI that was ever reserved here, newest mint first. The state is what DataCite confirmed; marks "
        "show what is pending, uncertain, changed or failed.",
        "",
        "[ and ] change the tab: OPUS's overview of what is not registered yet, registered, and verified since; and "
        "the DOIs whose record is not published.",
        "",
        "Filter: words of DOI, object id or title; or fields:",
        "  state:   reserved draft registered findable tombstone abandoned",
        "           failed uncertain changed pending mismatch",
        "  opus:    unregistered registered verified unpublished",
        "  published: yes no",
        "  repo:    code of a repository",
        "  doi:     how it begins; a pasted DOI will do",
    )

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        return [
            Column("DOI", 34 if width >= 74 else 28, lambda row: row.doi),
            Column("STATE", 12, lambda row: state_symbols.doi(row.status)),
            Column("MARKS", 5, lambda row: state_symbols.marks(row.marks), least=70),
            Column("MINTED", 10, lambda row: day(row.minted_at), least=70),
            Column("TITLE", 0, lambda row: row.title or row.object_id or ""),
        ]

    def window(self) -> Window:
        """The rows to show, for the present filter and order."""
        name, backwards = self.orders[self.order]
        return windows.dois(self.filter, order=name, backwards=backwards != self.reversed)

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""
        super().reload()
        self.read("tabs", dashboard_counts.opus, self.show_tab_counts)

    def empty(self) -> tuple[str, ...]:
        """The lines shown when there is no row at all."""
        return (
            "No DOI yet: records get theirs when they are minted.",
            "",
            "5 shows the records that can be; `doitui record import FILE` brings some in.",
        )

    def detail_lines(self, row: DoiRow) -> list[Line]:
        """The side pane's lines about `row`."""
        facts: Labelled = {
            "title": row.title or "-",
            "record": f"{row.object_id or '-'} in {row.repository}",
            "landing": row.url or "-",
            "minted": minute(row.minted_at),
            "changed": minute(row.updated_at),
            "verified": state_symbols.verification(row.verification),
        }
        marks = f"   {', '.join(row.marks)}" if row.marks else ""
        head: list[Line] = [(row.doi, "strong"), [state_symbols.doi(row.status), marks], ""]
        return [*head, *labelled(facts), *error_lines("", row.error)]

    def chosen_dois(self) -> list[DoiRow] | tuple[Window, int]:
        """The marked DOIs, else the one under the cursor; a window and its count for all that match."""
        return (self.window(), self.table.cache.whole) if self.all_matching else self.table.chosen()

    def open_row(self, row: DoiRow) -> None:
        """Open the page of the DOI."""
        self.doitui.show_doi(row.id, self._neighbour)

    def _neighbour(self, by: int) -> int | None:
        """Move on in the list below the page of a DOI; the id of the DOI there, None if there is none."""
        before = self.table.cursor
        self.table.go(before + by)
        if (row := self.table.row) is None:
            self.table.go(before)  # not read yet
        return row.id if row is not None and self.table.cursor != before else None


SCREEN = DoisScreen

"""The page of a DOI: facts, activity log, requests and answers, metadata, events, jobs, usage, and how it differs from
what DataCite has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from doitui.tui import state_symbols
from doitui.tui.acts.dialogs import Sheet
from doitui.tui.acts.doi_acts import DoiActs
from doitui.tui.acts.queue_acts import QueueActs
from doitui.tui.data import usage_months
from doitui.tui.data.store import ReaderThread
from doitui.tui.screens import doi_panes
from doitui.tui.screens.section import Section
from doitui.tui.text import harmless
from doitui.tui.widgets.bars import StatusLine, Tabs
from doitui.tui.widgets.lines import Line, Lines
from doitui_core.domain.counter_terms import LABELS
from doitui_core.views import doi_page
from doitui_core.views.doi_page import DoiPage
from doitui_core.views.rows import DoiRow
from doitui_core.views.windows import Window

if TYPE_CHECKING:
    from doitui_core.operations.comparing import Comparison

Neighbours = Callable[[int], int | None]

#: By the name of a tab its lines.
PANES: dict[str, Callable[[DoiScreen, DoiPage], list[Line]]] = {
    "Facts": lambda _, page: doi_panes.facts(page),
    "Log": lambda _, page: doi_panes.log(page),
    "Requests": lambda _, page: doi_panes.requests(page),
    "Metadata": lambda _, page: doi_panes.metadata(page),
    "DataCite": lambda screen, _: doi_panes.compared(screen.compared, screen.asked_at),
    "Usage": lambda screen, _: doi_panes.usage(screen.usage),
    "Events": lambda _, page: doi_panes.events(page),
    "Jobs": lambda _, page: doi_panes.jobs(page),
}
TABS = tuple(PANES)
DATACITE, USAGE = TABS.index("DataCite"), TABS.index("Usage")

NOT_ASKED = "Not asked yet: c asks DataCite now, and shows where it differs."


class DoiScreen(DoiActs, QueueActs, Section):
    """One DOI: facts, log, requests, metadata, jobs, events, usage."""

    AUTO_FOCUS = "#text"
    id_, tabs = "doi", TABS
    about: ClassVar = (
        "Everything that is known of one DOI. [ and ] change the tab; { and } go to the DOI before and after it in the "
        "list it was opened from.",
        "",
        ["  wanted        ", "what was requested here"],
        ["  remote        ", "what DataCite confirmed last"],
        ["  certainty     ", "uncertain after a time-out, until doitui has checked"],
        ["  verification  ", "two checks: DataCite's own answer, and where the resolver leads"],
        "",
        "c asks DataCite and shows each field that differs; it only reads. Z stores the state that DataCite reports.",
        "e saves the document that would be sent, as XML or JSON. Fundings stand above the metadata.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.doi_id = 0
        self.page: DoiPage | None = None
        self._neighbours: Neighbours = lambda _: None
        self._forget()

    def open(self, doi_id: int, neighbours: Neighbours) -> None:
        """Show another DOI. `neighbours(1)` moves on in the list it was opened from, and returns the id of the DOI
        there, None if there is none.
        """
        self.doi_id, self.tab, self.page, self._neighbours = doi_id, 0, None, neighbours
        self.tab_counts = {}
        self._forget()
        if self.is_mounted:
            self.show_tabs()
            self.set_class(False, "-plotted")
            self.query_one("#title", StatusLine).show_texts("")
            for text in self.query(Lines):
                text.show([], from_top=True)

    def _forget(self) -> None:
        """Forget the answers about the DOI shown before."""
        self.compared: Comparison | str = NOT_ASKED
        self.asked_at: datetime | None = None
        self.usage: usage_months.Counts | str = "Counting…"

    def body(self) -> Iterable[Widget]:
        """The widgets below the top bar, top to bottom."""
        yield StatusLine(id="title")
        yield Tabs(id="tabs")
        with Horizontal(classes="row"):
            yield Lines(id="text")
            yield Lines(id="side", classes="side")

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""

        def show(page: DoiPage) -> None:
            self.show(page)
            self._count()

        doi_id = self.doi_id
        self.read("page", lambda: doi_page.load(doi_id), self._if_current(show), self.pane("text"))

    def _if_current(self, done: Callable[[Any], None]) -> Callable[[Any], None]:
        """`done`, which does nothing if the page shows another DOI or is closed when it is called."""
        doi_id = self.doi_id
        return lambda result: done(result) if doi_id == self.doi_id and self.is_attached else None

    def _read_in(
        self, thread: ReaderThread, work: Callable[[], Any], done: Callable[[Any], None], error_text: str
    ) -> None:
        """Do `work` in `thread`, then `done` with its result, or with the error after `error_text`."""
        done = self._if_current(done)
        slot = f"doi {id(self)}"
        thread.ask(slot, work, done, lambda error: done(f"{error_text}{harmless(error)}"))

    def _count(self) -> None:
        """Read the usage, only while its tab is open."""
        if self.tab != USAGE or self.page is None or self.page.row.id != self.doi_id:
            return
        doi = self.page.row.doi

        def show(usage: usage_months.Counts | str) -> None:
            self.usage = usage
            self._again()

        self._read_in(self.doitui.slow, lambda: usage_months.monthly_usage(doi), show, "Not read: ")

    def act_compare(self) -> None:
        """Ask DataCite, in a thread of its own; the answer is shown in its tab, whichever is open then."""
        doi_id = self.doi_id

        def show(comparison: Comparison | str) -> None:
            self.compared, self.asked_at = comparison, self.doitui.now()
            self._again()

        self.compared, self.asked_at = "Asking DataCite…", None
        self.open_tab(DATACITE)
        self._read_in(self.doitui.outside, lambda: _compare(doi_id), show, "")

    def _again(self) -> None:
        if self.page is not None:
            self.show(self.page)

    def show(self, page: DoiPage, *, from_top: bool = False) -> None:
        """Show what was read."""
        self.page = page
        row = page.row
        state, _ = state_symbols.doi(row.status)
        self.query_one("#title", StatusLine).show_texts(f"DOIs > {row.doi}", f"{state}  {' '.join(row.marks)}")
        rows: dict[str, Sequence[object]] = {
            "Log": page.log,
            "Requests": page.attempts,
            "Events": page.events,
            "Jobs": page.jobs,
        }
        self.tab_counts = {tab: len(of_tab) for tab, of_tab in rows.items()}
        self.show_tabs()
        self.pane("text").show(PANES[TABS[self.tab]](self, page), from_top=from_top)
        self._show_side(page)

    def _show_side(self, page: DoiPage) -> None:
        months = usage_months.by_month(self.usage) if self.tab == USAGE and not isinstance(self.usage, str) else []
        self.set_class(bool(months), "-plotted")
        if months:
            self._plot(months)
        self.pane("side").show(doi_panes.facts(page) if self.tab else doi_panes.log(page))

    def _plot(self, months: list[usage_months.Counts]) -> None:
        from doitui.tui.widgets.plot import Plot  # a page without a plot opens faster

        if not self.query(Plot):
            self.query_one(".row").mount(Plot(id="plot", classes="side"))
        self.query_one(Plot).show([row["month"] for row in months], [row[LABELS[0]] for row in months])

    def open_tab(self, tab: int) -> None:
        """Show another tab, from its first line."""
        self.tab = tab
        if self.page is not None:
            self.show(self.page, from_top=True)
            self._count()

    def act_row_next(self) -> None:
        """Open the next DOI of the list."""
        self._go(1)

    def act_row_before(self) -> None:
        """Open the previous DOI of the list."""
        self._go(-1)

    def _go(self, by: int) -> None:
        found = self._neighbours(by)
        if found is None:
            self.doitui.say("there is no other one in the list this page was opened from", bad=True)
            return
        self.doi_id = found
        self._forget()
        self.pane("text").top = 0
        self.reload()

    def act_quit(self) -> None:
        """Close this page, or quit."""
        self.app.pop_screen()

    def chosen_dois(self) -> list[DoiRow] | tuple[Window, int]:
        """The marked DOIs, else the one under the cursor; a window and its count for all that match."""
        return [self.page.row] if self.page is not None else []

    def act_retry(self) -> None:
        """Ask, then requeue the chosen rows with new attempts."""
        if self.page is not None:
            self.propose_retry(self.page.jobs)

    def act_export(self) -> None:
        """Read and check the document, in a thread; then ask where to save it, or list its errors."""
        from doitui.tui.acts import export_dialog  # a page that exports nothing opens faster

        doi_id, host = self.doi_id, self.doitui

        def saved(place: Path | None) -> None:
            if place is not None:
                host.say(f"written to {place}")

        def show(found: export_dialog.Export) -> None:
            if found.errors:
                self.app.push_screen(Sheet(export_dialog.refusal(found)))
            else:
                host.push_screen(export_dialog.ExportDialog(found), saved)

        host.slow.ask(f"export {id(self)}", lambda: export_dialog.load(doi_id), self._if_current(show), host.lost)

    def copyable(self) -> str:
        """The DOI."""
        return self.page.row.doi if self.page is not None else ""


def _compare(doi_id: int) -> Comparison:
    from doitui_core.operations import comparing  # only this needs the HTTP client

    return comparing.ask(doi_id)

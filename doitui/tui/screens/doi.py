"""The page of a DOI: its facts, its whole history, every request with its answer, its metadata, its events and jobs;
how it is beside DataCite, and how it was used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from doitui.tui import state_symbols
from doitui.tui.acts import keys
from doitui.tui.acts.doi_acts import DoiActs
from doitui.tui.acts.queue_acts import QueueActs
from doitui.tui.data import usage_months
from doitui.tui.screens import doi_panes
from doitui.tui.screens.section import Section
from doitui.tui.text import harmless
from doitui.tui.widgets.bars import StatusLine
from doitui.tui.widgets.lines import Line, Lines
from doitui.tui.widgets.tabs import Tabs
from doitui_core.domain.counter_terms import LABELS
from doitui_core.views import doi_page
from doitui_core.views.doi_page import DoiPage
from doitui_core.views.rows import DoiRow
from doitui_core.views.windows import Window

if TYPE_CHECKING:
    from doitui_core.operations.comparing import Comparison

Neighbours = Callable[[int], int | None]

TABS = ("Facts", "Log", "Requests", "Metadata", "DataCite", "Usage", "Events", "Jobs")
DATACITE, USAGE = TABS.index("DataCite"), TABS.index("Usage")

NOT_ASKED = "Not asked yet: c asks DataCite now, and shows where it differs."


class DoiScreen(DoiActs, QueueActs, Section):
    """One DOI: facts, log, requests, metadata, jobs, events, usage."""

    id_ = "doi"
    BINDINGS: ClassVar = keys.bindings("doi")
    about: ClassVar = (
        "Everything that is known of one DOI. [ and ] change the tab; { and } go to the DOI before and after it in the "
        "list it was opened from.",
        "",
        ["  wanted        ", "what people asked for"],
        ["  remote        ", "what DataCite confirmed last"],
        ["  certainty     ", "uncertain after a time-out, until a question has settled it"],
        ["  verification  ", "two checks: DataCite's own answer, and where the resolver leads"],
        "",
        "c asks DataCite, and shows every field that is not as here; it only reads. Z keeps the state DataCite tells.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.doi_id = 0
        self.tab = 0
        self.page: DoiPage | None = None
        self._neighbours: Neighbours = lambda _: None
        self._forget()

    def open(self, doi_id: int, neighbours: Neighbours) -> None:
        """Be the page of another DOI. `neighbours(1)` moves on in the list it was opened from, and gives the next one;
        None where there is none.
        """
        self.doi_id, self.tab, self.page, self._neighbours = doi_id, 0, None, neighbours
        self._forget()
        if self.is_mounted:
            self._tabs()
            self.set_class(False, "-plotted")
            self.query_one("#title", StatusLine).show_texts("")
            for text in self.query(Lines):
                text.show([], from_top=True)

    def _forget(self) -> None:
        """What was asked for belongs to one DOI."""
        self.compared: Comparison | str = NOT_ASKED
        self.asked_at: datetime | None = None
        self.usage: usage_months.Counts | str = "Counting…"

    def body(self) -> Iterable[Widget]:
        """The widgets below the top bar, top to bottom."""
        yield StatusLine(id="title")
        yield Tabs(id="tabs")
        with Horizontal(classes="row"):
            yield Lines(id="text")
            yield Lines(id="beside", classes="beside")

    def on_mount(self) -> None:
        """Fill the widgets and set the focus."""
        self._tabs()
        self.query_one("#text", Lines).focus()

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""
        number, text = self.doi_id, self.query_one("#text", Lines)

        def show_found(page: DoiPage) -> None:
            if self._still(number):
                self.show(page)
                self._count()

        self.doitui.quick.ask(
            f"page {id(self)}", lambda: doi_page.load(number), show_found, lambda error: self.failed(text, error)
        )

    def _count(self) -> None:
        """Usage is read only while it is looked at."""
        page = self.page
        if self.tab != USAGE or page is None:
            return
        doi = page.row.doi

        def show_found(found: usage_months.Counts | str) -> None:
            if self._still(page.row.id):
                self.usage = found
                self._again()

        self.doitui.slow.ask(
            f"usage {id(self)}",
            lambda: usage_months.monthly_usage(doi),
            show_found,
            lambda error: show_found(f"Not read: {harmless(error)}"),
        )

    def act_compare(self) -> None:
        """Ask DataCite, in a thread of its own; the answer comes into its tab, whichever is open then."""
        number = self.doi_id

        def show_found(found: Comparison | str) -> None:
            if self._still(number):
                self.compared, self.asked_at = found, self.doitui.now()
                self._again()

        self.compared, self.asked_at = "Asking DataCite…", None
        self._open(DATACITE)
        self.doitui.outside.ask(
            f"compare {id(self)}", lambda: _ask(number), show_found, lambda error: show_found(harmless(error))
        )

    def _still(self, doi_id: int) -> bool:
        """Whether what was asked for is still of interest: the page may be another one, or closed."""
        return doi_id == self.doi_id and self.is_attached

    def _again(self) -> None:
        if self.page is not None:
            self.show(self.page)

    def show(self, page: DoiPage, *, from_top: bool = False) -> None:
        """Show what was read."""
        self.page = page
        row = page.row
        state, _ = state_symbols.doi(row.status)
        self.query_one("#title", StatusLine).show_texts(f"DOIs > {row.doi}", f"{state}  {' '.join(row.marks)}")
        self._tabs()
        self.query_one("#text", Lines).show(self._lines(page), from_top=from_top)
        self._show_side(page)

    def _lines(self, page: DoiPage) -> list[Line]:
        if self.tab == DATACITE:
            return doi_panes.compared(self.compared, self.asked_at)
        return doi_panes.usage(self.usage) if self.tab == USAGE else PANES[TABS[self.tab]](page)

    def _show_side(self, page: DoiPage) -> None:
        months = usage_months.by_month(self.usage) if self.tab == USAGE and not isinstance(self.usage, str) else []
        self.set_class(bool(months), "-plotted")
        if months:
            self._plot(months)
        self.query_one("#beside", Lines).show(doi_panes.facts(page) if self.tab else doi_panes.log(page))

    def _plot(self, months: list[usage_months.Counts]) -> None:
        from doitui.tui.widgets.plot import Plot  # a page without it is there sooner

        if not self.query(Plot):
            self.query_one(".row").mount(Plot(id="plot", classes="beside"))
        self.query_one(Plot).show([row["month"] for row in months], [row[LABELS[0]] for row in months])

    def _tabs(self) -> None:
        page = self.page
        many: dict[str, Sequence[object]] = {}
        if page is not None:
            many = {"Log": page.log, "Requests": page.attempts, "Events": page.events, "Jobs": page.jobs}
        words = [f"{tab} {len(many[tab])}" if tab in many else tab for tab in TABS]
        self.query_one("#tabs", Tabs).show_labels(words, self.tab)

    def act_tab_next(self) -> None:
        """Open the next tab."""
        self._turn(1)

    def act_tab_before(self) -> None:
        """Open the previous tab."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self._open((self.tab + by) % len(TABS))

    def _open(self, tab: int) -> None:
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
        self.query_one("#text", Lines).top = 0
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

    def act_copy(self) -> None:
        """Copy the DOI or command under the cursor."""
        if self.page is not None:
            self.doitui.copy(self.page.row.doi)

    def act_copy_as(self) -> None:
        """Copy the DOI's address, and show it to select from."""
        if self.page is not None:
            self.doitui.copy_as(self.page.row.doi)


PANES: dict[str, Callable[[DoiPage], list[Line]]] = {
    "Facts": doi_panes.facts,
    "Log": doi_panes.log,
    "Requests": doi_panes.requests,
    "Metadata": doi_panes.metadata,
    "Events": doi_panes.events,
    "Jobs": doi_panes.jobs,
}


def _ask(doi_id: int) -> Comparison:
    from doitui_core.operations import comparing  # whoever only looks need not wait for the client

    return comparing.ask(doi_id)

"""What every screen shares: bars, tabs, reading, acting, and what is shown while the database cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from doitui.tui import actions
from doitui.tui.acts import keys
from doitui.tui.data.store import ReaderThread
from doitui.tui.text import number
from doitui.tui.widgets.bars import KeyBar, StatusLine, Tabs, TopBar
from doitui.tui.widgets.lines import Line, Lines
from doitui.tui.widgets.pane import Hosted, Pane
from doitui.tui.widgets.window_table import Row, WindowTable
from doitui_core.db import database

#: What a newcomer does outside of the screens.
FIRST_STEPS = (
    "",
    "  doitui init                   makes the database",
    "  doitui repository set CODE …  names the prefix and the DataCite account",
    "  doitui record import FILE …   brings records in",
    "  doitui demo                   shows everything, offline",
)


#: Instead of everything else, where the terminal has less room.
TOO_SMALL = "The screens need 60x15: enlarge the window. `doitui status --watch` needs less."


class Section(Hosted, Screen[None]):
    """`id_`: its name in the table of actions. `about`: what it shows, for its help. `tabs`: their names, if any; `tab`
    is the index of the open one, `tab_counts` has the number of rows behind some.
    """

    #: Not just the first widget: a hidden line must not take the first keys.
    AUTO_FOCUS = "WindowTable"
    id_: ClassVar[str] = ""
    about: ClassVar[tuple[Line, ...]] = ()
    tabs: ClassVar[Collection[str]] = ()
    tab = 0
    tab_counts: Mapping[str, int] = {}

    def __init_subclass__(cls) -> None:
        """Bind the keys that the table of actions has for this screen."""
        if "id_" in vars(cls):
            cls.BINDINGS = keys.bindings(cls.id_)
        super().__init_subclass__()

    def __init__(self) -> None:
        super().__init__()
        # Styled for its size now, so that its widgets need not be styled again when it is shown.
        width, height = self.app.size
        for room, breakpoints in ((width, self.app.HORIZONTAL_BREAKPOINTS), (height, self.app.VERTICAL_BREAKPOINTS)):
            self.add_class(max(point for point in breakpoints or () if point[0] <= room)[1], update=False)

    def compose(self) -> ComposeResult:
        """The widgets, top to bottom."""
        yield TopBar()
        yield from self.body()
        yield KeyBar()
        yield Static(TOO_SMALL, id="too-small", markup=False)

    def body(self) -> Iterable[Widget]:
        """The widgets between the bars, top to bottom."""
        return ()

    @property
    def table(self) -> WindowTable:
        """The table of this screen."""
        return self.query_one(WindowTable)

    def pane(self, id: str) -> Lines:
        """The text with that id."""
        return self.query_one(f"#{id}", Lines)

    def status(self, left: str, right: str = "") -> None:
        """Show a text at either end of the line above the table."""
        self.query_one("#status", StatusLine).show_texts(left, right)

    def on_mount(self) -> None:
        """Show the tabs, if there are any."""
        self.show_tabs()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Keep the styles: nothing of them changes while another screen is shown."""
        # New sizes and themes update the styles by themselves. To look up all styles again takes as long as everything
        # else that a change of screens does.
        event.refresh_styles = False
        self.bars()
        if self.doitui.ready:
            self.reload()
        elif self.doitui.link.lost:
            self.lost(self.doitui.link.why)

    def bars(self) -> None:
        """Update the top and bottom line, and dim the panes while the link is lost."""
        self.query_one(TopBar).update()
        self.query_one(KeyBar).update()
        for pane in self.query(Pane):
            pane.stale = self.doitui.link.lost

    def show_only(self, text: str) -> None:
        """Apply the filter `text`; a section without a filter shows all it has."""

    def reload(self) -> None:
        """Read again what is shown, in a reader thread, and paint what has changed."""

    def looked(self) -> None:
        """The database was asked for changes, and there may be none: update what depends on the time."""

    def read(
        self,
        slot: str,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        pane: Pane | None = None,
        thread: ReaderThread | None = None,
    ) -> None:
        """Do `work` in a reader thread (`quick` without one), then `done` with its result; an error is shown in `pane`,
        without one in the table.
        """
        shown_in = pane or self.table
        service = thread or self.doitui.quick
        service.ask(f"{slot} {id(self)}", work, done, lambda error: self.failed(shown_in, error))

    def lost(self, why: str) -> None:
        """The database cannot be reached or does not exist yet: say so where there is nothing else to show."""
        for table in self.query(WindowTable):
            table.note = self.without_database(why)
        self.bars()

    def without_database(self, why: str) -> tuple[str, ...]:
        """The lines shown when the database cannot be read."""
        if self.doitui.link.not_set_up:
            steps = () if "schema" in why else FIRST_STEPS
            return (
                "",
                f"Not set up yet: {why}",
                *steps,
                "",
                "This screen then continues automatically.",
            )
        return ("", "The database cannot be reached.", f"  {why}", "", "It is tried again automatically; r tries now.")

    def failed(self, pane: Pane, error: Exception) -> None:
        """`pane` could not be read. If the database cannot be reached at all, the link is lost and the rows stay; else
        this pane shows the cause, and the others go on.
        """
        self.doitui.quick.ask(
            f"doubt {id(pane)}", database.change_token, lambda _: self.unreadable(pane, error), self.doitui.lost
        )

    def unreadable(self, pane: Pane, error: Exception) -> None:
        """Say in `pane` why there is nothing to see."""
        lines = ("", "This could not be read:", f"  {error}", "", "r tries again; `doitui doctor` looks at everything.")
        if isinstance(pane, WindowTable):
            pane.note = lines
            pane.cache.fixed([])
        elif isinstance(pane, Lines):
            pane.show(lines)

    # Tabs and rows

    def show_tabs(self) -> None:
        """Show the names of the tabs, with the number of rows behind those in `tab_counts`."""
        counts = self.tab_counts
        if self.tabs:
            labels = [f"{tab} {number(counts[tab])}" if tab in counts else tab for tab in self.tabs]
            self.query_one(Tabs).show_labels(labels, self.tab)

    def open_tab(self, tab: int) -> None:
        """Open the tab with that index."""
        raise NotImplementedError

    def act_tab_next(self) -> None:
        """Open the next tab."""
        self.open_tab((self.tab + 1) % len(self.tabs))

    def act_tab_before(self) -> None:
        """Open the previous tab."""
        self.open_tab((self.tab - 1) % len(self.tabs))

    def on_window_table_entered(self, message: WindowTable.Entered) -> None:
        """Open the row on which Enter was pressed."""
        self.open_row(message.row)

    def open_row(self, row: Row) -> None:
        """Open a row of the table; some have nothing to open."""

    def copyable(self) -> str:
        """The DOI or command under the cursor; empty: none."""
        return ""

    # Acts

    def action_act(self, name: str) -> None:
        """Do what a key, the palette or a click asks for, or say why not."""
        action = actions.BY_ID[name]
        why = self.doitui.refusal(action)
        if why:
            self.doitui.say(why, bad=True)
            return
        do = getattr(self, f"act_{name}", None) or getattr(self.doitui.acting, f"act_{name}")
        do()

    def act_open(self) -> None:
        """As enter on the table, for the palette."""
        self.table.action_enter()

    def act_mark(self) -> None:
        """As space on the table."""
        self.table.action_mark()

    def act_copy(self) -> None:
        """Copy the DOI or command under the cursor."""
        if text := self.copyable():
            self.doitui.copy(text)

    def act_copy_as(self) -> None:
        """Copy the DOI's address, and show it to select from."""
        if doi := self.copyable():
            self.doitui.copy_as(doi)

    def act_back(self) -> None:
        """Close the pushed page, if there is one."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def act_refresh(self) -> None:
        """Read everything again."""
        self.doitui.look()
        self.reload()

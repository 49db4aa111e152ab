"""What every screen shares: the bars, the one way an act is done, and what happens when the database is away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from doitui.tui import actions
from doitui.tui.widgets.bars import KeyBar, TopBar
from doitui.tui.widgets.lines import Line, Lines
from doitui.tui.widgets.window_table import WindowTable
from doitui_core.db import database

if TYPE_CHECKING:
    from doitui.tui.host import Host


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


class Section(Screen[None]):
    """`id_`: its name in the table of actions. `about`: what it shows, for its help."""

    #: Each screen says itself where its focus begins: a hidden line must not take the first keys.
    AUTO_FOCUS = ""
    id_: ClassVar[str] = ""
    about: ClassVar[tuple[Line, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        # As it will be told when it is shown: styled for its size at once, its widgets need not be styled anew then.
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
        """What stands between the bars."""
        return ()

    @property
    def doitui(self) -> Host:
        """The app, as actions and widgets see it."""
        return self.app  # type: ignore[return-value]

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Keep the styles: nothing of them changes while another screen is shown."""
        # No style depends on what happened meanwhile: a new size or theme finds its way by itself. Each of them looked
        # up again takes as long as all else that a key does which leads to another screen.
        event.refresh_styles = False
        self.bars()
        if self.doitui.ready:
            self.reload()
        elif self.doitui.link.lost:
            self.lost(self.doitui.set_up or self.doitui.link.why)

    def bars(self) -> None:
        """Top and bottom line anew; what is dimmed while the link is lost."""
        self.query_one(TopBar).update()
        self.query_one(KeyBar).update()
        stale = self.doitui.link.lost
        for pane in self.query(WindowTable):
            pane.set_stale(stale)
        for text in self.query(Lines):
            text.set_stale(stale)

    def show_only(self, text: str) -> None:
        """Narrow the list to what `text` asks for; a section without one shows all it has."""

    def reload(self) -> None:
        """Read what is shown, in the reading thread; paint what has changed."""

    def looked(self) -> None:
        """It was asked whether anything has changed: what counts seconds goes on, whether or not."""

    def lost(self, why: str) -> None:
        """The database is away, or not made yet: say so where there is nothing else to show."""
        for pane in self.query(WindowTable):
            pane.say(*self.without_database(why))
        self.bars()

    def without_database(self, why: str) -> tuple[str, ...]:
        """The lines shown when the database cannot be read."""
        if self.doitui.set_up:
            steps = () if "schema" in self.doitui.set_up else FIRST_STEPS
            return (
                "",
                f"Not set up yet: {self.doitui.set_up}",
                *steps,
                "",
                "This screen then continues automatically.",
            )
        return ("", "The database cannot be reached.", f"  {why}", "", "It is tried again automatically; r tries now.")

    def failed(self, pane: WindowTable | Lines, error: Exception) -> None:
        """One pane could not be read. First it is asked whether the database is there at all: if not, what was read
        stays, and the link is lost; else that pane tells its cause, and the others go on.
        """
        self.doitui.quick.ask(
            f"doubt {id(pane)}", database.change_token, lambda _: self.unreadable(pane, error), self.doitui.lost
        )

    def unreadable(self, pane: WindowTable | Lines, error: Exception) -> None:
        """Say in `pane` why there is nothing to see."""
        said = ("", "This could not be read:", f"  {error}", "", "r tries again; `doitui doctor` looks at everything.")
        if isinstance(pane, WindowTable):
            pane.say(*said)
            pane.cache.fixed([])
        else:
            pane.show(said)

    # Acts

    def action_act(self, name: str) -> None:
        """Do what a key, the palette or a click asks for, or tell why not."""
        action = actions.BY_ID[name]
        why = self.doitui.refusal(action)
        if why:
            self.doitui.say(why, bad=True)
            return
        do = getattr(self, f"act_{name}", None) or getattr(self.doitui.acting, f"act_{name}")
        do()

    def act_open(self) -> None:
        """As enter on the table, for the palette."""
        self.query_one(WindowTable).action_enter()

    def act_mark(self) -> None:
        """As space on the table."""
        self.query_one(WindowTable).action_mark()

    def act_back(self) -> None:
        """Close the pushed page, if there is one."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def act_refresh(self) -> None:
        """Read everything again."""
        self.doitui.look()
        self.reload()

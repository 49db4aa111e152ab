"""The app of the terminal UI: its sections, its link to the database, and what all screens share."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

import peewee
from textual import events
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme
from textual.timer import Timer

from doitui.tui import actions
from doitui.tui.acts.acting import Acting
from doitui.tui.acts.dialogs import Sheet
from doitui.tui.acts.palette import Commands
from doitui.tui.data import opening
from doitui.tui.data.link import DatabaseLink
from doitui.tui.data.store import Answered, ReaderThread
from doitui.tui.screens.section import Section
from doitui.tui.terminal import terminal, textual_patches, warming
from doitui.tui.terminal.terminal import without_colour
from doitui.tui.terminal.type_ahead import KeyDone, TypeAhead
from doitui.tui.text import harmless, span
from doitui_core.clock import Clock, system
from doitui_core.config.operators import actor
from doitui_core.errors import DatabaseNotReady, DatabaseReplaced, Misconfigured

textual_patches.apply()

#: By role: a colour, blues and oranges that colour-blind people can tell apart; and a grey of the same lightness.
PALETTE: dict[str, tuple[Any, Any]] = {
    "primary": ("#6cb6ff", "#d0d0d0"),
    "secondary": ("#8aa4c8", "#a8a8a8"),
    "accent": ("#7fd1e8", "#e4e4e4"),
    "warning": ("#e8c268", "#dadada"),
    "error": ("#ff9e64", "#ffffff"),
    "success": ("#86c7a4", "#b2b2b2"),
    "foreground": ("#d7dce4", "#d0d0d0"),
    "background": ("#11161d", "#121212"),
    "surface": ("#1a222d", "#262626"),
    "panel": ("#202a37", "#303030"),
}
THEME = Theme("doitui", **{role: colour for role, (colour, _) in PALETTE.items()})
GREYS = Theme("doitui-greys", **{role: grey for role, (_, grey) in PALETTE.items()})

#: What the threads besides the event loop do.
THREADS = ("reading", "counting", "asking DataCite", "looking", "acting", "acting slowly")

#: Seconds between two reads of the database while the terminal does not have the focus.
UNFOCUSED_INTERVAL = 15.0


def _ascii() -> type[Driver]:
    from doitui.tui.terminal.ascii_driver import AsciiDriver  # needed only for ASCII terminals

    return AsciiDriver


class DoituiApp(App[int]):
    """The screens. `start`: the section shown first. `write`: operators may change things. `clock`: for tests.

    `ascii_only`: whether only ASCII is sent to the terminal; None: as the locale says.
    """

    CSS_PATH = "doitui.tcss"
    MODES: ClassVar[dict[str, Any]] = {section: partial(warming.section_screen, section) for section in actions.ALL}
    COMMANDS: ClassVar[set[Any]] = {Commands}
    #: Not in the table of actions: the key has the same meaning in every terminal program.
    BINDINGS: ClassVar[list[Any]] = [Binding("ctrl+z", "suspend_process", "Suspend", show=False)]
    TITLE = "doitui"
    #: Actions that a subclass adds to every screen.
    MORE: ClassVar[tuple[actions.Action, ...]] = ()

    def __init__(
        self,
        url: str,
        *,
        write: bool = False,
        start: str = "dashboard",
        clock: Clock | None = None,
        ascii_only: bool | None = None,
    ) -> None:
        # Else Textual would make and style an empty first screen.
        self.DEFAULT_MODE = start  # type: ignore[misc]
        # Before the theme: `ansi_color` can be set only here.
        plain = terminal.ascii_only(os.environ) if ascii_only is None else ascii_only
        super().__init__(driver_class=_ascii() if plain else None, ansi_color=True if without_colour() else None)
        self.url, self.start = url, start
        self.clock = clock
        self.now: Clock = clock or system
        self.HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (110, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (15, "-high"), (20, "-tall")]
        self.operator = actor()
        self.wants_write = write
        self.may_write = False
        self.environment = ""
        self.link = DatabaseLink()
        self.ready = False
        self._token = ""
        self._next_look: Timer | None = None
        self._garbage = warming.GarbageCollection()
        self.threads = [ReaderThread(name, self.post_message) for name in THREADS]
        self.quick, self.slow, self.outside, self.looks, self.acts, self.slow_acts = self.threads
        self.acting = Acting(self)
        self.type_ahead = TypeAhead(self, super().on_event)
        self.register_theme(THEME)
        self.register_theme(GREYS)
        self.theme = "ansi-dark" if without_colour() else "doitui"
        self.stylesheet.set_variables(self.get_css_variables())
        self._read_for = self.theme
        self._stale: set[Screen[Any]] = set()

    # Beginning and end

    def on_mount(self) -> None:
        """Handle signals, open the database and start the timers."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ended_by, number)
        if not self.is_headless:
            terminal.watch(lambda: loop.call_soon_threadsafe(self._ended_by, signal.SIGHUP))
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))  # the terminal was cleared
        self.open_database()
        self.set_timer(warming.AFTER, warming.begin)
        self.set_timer(60 - self.now().second, self._minute)

    def on_unmount(self) -> None:
        """Stop the running actions and the threads."""
        self.acting.stop()
        for thread in self.threads:
            thread.close()

    def _ended_by(self, number: int) -> None:
        if terminal.is_gone():
            terminal.discard_output()
        self.exit(None, 128 + number)

    # The link

    def open_database(self) -> None:
        """Open the database in a thread."""
        self.quick.ask(
            "open",
            lambda: opening.open_database(self.url, self.wants_write, self.operator, self.clock),
            self._opened,
            self.lost,
        )

    def _opened(self, found: opening.Opened) -> None:
        self.ready = True
        self.may_write, self.why_not = found.may_write, found.why_not
        if found.why_not and self.wants_write:
            self.notify(harmless(found.why_not), title="read-only", severity="warning", markup=False)
        self._looked((found.token, found.environment))
        if not self.is_headless:
            self.set_timer(warming.AFTER, self._warm)

    def _warm(self) -> None:
        self.slow.ask(
            "warm", warming.import_sections, lambda _: self._garbage.freeze(len(self._screen_stacks)), self.lost
        )

    def look(self) -> None:
        """Ask the database whether anything was committed; then plan the next look."""
        if self.ready:
            self.quick.ask("look", lambda: opening.look(self._token), self._looked, self.lost)
        else:
            self.open_database()

    def _looked(self, found: tuple[str, str]) -> None:
        token, environment = found
        came_back = self.link.lost
        self.link = self.link.alive(self.now())
        if token != self._token:
            self._token, self.environment = token, environment
            if not self.link.paused:
                self.reload()
        if came_back:
            self.say("the database answers again")
            self.reload()
        self.bars()
        if (section := self.shown_section) is not None and not self.link.paused:
            section.looked()
        self._plan()
        self._garbage.look(len(self._screen_stacks))

    def lost(self, error: Exception) -> None:
        """Handle the error of a read. If the database does not answer, the screens stay, dimmed, and it is retried."""
        if not isinstance(error, Misconfigured | peewee.PeeweeException):
            self.say(str(error), bad=True)
            self._plan()
            return
        # The next look opens the database that replaced this one.
        self.ready = self.ready and not isinstance(error, DatabaseNotReady | DatabaseReplaced)
        self.link = self.link.failed(self.now(), harmless(error), not_set_up=isinstance(error, DatabaseNotReady))
        self.bars()
        if (section := self.shown_section) is not None:
            section.lost(self.link.why)
        self._plan()

    def _plan(self) -> None:
        if self._next_look is not None:
            self._next_look.stop()
        wait = self.link.wait if self.app_focus or self.link.lost else max(self.link.wait, UNFOCUSED_INTERVAL)
        self._next_look = self.set_timer(wait, self.look)

    def pace(self, by: int) -> None:
        """Read the database `by` steps less often."""
        self.link = self.link.paced(by)
        self.say(f"the database is read every {span(timedelta(seconds=self.link.every))}")
        self.bars()
        self.look()

    def _minute(self) -> None:
        """Ages are shown in minutes: update them once a minute."""
        if not self.link.paused and self.ready and not self.link.lost:
            self.reload()
        self.set_timer(60 - self.now().second, self._minute)

    def on_answered(self, answer: Answered) -> None:
        """A thread has answered: pass it on."""
        if self.is_running:  # else the screens are being removed, and the one that asked may have no widgets
            answer.deliver()

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Handle keys one by one."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.type_ahead.take(event)
        else:
            await super().on_event(event)

    def on_key_done(self, message: KeyDone) -> None:
        """A key was handled: go on with the next."""
        self.type_ahead.done(message.number)

    # What is shown

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheet again only for another theme, and style hidden screens for it when they are shown.

        Textual reads it twice for every new screen, and again when it is shown: 20 to 50 ms each time, in which no
        key is handled.
        """
        if self.theme != self._read_for:
            self._read_for = self.theme
            self._stale = {screen for stack in self._screen_stacks.values() for screen in stack}
            self._stale -= set(self.screen_stack)
            super().refresh_css(animate)
        for screen in self.screen_stack:
            if screen in self._stale:
                self._stale.remove(screen)
                self.stylesheet.update(screen, animate=animate)
            screen._css_update_count = self._css_update_count

    @property
    def shown_section(self) -> Section | None:
        """The screen below the dialogs; None before the first one."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Section)), None)

    @property
    def section(self) -> str:
        """The section that is highlighted in the top bar."""
        return self.current_mode if self.current_mode in actions.ALL else self.start

    @property
    def screen_name(self) -> str:
        """The name of the shown screen in the table of actions."""
        section = self.shown_section
        return section.id_ if section is not None else self.start

    def reload(self) -> None:
        """Read the shown screen again. Hidden screens read when they are shown."""
        if (section := self.shown_section) is not None and self.ready:
            section.reload()

    def bars(self) -> None:
        """Draw the top and bottom lines again."""
        if (section := self.shown_section) is not None:
            section.bars()

    def refusal(self, action: actions.Action) -> str:
        """Why `action` is not allowed now; empty if it is."""
        if not action.writes:
            return ""
        if not self.wants_write:
            return "this is read-only: `doitui tui --write` may change things"
        if self.link.lost or not self.ready:
            return "the database does not answer: nothing can be changed now"
        return "" if self.may_write else self.why_not

    why_not = ""

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a line for some seconds."""
        self.notify(harmless(text), severity="warning" if bad else "information", markup=False)

    def toggle_colours(self) -> str:
        """Change between colours and greys; returns a message about it."""
        if without_colour():
            return "NO_COLOR is set: no colours are used"
        self.theme = GREYS.name if self.theme == THEME.name else THEME.name
        return "greys only" if self.theme == GREYS.name else "colours"

    def toggle_mouse(self) -> str:
        """Turn mouse support on or off; returns a message about it."""
        driver: Any = self._driver
        if not hasattr(driver, "_enable_mouse_support"):
            return "this terminal has no mouse"
        on = not driver._mouse
        driver._mouse = True  # else the driver ignores both calls
        (driver._enable_mouse_support if on else driver._disable_mouse_support)()
        driver._mouse = on
        return f"mouse support is {'on: hold Shift to select text' if on else 'off: the terminal selects text'}"

    def copy(self, text: str) -> None:
        """Send `text` to the terminal's clipboard (OSC 52). The terminal never says whether it accepted it."""
        text = harmless(text)
        self.copy_to_clipboard(text)
        self.say(f"sent to the terminal's clipboard: {text}")

    def copy_as(self, doi: str) -> None:
        """Send the address of `doi` to the clipboard, and show a page to select from for terminals without OSC 52."""
        address = f"https://doi.org/{doi}"
        self.copy(address)
        lines = [doi, address, f"doitui doi show {doi}", f"doitui doi history {doi} --json"]
        hint = (
            "The address was sent to the terminal's clipboard (OSC 52). If that is off, select here; hold Shift while "
            "mouse support is on."
        )
        self.push_screen(Sheet(["", *(part for line in lines for part in (line, "")), (hint, "quiet")]))

    # From anywhere to a DOI or a list

    def show_doi(self, doi_id: int, neighbours: Callable[[int], int | None] = lambda _: None) -> None:
        """Show the page of a DOI over this screen. Each section reuses one page: a new one would delay the keys.

        `neighbours(1)` gives the id of the next DOI in the list, `neighbours(-1)` of the previous one; None for none.
        """
        from doitui.tui.screens.doi import DoiScreen

        name = f"doi of {self.current_mode}"
        if not self.is_screen_installed(name):
            self.install_screen(DoiScreen(), name)
        page = self.get_screen(name, DoiScreen)
        page.open(doi_id, neighbours)
        if page in self.screen_stack:
            page.reload()
        else:
            self.push_screen(page)

    def show_list(self, section: str, typed: str) -> None:
        """Show a section with the filter `typed`; pages over it are closed."""
        self.switch_mode(section)
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if (shown := self.shown_section) is not None:
            shown.call_after_refresh(shown.show_only, typed)

    def show_doi_of_job(self, job_id: int) -> None:
        """Show the page of the DOI a job is for."""
        from doitui_core.views import doi_page

        self.quick.ask("of job", lambda: doi_page.doi_for_job(job_id), self.show_doi, self.lost)

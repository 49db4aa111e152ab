"""The terminal UI: its sections, its link to the database, and what all screens share."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import timedelta
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

#: Blue and orange, which everybody can tell apart; the tones differ in lightness too.
THEME = Theme(
    name="doitui",
    primary="#6cb6ff",
    secondary="#8aa4c8",
    accent="#7fd1e8",
    warning="#e8c268",
    error="#ff9e64",
    success="#86c7a4",
    foreground="#d7dce4",
    background="#11161d",
    surface="#1a222d",
    panel="#202a37",
    dark=True,
)

textual_patches.apply()

#: The same without colours: lightness, weight, letters and shapes tell all.
GREYS = Theme(
    name="doitui-greys",
    primary="#d0d0d0",
    secondary="#a8a8a8",
    accent="#e4e4e4",
    warning="#dadada",
    error="#ffffff",
    success="#b2b2b2",
    foreground="#d0d0d0",
    background="#121212",
    surface="#262626",
    panel="#303030",
    dark=True,
)

#: While nobody looks, the database is asked this seldom (seconds).
SELDOM = 15.0


def _screen(section: str) -> Callable[[], Screen[Any]]:
    """Imported when it is needed: the first paint must not wait for the others."""
    return lambda: warming.section_module(section).SCREEN()


def _ascii() -> type[Driver]:
    from doitui.tui.terminal.ascii_driver import AsciiDriver  # few need it

    return AsciiDriver


class DoituiApp(App[int]):
    """`start`: the section shown first. `write`: acts are allowed to whom `operators` names. `clock`: for tests.

    `ascii_only`: whether nothing else is sent to the terminal; None: as the locale says.
    """

    CSS_PATH = "doitui.tcss"
    MODES: ClassVar[dict[str, Any]] = {section: _screen(section) for section in actions.ALL}
    COMMANDS: ClassVar[set[Any]] = {Commands}
    #: Not in the table of actions: this key is the terminal's, and does what it does everywhere.
    BINDINGS: ClassVar[list[Any]] = [Binding("ctrl+z", "suspend_process", "Suspend", show=False)]
    TITLE = "doitui"
    #: Acts of these screens alone, which every section has besides its own.
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
        # Its first screen is ours: no empty one is made, styled and thrown away before.
        self.DEFAULT_MODE = start  # type: ignore[misc]
        # Before the theme: what it sends without colours is decided once, when it begins.
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
        self.set_up = ""
        self.ready = False
        self._token = ""
        self._next_look: Timer | None = None
        self._tidiness = warming.Tidiness()
        self.quick = ReaderThread("reading", self.post_message)
        self.slow = ReaderThread("counting", self.post_message)
        self.outside = ReaderThread("asking DataCite", self.post_message)
        self.looks = ReaderThread("looking", self.post_message)
        self.acts = ReaderThread("acting", self.post_message)
        self.slow_acts = ReaderThread("acting slowly", self.post_message)
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
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ended_by, number)
        if not self.is_headless:
            terminal.watch(lambda: loop.call_soon_threadsafe(self._ended_by, signal.SIGHUP))
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))  # the terminal has forgotten it all
        self.open_database()
        self.set_timer(warming.AFTER, warming.begin)
        self.set_timer(60 - self.now().second, self._minute)

    def on_unmount(self) -> None:
        self.acting.stop()
        for lane in self.threads:
            lane.close()

    @property
    def threads(self) -> tuple[ReaderThread, ...]:
        """All threads beside the event loop."""
        return self.quick, self.slow, self.outside, self.looks, self.acts, self.slow_acts

    def _ended_by(self, number: int) -> None:
        if terminal.is_gone():
            terminal.discard_output()
        self.exit(None, 128 + number)

    def exit(self, result: int | None = None, return_code: int = 0, message: Any | None = None) -> None:
        super().exit(result, return_code, message)

    # The link

    def open_database(self) -> None:
        self.quick.ask(
            "open",
            lambda: opening.open_database(self.url, self.wants_write, self.operator, self.clock),
            self._opened,
            self.lost,
        )

    def _opened(self, found: opening.Opened) -> None:
        self.ready, self.set_up = True, ""
        self.may_write, self.why_not = found.may_write, found.why_not
        if found.why_not and self.wants_write:
            self.notify(harmless(found.why_not), title="read-only", severity="warning", markup=False)
        self._looked((found.token, found.environment))
        if not self.is_headless:
            self.set_timer(warming.AFTER, self._warm)

    def _warm(self) -> None:
        self.slow.ask("warm", warming.bring_in, lambda _: self._tidiness.freeze(len(self._screen_stacks)), self.lost)

    def look(self) -> None:
        """Ask whether anything was committed; the next look is planned when this one has ended."""
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
            self.notify("the database answers again", markup=False)
            self.reload()
        self.bars()
        if (section := self.shown_section) is not None and not self.link.paused:
            section.looked()
        self._plan()
        self._tidiness.look(len(self._screen_stacks))

    def lost(self, error: Exception) -> None:
        """The database could not be asked: what is shown stays, dimmed, and it is tried again."""
        if not isinstance(error, Misconfigured | peewee.PeeweeException):
            self.say(str(error), bad=True)
            self._plan()
            return
        self.set_up = str(error) if isinstance(error, DatabaseNotReady) else ""
        # What is in the place of the database now is opened by the next look.
        self.ready = self.ready and not self.set_up and not isinstance(error, DatabaseReplaced)
        self.link = self.link.failed(self.now(), harmless(error), set_up=bool(self.set_up))
        self.bars()
        if (section := self.shown_section) is not None:
            section.lost(self.set_up or self.link.why)
        self._plan()

    def _plan(self) -> None:
        if self._next_look is not None:
            self._next_look.stop()
        wait = self.link.wait if self.app_focus or self.link.lost else max(self.link.wait, SELDOM)
        self._next_look = self.set_timer(wait, self.look)

    def pace(self, by: int) -> None:
        """Ask the database `by` steps more seldom, from now on."""
        self.link = self.link.paced(by)
        self.say(f"the database is asked every {span(timedelta(seconds=self.link.every))}")
        self.bars()
        self.look()

    def _minute(self) -> None:
        """Ages are told in minutes: once a minute they are told anew."""
        if not self.link.paused and self.ready and not self.link.lost:
            self.reload()
        self.set_timer(60 - self.now().second, self._minute)

    def on_answered(self, answer: Answered) -> None:
        if self.is_running:  # else the screens are being taken down, and who asked may have lost its parts
            answer.deliver()

    # Keys

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.type_ahead.take(event)
        else:
            await super().on_event(event)

    def on_key_done(self, message: KeyDone) -> None:
        self.type_ahead.done(message.number)

    # What is shown

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheet anew for another theme only, and style hidden screens for it when they are seen again.

        Textual reads it twice for every new screen, and once more when it is seen again: 20 to 50 ms each time, in
        which no key is heard.
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
        """The screen below the dialogs."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Section)), None)

    @property
    def section(self) -> str:
        """The section whose key is lit."""
        return self.current_mode if self.current_mode in actions.ALL else self.start

    @property
    def screen_name(self) -> str:
        section = self.shown_section
        return section.id_ if section is not None else self.start

    def reload(self) -> None:
        """What is shown is read again. Hidden screens read when they are shown."""
        if (section := self.shown_section) is not None and self.ready:
            section.reload()

    def bars(self) -> None:
        if (section := self.shown_section) is not None:
            section.bars()

    def refusal(self, action: actions.Action) -> str:
        """Why this may not be done now; empty when it may."""
        if not action.writes:
            return ""
        if not self.wants_write:
            return "this is read-only: `doitui tui --write` may change things"
        if self.link.lost or not self.ready:
            return "the database does not answer: nothing can be changed now"
        return "" if self.may_write else self.why_not

    why_not = ""

    def say(self, text: str, *, bad: bool = False) -> None:
        """A line that goes away by itself."""
        self.notify(harmless(text), severity="warning" if bad else "information", markup=False)

    def toggle_colours(self) -> str:
        """Colours, or greys only; what to tell of it."""
        if without_colour():
            return "NO_COLOR is set: no colours are used"
        self.theme = GREYS.name if self.theme == THEME.name else THEME.name
        return "greys only" if self.theme == GREYS.name else "colours that everybody can tell apart"

    def toggle_mouse(self) -> bool | None:
        """Whether the screens have the mouse from now on; None where there is none to have."""
        driver: Any = self._driver
        if not hasattr(driver, "_enable_mouse_support"):
            return None
        if driver._mouse:
            driver._disable_mouse_support()
            driver._mouse = False
        else:
            driver._mouse = True
            driver._enable_mouse_support()
        return bool(driver._mouse)

    def copy(self, text: str) -> None:
        """To the clipboard of the terminal (OSC 52), which never says whether it took it."""
        text = harmless(text)
        self.copy_to_clipboard(text)
        self.say(f"sent to the terminal's clipboard: {text}")

    def copy_as(self, doi: str) -> None:
        """Its address to the clipboard; and a page to select from, for terminals whose programs cannot write to it."""
        address = f"https://doi.org/{doi}"
        self.copy(address)
        lines = [doi, address, f"doitui doi show {doi}", f"doitui doi history {doi} --json"]
        told = (
            "The address was sent to the terminal's clipboard (OSC 52). Where that is off, select here; with shift "
            "held, where the mouse is used."
        )
        self.push_screen(Sheet(["", *(part for line in lines for part in (line, "")), (told, "quiet")]))

    # From anywhere to a DOI or a list

    def show_doi(self, doi_id: int, neighbours: Callable[[int], int | None] = lambda _: None) -> None:
        """The page of a DOI, over this screen. Each section has one and keeps it: a new one would hold up the keys."""
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
        """A section, its list narrowed to what `typed` asks for; pages that stood over it are closed."""
        if self.current_mode != section:
            self.switch_mode(section)
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if (shown := self.shown_section) is not None:
            shown.call_after_refresh(shown.show_only, typed)

    def show_doi_of_job(self, job_id: int) -> None:
        """The page of the DOI a job is for."""
        from doitui_core.views import doi_page

        self.quick.ask(
            "of job", lambda: doi_page.doi_for_job(job_id), self.show_doi, lambda error: self.say(str(error), bad=True)
        )

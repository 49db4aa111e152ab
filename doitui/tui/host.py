"""What actions, screens and widgets use of the app: they import this protocol, not the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from doitui.tui.actions import Action
    from doitui.tui.acts.acting import Acting
    from doitui.tui.data.link import DatabaseLink
    from doitui.tui.data.store import ReaderThread
    from doitui.tui.screens.section import Section
    from doitui_core.clock import Clock


class Host(Protocol):
    """The app. Members whose docstring begins with `Textual` belong to `textual.app.App`."""

    MORE: ClassVar[tuple[Action, ...]]
    acting: Acting
    environment: str
    link: DatabaseLink
    may_write: bool
    now: Clock
    operator: str
    ready: bool
    wants_write: bool

    #: Threads: reads that keys wait for, slow reads, requests to DataCite, checks before a mint, actions, slow actions.
    quick: ReaderThread
    slow: ReaderThread
    outside: ReaderThread
    looks: ReaderThread
    acts: ReaderThread
    slow_acts: ReaderThread

    @property
    def section(self) -> str:
        """The section that is highlighted in the top bar."""

    @property
    def screen_name(self) -> str:
        """The name of the shown screen in the table of actions."""

    @property
    def shown_section(self) -> Section | None:
        """The screen below the dialogs; None before the first one."""

    @property
    def current_mode(self) -> str:
        """Textual: the name of the mode."""

    @property
    def screen_stack(self) -> list[Screen[Any]]:
        """Textual: the screens of this mode, the top one last."""

    def bars(self) -> None:
        """Draw the top and bottom lines again."""

    def copy(self, text: str) -> None:
        """Send `text` to the terminal's clipboard."""

    def copy_as(self, doi: str) -> None:
        """Send the address of `doi` to the clipboard, and show all its forms."""

    def look(self) -> None:
        """Ask the database now whether anything was committed."""

    def lost(self, error: Exception) -> None:
        """Handle the error of a read."""

    def pace(self, by: int) -> None:
        """Read the database less (+1) or more often (-1)."""

    def refusal(self, action: Action) -> str:
        """Why `action` is not allowed now; empty if it is."""

    def reload(self) -> None:
        """Read the shown screen again."""

    def show_doi(self, doi_id: int, neighbours: Callable[[int], int | None] = ...) -> None:
        """Show the page of a DOI."""

    def show_doi_of_job(self, job_id: int) -> None:
        """Show the page of the DOI a job is for."""

    def show_list(self, section: str, typed: str) -> None:
        """Show a section with the filter `typed`."""

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a line for some seconds."""

    def toggle_colours(self) -> str:
        """Change between colours and greys; returns a message about it."""

    def toggle_mouse(self) -> str:
        """Turn mouse support on or off; returns a message about it."""

    def action_command_palette(self) -> None:
        """Textual: open the command palette."""

    def exit(self, result: int | None = None) -> None:
        """Textual: end the app."""

    def pop_screen(self) -> Any:
        """Textual: close the top screen."""

    def push_screen(self, screen: Screen[Any], callback: Callable[[Any], None] | None = None) -> Any:
        """Textual: open a screen."""

    def set_interval(self, interval: float, callback: Callable[[], Any]) -> Timer:
        """Textual: call every `interval` seconds."""

    def switch_mode(self, mode: str) -> Any:
        """Textual: change the mode."""

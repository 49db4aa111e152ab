"""What actions, screens and widgets need of the app: they know this protocol, not the app itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer
    from textual.widget import Widget

    from doitui.tui.actions import Action
    from doitui.tui.acts.acting import Acting
    from doitui.tui.data.link import DatabaseLink
    from doitui.tui.data.store import ReaderThread
    from doitui.tui.screens.section import Section
    from doitui_core.clock import Clock


class Host(Protocol):
    """The app, as the parts of the terminal UI see it."""

    MORE: ClassVar[tuple[Action, ...]]
    acting: Acting
    environment: str
    link: DatabaseLink
    may_write: bool
    now: Clock
    operator: str
    ready: bool
    set_up: str
    wants_write: bool

    #: The threads that read and write beside the event loop.
    quick: ReaderThread
    slow: ReaderThread
    outside: ReaderThread
    looks: ReaderThread
    acts: ReaderThread
    slow_acts: ReaderThread

    @property
    def section(self) -> str:
        """The section of the present mode."""

    @property
    def screen_name(self) -> str:
        """The shown screen's name in the table of actions."""

    @property
    def shown_section(self) -> Section | None:
        """The section on top; None below a dialog."""

    @property
    def current_mode(self) -> str:
        """Textual: name of the mode."""

    @property
    def focused(self) -> Widget | None:
        """Textual: the focused widget."""

    @property
    def screen_stack(self) -> list[Screen[Any]]:
        """Textual: the screens of this mode, the top one last."""

    def bars(self) -> None:
        """Draw top and key bar again."""

    def copy(self, text: str) -> None:
        """Put `text` on the terminal's clipboard."""

    def copy_as(self, doi: str) -> None:
        """Copy the address of `doi`, and show it to select from."""

    def look(self) -> None:
        """Ask the database now whether anything changed."""

    def lost(self, error: Exception) -> None:
        """The database did not answer with `error`."""

    def pace(self, by: int) -> None:
        """Read less (+1) or more often (-1)."""

    def refusal(self, action: Action) -> str:
        """Why `action` cannot be done here; empty: it can."""

    def reload(self) -> None:
        """Read the shown screen again."""

    def show_doi(self, doi_id: int, neighbours: Callable[[int], int | None] = ...) -> None:
        """Push the page of a DOI."""

    def show_doi_of_job(self, job_id: int) -> None:
        """Push the page of a job's DOI."""

    def show_list(self, section: str, typed: str) -> None:
        """Switch to a list, with a filter."""

    def say(self, text: str, *, bad: bool = False) -> None:
        """A line in the status bar for some seconds."""

    def toggle_colours(self) -> str:
        """Change colours; what they are now."""

    def toggle_mouse(self) -> bool | None:
        """Turn the mouse on or off; None where the terminal cannot."""

    def action_command_palette(self) -> None:
        """Textual: open the palette."""

    def call_later(self, callback: Callable[..., Any], *args: Any) -> Any:
        """Textual: call after pending messages."""

    def exit(self, result: int | None = None) -> None:
        """Textual: end the app."""

    def pop_screen(self) -> Any:
        """Textual: close the top screen."""

    def push_screen(self, screen: Screen[Any], callback: Callable[[Any], None] | None = None) -> Any:
        """Textual: open a screen."""

    def set_interval(self, interval: float, callback: Callable[[], Any]) -> Timer:
        """Textual: call every `interval` seconds."""

    def set_timer(self, delay: float, callback: Callable[[], Any]) -> Timer:
        """Textual: call after `delay` seconds."""

    def switch_mode(self, mode: str) -> Any:
        """Textual: change the mode."""

"""What tables and texts share: the keys and the wheel that move in them, and that they can be outdated."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from doitui.tui.host import Host

#: More rows or lines than there ever are: a move by so many ends at the first or the last.
FAR = 10**12


class Hosted:
    """A screen or widget that uses the app. No Textual class itself: style sheets follow the first of the bases."""

    @property
    def doitui(self) -> Host:
        """The app, as actions and widgets see it."""
        return self.app  # type: ignore[attr-defined, no-any-return]


class Pane(Hosted, Widget, can_focus=True):
    """A part of a screen to move in. `stale`: the database cannot be read, so what is shown is dimmed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Next page", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page before", show=False),
        Binding("g,home", f"move({-FAR})", "Begin", show=False),
        Binding("G,end", f"move({FAR})", "End", show=False),
    ]
    stale = reactive(False)

    def action_move(self, by: int) -> None:
        """Move down by `by` rows or lines, up where it is negative."""
        raise NotImplementedError

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move three lines down."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move three lines up."""
        event.stop()
        self.action_move(-3)

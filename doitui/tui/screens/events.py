"""Events about our DOIs: nothing yet, and it says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from doitui.tui import keys
from doitui.tui.screens.section import Section
from doitui.tui.widgets.lines import Line, Lines, Rule

TOLD: tuple[Line, ...] = (
    Rule("Events"),
    "",
    " No events yet: this version of doitui keeps none.",
    "",
    (
        "  Events tell DataCite what links to your DOIs and how often they are used. They will be shown here: how many",
        "quiet",
    ),
    ("  wait, how many were taken, and why one was not.", "quiet"),
    "",
    ("  Until then: 2 shows what is sent for DOIs, 6 how many were minted.", "quiet"),
)


class EventsScreen(Section):
    id_ = "events"
    BINDINGS: ClassVar = keys.bindings("events")
    about: ClassVar = ("Events about the DOIs of this house, once there are some.",)

    def body(self) -> Iterable[Widget]:
        yield Lines(id="text")

    def on_mount(self) -> None:
        text = self.query_one("#text", Lines)
        text.show(TOLD)
        text.focus()


SCREEN = EventsScreen

"""The screens on the living demo, with one key of their own: it starts an outage, and ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding

from doitui.demo.living import Living
from doitui.tui import app
from doitui.tui.actions import Action

HINT = "This is the demo: everything is played on this machine. o starts an outage of DataCite; q leaves."


class DemoApp(app.DoituiApp):
    """The screens, allowed to write: nothing here is real."""

    CSS_PATH = str(Path(app.__file__).with_name("doitui.tcss"))  # Textual looks beside this file
    BINDINGS: ClassVar[list[Any]] = [Binding("o", "outage", "Outage", show=False)]
    #: Named first in the last line, and in the help.
    MORE: ClassVar = (Action("outage", "o", "Outage", "start an outage of DataCite, or end it", ()),)

    def __init__(self, living: Living) -> None:
        super().__init__(living.stage.database, write=True)
        self._living = living

    def on_mount(self) -> None:
        super().on_mount()
        self.notify(HINT, timeout=20, markup=False)

    def action_outage(self) -> None:
        """Begin an outage of the sandbox, or end it; beside the event loop, for the sandbox may take its time."""
        self.outside.ask("outage", self._living.toggle_outage, self._toggled, self._not_toggled)

    def _toggled(self, out: bool) -> None:
        if out:
            self.say("DataCite is out: watch the queue wait. o again mends it", bad=True)
        else:
            self.say("DataCite is back: what has waited goes out by itself")

    def _not_toggled(self, error: Exception) -> None:
        self.say(f"the sandbox did not hear of it: {error}", bad=True)

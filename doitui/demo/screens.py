"""The screens of the live demo, with a key that starts and ends an outage."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding

from doitui.demo.live import LiveDemo
from doitui.tui import app
from doitui.tui.actions import Action

HINT = "This is the demo: everything runs on this machine. o starts an outage of DataCite, q quits."


class DemoApp(app.DoituiApp):
    """The screens with write access to the demo's database."""

    CSS_PATH = str(Path(app.__file__).with_name("doitui.tcss"))  # by default Textual looks in this folder
    BINDINGS: ClassVar[list[Any]] = [Binding("o", "outage", "Outage", show=False)]
    #: First in the footer and in the help.
    MORE: ClassVar = (Action("outage", "o", "Outage", "start or end an outage of DataCite", ()),)

    def __init__(self, live: LiveDemo) -> None:
        super().__init__(live.environment.database, write=True)
        self._live = live

    def on_mount(self) -> None:
        """Show the hint."""
        super().on_mount()
        self.notify(HINT, timeout=20, markup=False)

    def action_outage(self) -> None:
        """Start or end an outage, outside the event loop because the sandbox may answer slowly."""
        self.outside.ask("outage", self._live.toggle_outage, self._toggled, self._not_toggled)

    def _toggled(self, out: bool) -> None:
        if out:
            self.say("DataCite is unavailable: jobs wait in the queue. o ends the outage.", bad=True)
        else:
            self.say("DataCite is back: queued jobs are being sent.")

    def _not_toggled(self, error: Exception) -> None:
        self.say(f"The sandbox did not answer: {error}", bad=True)

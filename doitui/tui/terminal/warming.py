"""What the first paint did not wait for, made ready behind it, so that no key has to wait for it later.

Measured: the first look at a section froze the screens for up to 0.1 s more, and so did every full search for garbage.
"""

from __future__ import annotations

import gc
import importlib
from types import ModuleType

from doitui.tui import actions

#: Seconds after the database was opened.
AFTER = 1.0

#: Small searches for garbage that were made since the last full one; Python makes one after ten.
MUCH = 3


def section_module(section: str) -> ModuleType:
    """The module of a section."""
    return importlib.import_module(f"doitui.tui.screens.{section}")


def bring_in() -> None:
    """Import all sections; in a thread."""
    for section in actions.ALL:
        section_module(section)


def begin() -> None:
    """Search for garbage from now on (`doitui tui` has put that off), but not among what is there now: it stays."""
    gc.freeze()
    gc.enable()


class Tidiness:
    """Searches for garbage, while all is calm; and leaves out of them what stays: modules, and sections once shown."""

    def __init__(self) -> None:
        self._kept = 0

    def freeze(self, sections: int) -> None:
        """All there is now stays. `sections`: how many were shown so far."""
        self._kept = sections
        gc.freeze()
        gc.collect()  # Python searches the more seldom, and the longer, the more there was at the last search

    def look(self, sections: int) -> None:
        """Search, if there may be some: a little of it now and then takes 10 ms, what Python lets pile up 50.

        Not when another section was shown: the search would be long, and what garbage is kept with it is not much.
        """
        if not self._kept:
            return
        if sections > self._kept:
            self.freeze(sections)
        elif gc.get_count()[2] >= MUCH:
            gc.collect()

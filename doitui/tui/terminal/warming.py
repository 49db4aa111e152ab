"""Imports and garbage collections, made after the first paint and while nothing happens, so that no key waits for them.

Measured: importing a section, or a full garbage collection, blocks the screens for up to 0.1 s.
"""

from __future__ import annotations

import gc
import importlib
from types import ModuleType
from typing import Any

from doitui.tui import actions

#: Seconds after the database was opened.
AFTER = 1.0

#: Collections of the second generation since the last full one, after which we make one; Python does after ten.
ENOUGH = 3


def section_module(section: str) -> ModuleType:
    """Import the module of a section."""
    return importlib.import_module(f"doitui.tui.screens.{section}")


def section_screen(section: str) -> Any:
    """A new screen of a section, imported only now: the first paint must not wait for the other sections."""
    return section_module(section).SCREEN()


def import_sections() -> None:
    """Import all sections. Call it in a thread."""
    for section in actions.ALL:
        section_module(section)


def begin() -> None:
    """Enable garbage collection, which `doitui tui` disabled, but not of the objects that exist now: they stay."""
    gc.freeze()
    gc.enable()


class GarbageCollection:
    """Collects garbage while nothing happens, except among what stays: modules, and sections that were shown."""

    def __init__(self) -> None:
        self._frozen_sections = 0

    def freeze(self, sections: int) -> None:
        """Exempt the objects that exist now. `sections`: how many were shown so far."""
        self._frozen_sections = sections
        gc.freeze()
        gc.collect()  # the more objects the last full collection found, the later Python makes the next

    def look(self, sections: int) -> None:
        """Collect if there may be garbage: 10 ms each time, instead of 50 ms when Python does it.

        After a new section was shown, its objects are exempted instead: a collection would take long.
        """
        if not self._frozen_sections:
            return
        if sections > self._frozen_sections:
            self.freeze(sections)
        elif gc.get_count()[2] >= ENOUGH:
            gc.collect()

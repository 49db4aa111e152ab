"""The keys of a screen, made from the table of actions."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from doitui.tui import actions

#: The table with the focus has these itself, and tells the screen.
OF_THE_TABLE = ("open", "mark")


def bindings(screen: str) -> list[BindingType]:
    """All of them lead to `act`, so that one place decides whether something may be done."""
    return [
        Binding(action.keys, f"act('{action.id}')", action.name, show=False, tooltip=action.help)
        for action in actions.for_screen(screen)
        if action.id not in OF_THE_TABLE
    ]

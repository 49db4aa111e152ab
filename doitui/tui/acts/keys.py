"""The key bindings of a screen, from the table of actions."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from doitui.tui import actions

#: Bindings of `WindowTable` itself.
TABLE_KEYS = ("open", "mark")


def bindings(screen: str) -> list[BindingType]:
    """The bindings of `screen`. All call `action_act`, the one place that decides whether an action is allowed."""
    return [
        Binding(action.keys, f"act('{action.id}')", action.name, show=False, tooltip=action.help)
        for action in actions.for_screen(screen)
        if action.id not in TABLE_KEYS
    ]

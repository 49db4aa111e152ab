"""The table of actions: every key has one meaning on a screen, a help line, and something that does it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from doitui.tui import actions
from doitui.tui.actions import ACTIONS, Action
from doitui.tui.acts.acting import Acting

SCREENS = (*actions.ALL, "doi")

#: Bytes that terminals, tmux and screen take for themselves, and what people press from habit (tui.md 5).
FORBIDDEN = {"ctrl+s", "ctrl+a", "ctrl+z", "ctrl+d", "ctrl+r", "ctrl+k", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m"}

PLACES = [(screen, action) for screen in SCREENS for action in actions.for_screen(screen)]


def screen_class(name: str) -> Any:
    module = importlib.import_module(f"doitui.tui.screens.{name}")
    return getattr(module, "SCREEN", None) or module.DoiScreen


def test_a_key_has_one_meaning_on_a_screen(check_all: Callable[..., None]) -> None:
    def check(screen: str) -> None:
        keys = [key for action in actions.for_screen(screen) for key in action.keys.split(",")]
        assert sorted(keys) == sorted(set(keys))

    check_all(check, SCREENS)


def test_an_action_uses_no_key_that_belongs_to_the_terminal(check_all: Callable[..., None]) -> None:
    def check(action: Action) -> None:
        assert not FORBIDDEN & set(action.keys.split(","))

    check_all(check, ACTIONS)


def test_an_action_says_what_it_does(check_all: Callable[..., None]) -> None:
    def check(action: Action) -> None:
        assert action.help

    check_all(check, ACTIONS)


def test_what_writes_needs_the_shift_key(check_all: Callable[..., None]) -> None:
    def check(action: Action) -> None:
        assert action.key.isupper()

    check_all(check, [action for action in ACTIONS if action.writes])


def test_a_screen_can_do_what_its_keys_promise(check_all: Callable[..., None]) -> None:
    def check(place: tuple[str, Action]) -> None:
        screen, action = place
        does = hasattr(screen_class(screen), f"act_{action.id}") or hasattr(Acting, f"act_{action.id}")
        assert does or action.id.startswith("go_")

    check_all(check, PLACES)


def test_a_screen_has_a_help_text(check_all: Callable[..., None]) -> None:
    def check(screen: str) -> None:
        assert screen_class(screen).about

    check_all(check, SCREENS)

"""The table of actions: every key has one meaning on a screen, a help line, and something that does it."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

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


@pytest.mark.parametrize("screen", SCREENS)
def test_a_key_has_one_meaning_on_a_screen(screen: str) -> None:
    keys = [key for action in actions.for_screen(screen) for key in action.keys.split(",")]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_action_uses_no_key_that_belongs_to_the_terminal(action: Action) -> None:
    assert not FORBIDDEN & set(action.keys.split(","))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_action_says_what_it_does(action: Action) -> None:
    assert action.help


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.writes], ids=lambda action: action.id)
def test_what_writes_needs_the_shift_key(action: Action) -> None:
    assert action.key.isupper()


@pytest.mark.parametrize(("screen", "action"), PLACES, ids=lambda part: getattr(part, "id", part))
def test_a_screen_can_do_what_its_keys_promise(screen: str, action: Action) -> None:
    does = hasattr(screen_class(screen), f"act_{action.id}") or hasattr(Acting, f"act_{action.id}")
    assert does or action.id.startswith("go_")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_has_a_help_text(screen: str) -> None:
    assert screen_class(screen).about

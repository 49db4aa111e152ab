"""Handles keys one by one, when they are typed faster than they take effect.

Textual gives a key to the widget with the focus at that moment; the key takes effect later. If a slow link delivers two
keys at once, the second would reach the screen that the first one leaves: text for a filter would start actions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from textual.app import App
from textual.events import Key
from textual.message import Message
from textual.timer import Timer

#: Seconds until the next key is handled anyway: if the focused widget was removed, its `KeyDone` never arrives.
PATIENCE = 0.5


class KeyDone(Message):
    """Follows a key through all message queues: when it arrives, the key has been handled."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class TypeAhead:
    """The waiting keys of `app`. `forward`: handles a key."""

    def __init__(self, app: App[Any], forward: Callable[[Key], Awaitable[None]]) -> None:
        self._app = app
        self._forward = forward
        self._waiting: deque[Key] = deque()
        self._number = 0
        self._patience: Timer | None = None

    @property
    def busy(self) -> bool:
        """Whether a key has not taken effect yet."""
        return self._patience is not None

    async def take(self, key: Key) -> None:
        """Handle `key` when its turn comes."""
        self._waiting.append(key)
        if not self.busy:
            await self._next()

    def done(self, number: int) -> None:
        """The key `number` was handled: go on with the next, after the messages it sent, such as a new focus."""
        if number == self._number and self._patience is not None:
            self._number += 1
            self._patience.stop()
            self._app.call_later(self._next)

    async def _next(self) -> None:
        self._patience = None
        if not self._waiting:
            return
        number = self._number = self._number + 1
        self._patience = self._app.set_timer(PATIENCE, partial(self.done, number))
        target = self._app.focused or self._app.screen
        await self._forward(self._waiting.popleft())
        target.post_message(KeyDone(number))

"""Keys that are typed faster than they take effect: each waits until the one before it is done with.

Textual hands a key to what has the focus at that moment; what the key does comes later. Of two keys in one burst, as a
slow link delivers them, the second would meet the screen that the first one leaves: text for a filter would act.
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

#: Seconds a key may take. Longer only if what had the focus went away, and what follows the key with it.
PATIENCE = 0.5


class KeyDone(Message):
    """Goes after a key on its way through all queues: where this arrives, the key has been dealt with."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class TypeAhead:
    """The keys of `app` that wait. `forward`: what the app does with a key that nothing was in front of."""

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
        """Deal with `key` when its turn comes."""
        self._waiting.append(key)
        if not self.busy:
            await self._next()

    def done(self, number: int) -> None:
        """That key is dealt with. What it has asked for, as a new focus, stands in front in the app's queue."""
        if number == self._number and self._patience is not None:
            self._number += 1
            self._patience.stop()
            self._app.call_later(self._next)

    async def _next(self) -> None:
        self._patience = None
        if not self._waiting:
            return
        self._number += 1
        follower = KeyDone(self._number)
        self._patience = self._app.set_timer(PATIENCE, partial(self.done, self._number))
        meets = self._app.focused or self._app.screen
        await self._forward(self._waiting.popleft())
        meets.post_message(follower)

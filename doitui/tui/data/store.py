"""Reading beside the event loop, in threads with a connection each: one for what keys wait for, one for what is slow.

A question has a slot; a newer one in the same slot takes the place of one that still waits. Answers come back as
messages, so a database that hangs never stops a key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.message import Message

from doitui_core.db import database

#: Seconds a thread gets to give its connection back.
PATIENCE = 0.5

Done = Callable[[Any], None]
Failed = Callable[[Exception], None]


class Answered(Message):
    """A question has been answered: `deliver` hands it to who asked, in the event loop."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.deliver = deliver


@dataclass(frozen=True, slots=True)
class _Question:
    work: Callable[[], Any]
    done: Done
    failed: Failed


class ReaderThread:
    """One thread and its waiting questions, oldest slot first."""

    def __init__(self, name: str, post: Callable[[Message], Any]) -> None:
        self._post = post
        self._waiting: dict[str, _Question] = {}
        self._lock = threading.Condition()
        self._over = False
        self._at_work = False
        # A daemon: it may hang in a database that does not answer, and leaving must not wait for that.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def ask(self, slot: str, work: Callable[[], Any], done: Done, failed: Failed) -> None:
        """Do `work` in the thread, then `done` with its result or `failed` with its error in the event loop."""
        with self._lock:
            self._waiting[slot] = _Question(work, done, failed)
            self._lock.notify()

    @property
    def idle(self) -> bool:
        """Whether every question was answered."""
        with self._lock:
            return not self._waiting and not self._at_work

    def close(self) -> None:
        """No more questions. What is under way may end; what hangs is left behind."""
        with self._lock:
            self._over = True
            self._waiting.clear()
            self._lock.notify()
        self._thread.join(PATIENCE)

    def _next(self) -> _Question | None:
        with self._lock:
            self._at_work = False
            self._lock.wait_for(lambda: self._waiting or self._over)
            self._at_work = True
            return None if self._over else self._waiting.pop(next(iter(self._waiting)))

    def _serve(self) -> None:
        while (question := self._next()) is not None:
            self._answer(question)
        database.close_thread()

    def _answer(self, question: _Question) -> None:
        try:
            found = question.work()
        except Exception as error:  # whatever it is, it is told in its pane, and the other panes go on
            problem = error
            database.close_thread()
            self._post(Answered(lambda: question.failed(problem)))
        else:
            self._post(Answered(lambda: question.done(found)))

"""Threads that read the database, with a connection each: one for what keys wait for, others for what is slow.

A question has a slot; a newer question replaces one that still waits in the same slot. Answers come back as messages,
so a database that hangs never blocks a key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from textual.message import Message

from doitui_core.db import database

#: Seconds a thread gets to close its connection.
PATIENCE = 0.5

Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Question = tuple[Callable[[], Any], Done, Failed]


class Answered(Message):
    """The answer to a question; `deliver` passes it on, in the event loop."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.deliver = deliver


class ReaderThread:
    """A thread and its waiting questions, oldest slot first. `post`: sends a message to the event loop."""

    def __init__(self, name: str, post: Callable[[Message], Any]) -> None:
        self._post = post
        self._waiting: dict[str, Question] = {}
        self._lock = threading.Condition()
        self._closed = False
        self._busy = False
        # A daemon: it may hang in a database that does not answer, and quitting must not wait for that.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def ask(self, slot: str, work: Callable[[], Any], done: Done, failed: Failed) -> None:
        """Do `work` in the thread, then `done` with its result or `failed` with its error in the event loop."""
        with self._lock:
            self._waiting[slot] = work, done, failed
            self._lock.notify()

    @property
    def idle(self) -> bool:
        """Whether every question was answered."""
        with self._lock:
            return not self._waiting and not self._busy

    def close(self) -> None:
        """Drop waiting questions and end the thread; wait at most `PATIENCE` for the one that is running."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            self._lock.notify()
        self._thread.join(PATIENCE)

    def _next(self) -> Question | None:
        with self._lock:
            self._busy = False
            self._lock.wait_for(lambda: self._waiting or self._closed)
            self._busy = True
            return None if self._closed else self._waiting.pop(next(iter(self._waiting)))

    def _serve(self) -> None:
        while (question := self._next()) is not None:
            self._answer(*question)
        database.close_thread()

    def _answer(self, work: Callable[[], Any], done: Done, failed: Failed) -> None:
        try:
            result = work()
        except Exception as error:  # shown in one pane; the other panes go on
            problem = error
            database.close_thread()
            self._post(Answered(lambda: failed(problem)))
        else:
            self._post(Answered(lambda: done(result)))

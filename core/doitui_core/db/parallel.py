"""Threads that share one supply of work: one makes ready while the database writes for another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

from doitui_core.db import database

T = TypeVar("T")
R = TypeVar("R")


def run_parallel(act: Callable[[Iterator[T]], R], work: Generator[T, None, None], threads: int) -> list[R]:
    """What `act` returns in each of `threads` threads, which take turns in `work`; each has a connection of its own.

    When one fails, or the caller is interrupted, the others finish what they are at, and the error is raised. The
    threads are daemons: a process that has to end does not wait for them.
    """
    shared, ended = _Shared(work), SimpleQueue[R | BaseException]()

    def acting() -> None:
        result: R | BaseException
        try:
            try:
                result = act(shared)
            finally:
                database.close_thread()
        except BaseException as error:
            result = error
        ended.put(result)

    for _ in range(threads):
        threading.Thread(target=acting, daemon=True).start()
    results: list[R] = []
    errors: list[BaseException] = []
    try:
        for _ in range(threads):
            one = ended.get()
            if isinstance(one, BaseException):
                errors.append(one)
                shared.close()
            else:
                results.append(one)
    finally:
        shared.close()
    if errors:
        raise errors[0]
    return results


class _Shared(Generic[T], Iterator[T]):
    """A generator that several threads may ask."""

    def __init__(self, work: Generator[T, None, None]) -> None:
        self._work, self._turn = work, threading.Lock()

    def __next__(self) -> T:
        with self._turn:
            return next(self._work)

    def close(self) -> None:
        with self._turn:
            self._work.close()

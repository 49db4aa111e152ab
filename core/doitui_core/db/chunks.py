"""Many worked off some at a time: nobody waits long for the writer, and whoever began it sees how far it has come and
can stop it. What was done until then stays done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
C = TypeVar("C", bound=Collection[Any])

#: Told before the first chunk that there was none yet, and after each how many were in it; where it answers False, it
#: ends there.
Step = Callable[[int], object]

#: Seconds between two chunks that are written. Another process that waits for SQLite's one writer looks for it every
#: tenth of a second only: without a gap it might never find it free.
GAP = 0.02


def to_the_end(_: int) -> None:
    """Nobody looks and nobody stops it."""


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Up to `size` at a time, read when they are wanted."""
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


def paced(chunks: Iterable[C], step: Step, *, gap: float = GAP) -> Iterator[C]:
    """The chunks, until `step` answers False; who writes them leaves a gap for others."""
    if step(0) is False:
        return
    for at, chunk in enumerate(chunks):
        if at:
            time.sleep(gap)
        yield chunk
        if step(len(chunk)) is False:
            return

"""Many worked off some at a time: nobody waits long for the writer, and whoever began it sees how far it has come and
can stop it. What was done until then stays done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
C = TypeVar("C", bound=Collection[Any])

#: Told after each chunk how many were in it; where it answers False, that was the last one.
Step = Callable[[int], object]


def to_the_end(_: int) -> None:
    """Nobody looks and nobody stops it."""


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Up to `size` at a time, read when they are wanted."""
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


def stepwise(chunks: Iterable[C], step: Step) -> Iterator[C]:
    """The chunks, until `step` answers False."""
    for chunk in chunks:
        yield chunk
        if step(len(chunk)) is False:
            return

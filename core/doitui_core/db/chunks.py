"""Many worked off some at a time: nobody waits long for the writer, and whoever began it sees how far it has come and
can stop it. What was done until then stays done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")
C = TypeVar("C", bound=Collection[Any])

#: Called with 0 before the first chunk and with its size after each; where it answers False, it ends there.
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


def disjoint(
    items: Iterable[T], names: Callable[[T], Collection[str]], needs: Callable[[T], Collection[str]]
) -> Iterator[list[T]]:
    """The items in order, as lists in which no item has or needs a name of an earlier one."""
    some: list[T] = []
    taken: set[str] = set()
    for item in items:
        own = names(item)
        if not taken.isdisjoint(own) or not taken.isdisjoint(needs(item)):
            yield some
            some, taken = [], set()
        some.append(item)
        taken.update(own)
    if some:
        yield some


def by_key(read: Callable[[Any], Sequence[T]], key: Callable[[T], Any], after: Any = 0) -> Iterator[Sequence[T]]:
    """A keyset walk: what `read` gives behind a key, then behind the key of its last item, until there is nothing."""
    while chunk := read(after):
        yield chunk
        after = key(chunk[-1])


def row_chunks(query: Any, column: Any, size: int, limit: int = 0) -> Iterator[Sequence[Any]]:
    """Up to `limit` rows (0: all) of a query for models, in the order of `column`, `size` at a time. Each chunk is read
    to the end by a query of its own.
    """
    left = limit

    def read(after: Any) -> list[Any]:
        nonlocal left
        most = min(size, left) if limit else size
        rows = list(query.where(column > after).order_by(column).limit(most)) if most else []
        left -= len(rows)
        return rows

    return by_key(read, attrgetter(column.name))


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

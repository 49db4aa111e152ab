"""The sandbox's DOIs: in memory, with a write-through file if one is given.

A request only needs look-ups: DOIs by name, numbers in order of creation for the lists, and one counter per
repository, prefix and state for the totals. Records are immutable, so readers need no lock.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from doitui.web.common import doi_states
from doitui.web.common.refusals import refusal
from doitui.web.common.times import timestamp
from doitui.web.dois.changed_dois import ChangedDois, changes_links
from doitui.web.dois.doi_record import Doi, stored_name
from doitui.web.dois.state_file import StateFile


class CountKey(NamedTuple):
    """What the totals of lists are counted by."""

    client: str
    prefix: str
    state: str


@dataclass(frozen=True, slots=True)
class Moment:
    """The order and time of one write."""

    number: int
    at: str


class Store:
    """All DOIs. Read, check and save under `lock`, so that two creations of one DOI give one DOI."""

    def __init__(self, file: StateFile | None = None, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self._file = file
        self._clock = clock
        self._dois: dict[str, Doi] = {}
        self._by_number: dict[int, Doi] = {}
        self._order: list[int] = []
        self._last = 0  # never used twice, or a cursor would skip a DOI with the number of a deleted one
        self._counts: Counter[CountKey] = Counter()
        for doi in file.load() if file else ():
            self._index(doi)
        waiting = [self._by_number[number] for number in file.without_links()] if file else []
        #: Their links are to be made.
        self.changed = ChangedDois(doi for doi in waiting if doi.state == doi_states.FINDABLE)

    def find(self, name: str) -> Doi | None:
        """The DOI `name`, in any case: uniqueness is global and folded (1.9)."""
        return self._dois.get(stored_name(name))

    def get(self, name: str, title: str | None = None) -> Doi:
        """The DOI `name`, in any case. Raises 404, with `title`."""
        found = self.find(name)
        if found is None:
            raise refusal(404, title)
        return found

    def moment(self) -> Moment:
        """Number and time of the write about to be made. Call it under `lock`."""
        return Moment(self._last + 1, timestamp(self._clock()))

    def save(self, doi: Doi) -> None:
        """Store `doi`, new or changed; it is in the file before a request can read it. Call it under `lock`."""
        changes = changes_links(self.find(doi.doi), doi)
        if changes:
            self.changed.add(doi)
        if self._file:
            self._file.save(doi, changes)
        self._index(doi)

    def linked(self, dois: Sequence[Doi]) -> None:
        """Their links are made: the next start need not make them again."""
        if self._file:
            self._file.linked([doi.number for doi in dois], excluding=self.changed)

    def delete(self, doi: Doi) -> None:
        """Remove `doi`. Call it under `lock`."""
        if self._file:
            self._file.delete(doi)
        del self._dois[doi.doi], self._by_number[doi.number]
        del self._order[bisect_left(self._order, doi.number)]
        self._counts[count_key(doi)] -= 1

    def counts(self) -> dict[CountKey, int]:
        """How many DOIs of each kind there are."""
        with self.lock:
            return {kind: count for kind, count in self._counts.items() if count}

    def after(self, number: int) -> Iterator[Doi]:
        """DOIs created after number `number`, oldest first."""
        with self.lock:
            numbers = self._order[bisect_right(self._order, number) :]
        return self._dois_numbered(numbers)

    def newest(self) -> Iterator[Doi]:
        """All DOIs, newest first."""
        with self.lock:
            numbers = self._order[::-1]
        return self._dois_numbered(numbers)

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def _dois_numbered(self, numbers: list[int]) -> Iterator[Doi]:
        # A DOI deleted while a list is read is missing from it.
        return (doi for number in numbers if (doi := self._by_number.get(number)))

    def _index(self, doi: Doi) -> None:
        known = self._dois.get(doi.doi)
        if known:
            self._counts[count_key(known)] -= 1
        else:
            self._order.append(doi.number)
            self._last = doi.number
        self._counts[count_key(doi)] += 1
        self._dois[doi.doi] = self._by_number[doi.number] = doi


def count_key(doi: Doi) -> CountKey:
    """What `doi` is counted as."""
    return CountKey(doi.client, doi.prefix, doi.state)

"""What the statistics of a list are made of: sums over its groups, kept between requests.

A hub of a million events has thousands of groups, and summing them up takes longer than finding a page. So the sums of
lists that are asked for again are kept with the counts they were made of; the next request reads the counts alone and
adds what has changed since.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

#: Groups of all lists whose sums are kept: about 30 MB.
MOST_KEPT = 200_000

#: Above that many changed groups everything is summed up again.
_MOST_CHANGED = 1000

#: Number of a group and how many events of the list are in it.
Count = tuple[int, int]

_Numbers = defaultdict[str, int]


def _counter() -> _Numbers:
    return defaultdict(int)


class Sums:
    """Events by source, month …, summed in one pass. Not changed once others have it. A sum may be 0."""

    def __init__(self) -> None:
        self.total = 0
        self.sources, self.prefixes, self.occurred, self.created = (_counter() for _ in range(4))
        self.citation_types, self.relations, self.registrants = (defaultdict[str, _Numbers](_counter) for _ in range(3))

    @classmethod
    def of(cls, counts: Iterable[tuple[Sequence[str], int]]) -> Sums:
        """The sums over groups: the columns of each, and how many events it has."""
        sums = cls()
        for group, number in counts:
            sums._add(group, number)
        return sums

    def changed_by(self, changes: Iterable[tuple[Sequence[str], int]]) -> Sums:
        """Other sums: these and some events more or fewer."""
        sums = Sums()
        sums.total = self.total
        for name in ("sources", "prefixes", "occurred", "created"):
            getattr(sums, name).update(getattr(self, name))
        for name in ("citation_types", "relations", "registrants"):
            for key, parts in getattr(self, name).items():
                getattr(sums, name)[key].update(parts)
        for group, number in changes:
            sums._add(group, number)
        return sums

    def _add(self, group: Sequence[str], number: int) -> None:
        """One whose sides share a prefix or registrant counts once for it. `group` has the columns of `Group`."""
        source, relation, month, created, subj_type, obj_type, *ends = group
        subj_prefix, obj_prefix, subj_registrant, obj_registrant = ends
        year = month[:4]
        self.total += number
        self.sources[source] += number
        self.occurred[year] += number
        self.created[created] += number
        self.relations[relation][month] += number
        if subj_type and obj_type:
            pair = (subj_type, obj_type) if subj_type <= obj_type else (obj_type, subj_type)
            self.citation_types["-".join(pair)][month] += number
        self.prefixes[subj_prefix] += number
        if obj_prefix != subj_prefix:
            self.prefixes[obj_prefix] += number
        self.registrants[subj_registrant][year] += number
        if obj_registrant != subj_registrant:
            self.registrants[obj_registrant][year] += number


class SumsMemory:
    """The sums of the lists asked for last, of all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, tuple[set[Count], Sums]] = OrderedDict()

    def sums(
        self, key: Any, counts: Iterable[Count], groups: Callable[[list[int] | None], Mapping[int, Sequence[str]]]
    ) -> Sums:
        """The sums of the list `key`, which has `counts` now. `groups` gives the groups with some numbers, or all of
        the list.
        """
        now = set(counts)
        with self._lock:
            before, sums = self._kept.get(key, (set[Count](), Sums()))
        if now != before:
            changes = Counter(dict(now - before))
            changes.subtract(dict(before - now))
            if before and len(changes) <= _MOST_CHANGED:
                known = groups(list(changes))
                sums = sums.changed_by((known[number], by) for number, by in changes.items())
            else:
                known = groups(None)
                sums = Sums.of((known[number], events) for number, events in now)
        self._keep(key, now, sums)
        return sums

    def _keep(self, key: Any, counts: set[Count], sums: Sums) -> None:
        with self._lock:
            self._kept[key] = (counts, sums)
            self._kept.move_to_end(key)
            while sum(len(kept) for kept, _ in self._kept.values()) > MOST_KEPT and len(self._kept) > 1:
                self._kept.popitem(last=False)

"""Whether nearly all visits of a log come from one address, as they do where a proxy's address is logged.

An estimate for long logs: of many lines that are summed up at once every tenth is looked at, and then only addresses
that more than one in a hundred comes from. So it costs little, and memory stays flat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

#: Lines below which nothing can be said, and the share of them from which on one address is suspicious.
ENOUGH, SHARE = 100, 0.9

#: Addresses that are kept, and one in how many lines makes an address frequent.
KEPT, FREQUENT = 1000, 100

#: Lines at once from which on every tenth is enough.
MANY, TENTH = 5000, 10

ADVICE = "Log X-Forwarded-For, and read it with --log-format combined-forwarded or --trusted-hops N."


class Addresses:
    """The addresses of the visits of interest."""

    def __init__(self) -> None:
        self._new: list[str] = []
        #: `came_from(address)`; cheap, as it is called for every line. `sum_up` from time to time.
        self.came_from = self._new.append
        self._counts: Counter[str] = Counter()
        self._lines = 0

    def add(self, addresses: Iterable[str]) -> None:
        """Add `addresses`, one for a visit; empty ones are not known."""
        self._new.extend(addresses)
        self.sum_up()

    def sum_up(self) -> None:
        """Count what has come."""
        weight = TENTH if len(self._new) >= MANY else 1
        new = Counter(self._new[::weight])
        self._new.clear()
        del new[""]
        number = new.total()
        least = number // FREQUENT
        self._lines += number * weight
        self._counts.update({address: times * weight for address, times in new.items() if times > least})
        if len(self._counts) > KEPT:
            self._counts = Counter(dict(self._counts.most_common(KEPT)))

    def warning(self) -> str:
        """What to tell people, empty for nothing."""
        self.sum_up()
        if self._lines < ENOUGH:
            return ""
        for address, number in self._counts.most_common(1):
            if number >= SHARE * self._lines:
                share = f"{number / self._lines:.0%} of the visits come from one address, {address}"
                return f"warning: {share}: if it is a proxy, all its visitors are counted as one. {ADVICE}"
        return ""

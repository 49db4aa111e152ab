"""Hours, looked at and counted in memory. Nothing is written and nothing locked, so it may take its time."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from doitui_core import gc_pause
from doitui_core.db import raw_sql
from doitui_core.usage.counter import DOUBLE_CLICK, Counting, Hit, Named, Reason, Tally, judge
from doitui_core.usage.zone import Zone

#: What an hour is counted from.
LOOKED_AT = (Reason.COUNTED, Reason.DOUBLE_CLICK, Reason.TAKEN_BACK, Reason.TAKES_BACK)

#: What the numbers of a `Tally` belong to: DOI, access method, source; and the country.
Key = tuple[tuple[int, str, str], str]

_REASONS = ", ".join(f"'{reason}'" for reason in LOOKED_AT)
_HITS = (
    "SELECT at, actor, url, doi_id, access_method, source, request, country, id, reason FROM usage_hit"
    f" WHERE at >= {{p}} AND at <= {{p}} AND reason IN ({_REASONS}) ORDER BY at, id"
)
AT, ACTOR, URL, ID, REASON = 0, 1, 2, 8, 9


class Hour(NamedTuple):
    """An hour, how often it had changed before its hits were read, and the last of them."""

    number: int
    changes: int
    counted_to: int


@dataclass
class HourCounts:
    """What hours count now and counted before, and which hits (ids) get another reason.

    It is true as long as the hours do not change.
    """

    hours: list[Hour] = field(default_factory=list)
    reasons: dict[Reason, list[int]] = field(default_factory=lambda: defaultdict(list))
    _before: Counting = field(default_factory=Counting)
    _after: Counting = field(default_factory=Counting)

    def read(self, hour: int, zone: Zone) -> None:
        """Count `hour` as well, unless somebody else has done so and nothing has come since."""
        statement = "SELECT changes, counted_to FROM usage_hour WHERE hour = {p} AND marked_at > 0"
        if state := raw_sql.execute(statement, hour).fetchone():
            with gc_pause.paused():
                self._count(hour, zone, *state)

    def _count(self, hour: int, zone: Zone, changes: int, counted_to: int) -> None:
        rows, hits, reasons = _judged(hour, zone)
        if counted_to:
            counted = [row[REASON] == Reason.COUNTED and row[ID] <= counted_to for row in rows]
            self._before.add(hit for hit, was in zip(hits, counted, strict=True) if was)
        self._after.add(hit for hit, reason in zip(hits, reasons, strict=True) if reason is Reason.COUNTED)
        for counting in (self._before, self._after):
            counting.forget(hour)
        for row, reason in zip(rows, reasons, strict=True):
            if row[REASON] != reason:
                self.reasons[reason].append(row[ID])
        last = max(map(itemgetter(ID), rows), default=0)
        self.hours.append(Hour(hour, changes, max(last, counted_to)))

    def moved(self) -> dict[Any, Tally]:
        """By how much numbers move (by `Key`), without those that do not."""
        before, after, none = self._before.tallies, self._after.tallies, [0, 0, 0, 0]
        return {
            key: [now - then for now, then in zip(after.get(key, none), before.get(key, none), strict=True)]
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        }


def _judged(hour: int, zone: Zone) -> tuple[Sequence[Any], Sequence[Hit], Sequence[Reason]]:
    """The hits of the hour, as rows and as hits, and what they are; the 30 seconds after it have been looked at too."""
    start, end = zone.bounds(hour)
    rows = raw_sql.execute(_HITS, start, end + DOUBLE_CLICK).fetchall()
    taken_back: set[Named] = {(row[AT], row[ACTOR], row[URL]) for row in rows if row[REASON] == "takes_back"}
    if taken_back:
        rows = [row for row in rows if row[REASON] != "takes_back"]
    hits = [
        Hit(at, hour if at < end else hour + 1, actor, url, (doi_id, method, source), request == 1, country)
        for at, actor, url, doi_id, method, source, request, country, _, _ in rows
    ]
    own = bisect_left(rows, end, key=itemgetter(AT))
    return rows[:own], hits[:own], judge(hits, taken_back)[:own]

"""Hits of a log of any length, stored by hour: few bytes each, on disk beyond a limit, read an hour at a time.

An access log is written when a request ends and stamped when it began, so a line may belong hours back; several
servers' logs begin all over again. Hours take all that in, where sorting lines would need them all at once.
"""

from __future__ import annotations

import struct
import tempfile
from collections import defaultdict
from collections.abc import Hashable, Iterator
from operator import attrgetter

from doitui_core.usage.counter import Hit, Named

#: time, actor, url, hour, place, flags. Actor and URL as 64-bit hashes: in one of 10^7 logs of a million lines two that
#: differ are taken for one.
_RECORD = struct.Struct("<qqqqIB")

REQUEST, TAKES_BACK = 1, 2

#: Bytes stored in memory.
IN_MEMORY = 16 << 20


class HourStore:
    """`add` takes hits in any order; `hours` returns them, latest hour first, each in order of time."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._size = 0
        self._buckets: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._pieces: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self._file = tempfile.TemporaryFile(prefix="doitui-usage-")  # noqa: SIM115 - closed by `close`

        self.close = self._file.close

    def add(self, bucket: int, time: int, hour: int, actor: Hashable, url: Hashable, place: int, flags: int) -> None:
        """Store a hit in `bucket`, a number of hours that grows with time."""
        self._buckets[bucket] += _RECORD.pack(time, hash(actor), hash(url), hour, place, flags)
        self._size += _RECORD.size
        if self._size >= self._in_memory:
            self._spill()

    def _spill(self) -> None:
        self._file.seek(0, 2)
        for bucket, records in self._buckets.items():
            self._pieces[bucket].append((self._file.tell(), len(records)))
            self._file.write(records)
        self._buckets.clear()
        self._size = 0

    def hours(self) -> Iterator[tuple[int, list[Hit], set[Named]]]:
        """(bucket, its hits, which of them were taken back)."""
        for bucket in sorted(self._buckets.keys() | self._pieces.keys(), reverse=True):
            hits, taken_back = [], set()
            for time, actor, url, hour, place, flags in _RECORD.iter_unpack(self._records(bucket)):
                if flags & TAKES_BACK:
                    taken_back.add((time, actor, url))
                else:
                    hits.append(Hit(time, hour, actor, url, place, bool(flags & REQUEST)))
            hits.sort(key=attrgetter("time"))
            yield bucket, hits, taken_back

    def _records(self, bucket: int) -> bytes:
        pieces = []
        for start, length in self._pieces.get(bucket, ()):
            self._file.seek(start)
            pieces.append(self._file.read(length))
        return b"".join([*pieces, self._buckets.get(bucket, b"")])

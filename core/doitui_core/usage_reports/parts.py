"""A report in parts: the first 50,000 datasets, the next … A small report is one part of plain JSON; else all are gzip.

One part is in memory at a time, compressed as it grows. The same datasets always give the same bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from doitui_core.usage_reports import rules

#: Bytes. DataCite wants what is larger compressed (datacite-api 3.6).
LARGEST_PLAIN = 10_000_000

#: Bytes of a part before and after compression: the store takes at most 16 MiB (usage.md 1.4), and 128 MiB inflated.
#: Reached only by datasets with counts from very many countries.
LARGEST_INFLATED = 100_000_000
LARGEST_COMPRESSED = 15_000_000

#: zlib: a gzip header without a time.
_GZIP = 31

#: Makes the header of a report that is compressed (True), or not.
Headers = Callable[[bool], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """`number` counts from 1; `body` is what is sent, or written to a file."""

    number: int
    body: bytes
    compressed: bool
    datasets: int


def parts(datasets: Iterable[dict[str, Any]], header: Headers, *, compress: bool = False) -> Iterator[Part]:
    """The parts of a report; none where there are no datasets. `compress`: also a small one."""
    written = map(_written, datasets)
    first: list[bytes] = []
    if not compress:
        first, plain = _first(written)
        if first and plain:
            yield Part(1, b"".join((_head(header(False)), b",\n".join(first), _TAIL)), False, len(first))
            return
    yield from _compressed(chain(first, written), _head(header(True)))


def _first(written: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """As many datasets as a plain report may have, and whether these are all; else one more."""
    first, size = [], 0
    for one in written:
        first.append(one)
        size += len(one) + 2
        if size > LARGEST_PLAIN or len(first) > rules.MAX_DATASETS:
            return first, False
    return first, True


def _compressed(written: Iterable[bytes], head: bytes) -> Iterator[Part]:
    number, packer = 0, _Packer(head)
    for one in written:
        packer.add(one)
        if packer.full:
            number += 1
            yield packer.part(number)
            packer = _Packer(head)
    if packer.datasets:
        yield packer.part(number + 1)


class _Packer:
    """One compressed part as it grows."""

    def __init__(self, head: bytes) -> None:
        self._zlib = zlib.compressobj(wbits=_GZIP)
        self._body = bytearray(self._zlib.compress(head))
        self._inflated = len(head)
        self.datasets = 0

    @property
    def full(self) -> bool:
        return (
            self.datasets >= rules.MAX_DATASETS
            or self._inflated >= LARGEST_INFLATED
            or len(self._body) >= LARGEST_COMPRESSED
        )

    def add(self, one: bytes) -> None:
        between = b",\n" if self.datasets else b""
        self._body += self._zlib.compress(between + one)
        self._inflated += len(between) + len(one)
        self.datasets += 1

    def part(self, number: int) -> Part:
        self._body += self._zlib.compress(_TAIL) + self._zlib.flush()
        return Part(number, bytes(self._body), True, self.datasets)


_TAIL = b"\n]}\n"


def _head(header: dict[str, Any]) -> bytes:
    return b'{"report-header":' + _written(header) + b',"report-datasets":[\n'


def _written(value: dict[str, Any]) -> bytes:
    # JSON may contain an unpaired surrogate, which UTF-8 cannot.
    return _JSON.encode(value).encode("utf-8", "replace")


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

"""A stored report, read from the answer of the report store in a file: part by part, dataset by dataset."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from doitui_core.datacite.transport import LARGEST_FILE
from doitui_core.errors import UnreadableDocument
from doitui_core.usage_reports import json_stream

#: Characters of one part of an answer: more than the most the store takes, in base64.
LARGEST_PART = 32 * 1024 * 1024


def checksums(answer: BinaryIO) -> list[str]:
    """The SHA-256 of each compressed part, in the order of the store, computed here. Raises `UnreadableDocument`."""
    with _translated():
        return [hashlib.sha256(part).hexdigest() for part in _parts(answer)]


def datasets(answer: BinaryIO) -> Iterator[Any]:
    """All datasets, of a plain report and of its parts, unchecked. Raises `UnreadableDocument`."""
    with _translated():
        yield from _values("report-datasets", _members(answer))
        for part in _parts(answer):
            with gzip.GzipFile(fileobj=io.BytesIO(part)) as inflated:
                yield from _values("report-datasets", json_stream.members(inflated))


def _parts(answer: BinaryIO) -> Iterator[bytes]:
    """The compressed parts."""
    for value in _values("report-subsets", _members(answer)):
        if isinstance(value, dict):
            yield base64.b64decode(str(value.get("gzip") or ""), validate=True)


def _members(answer: BinaryIO) -> Iterator[json_stream.Member]:
    answer.seek(0)
    return json_stream.members(answer, largest=LARGEST_FILE, largest_member=LARGEST_PART)


def _values(wanted: str, members: Iterator[json_stream.Member]) -> Iterator[Any]:
    return (value for name, value in members if name.replace("_", "-") == wanted)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, binascii.Error, ValueError) as error:
        raise UnreadableDocument(f"the report store's answer cannot be read: {error}") from error

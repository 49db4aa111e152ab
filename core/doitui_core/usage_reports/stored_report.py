"""A report as the other side holds it: read from its answer in a file, part by part, dataset by dataset."""

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

#: Characters of one part of an answer: what the store takes at most, in base64, and more.
LARGEST_PART = 32 * 1024 * 1024


def checksums(answer: BinaryIO) -> list[str]:
    """The SHA-256 of each compressed part, in the order in which the store has them. Made from what came, not from
    what is said of it. Raises `UnreadableDocument`.
    """
    return [hashlib.sha256(packed).hexdigest() for packed in _packed(answer)]


def datasets(answer: BinaryIO) -> Iterator[Any]:
    """All datasets, of a plain report or of its parts, whatever they are. Raises `UnreadableDocument`."""
    with _translated():
        for name, value in _members(answer):
            if name == "report-datasets":
                yield value
    for packed in _packed(answer):
        with _translated(), gzip.GzipFile(fileobj=io.BytesIO(packed)) as part:
            for name, value in json_stream.members(part):
                if name.replace("_", "-") == "report-datasets":
                    yield value


def _packed(answer: BinaryIO) -> Iterator[bytes]:
    with _translated():
        for name, value in _members(answer):
            if name == "report-subsets" and isinstance(value, dict):
                yield base64.b64decode(str(value.get("gzip") or ""), validate=True)


def _members(answer: BinaryIO) -> Iterator[json_stream.Member]:
    answer.seek(0)
    for name, value in json_stream.members(answer, largest=LARGEST_FILE, largest_member=LARGEST_PART):
        yield name.replace("_", "-"), value


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, binascii.Error, ValueError) as error:
        raise UnreadableDocument(f"the report store's answer cannot be read: {error}") from error

"""The body of a `Payload`, what was sent to DataCite, as it stands in the database: text, compressed."""

from __future__ import annotations

import zlib


def pack(text: str) -> bytes:
    """What is stored for `text`."""
    return zlib.compress(text.encode())


def unpack(body: bytes | memoryview) -> str:
    """The text of a stored body."""
    return zlib.decompress(bytes(body)).decode("utf-8", "replace")

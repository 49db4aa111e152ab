"""The lines of a log file, plain or compressed (gzip, zstd), recognised by their first bytes, and how far was read."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from doitui_core.errors import Misconfigured, UnreadableDocument

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

#: A request line of 8 kB and a referrer of as much are what web servers allow; a longer line is none.
LONGEST_LINE = 65_536

BUFFER = 1 << 20


class BadLine(ValueError):
    """Not a line of its format; its text says why."""


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The uncompressed bytes of a log. Raises `UnreadableDocument`, or `Misconfigured` without what zstd needs."""
    try:
        with path.open("rb") as file:
            yield _inflated(file, path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableDocument(f"{path} is no whole gzip file: {error}") from error
    except OSError as error:
        raise UnreadableDocument(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a name with a NUL in it
        raise UnreadableDocument(f"{str(path)!r} cannot be read: {error}") from error


def _inflated(file: IO[bytes], path: Path) -> IO[bytes]:
    head = file.read(4)
    file.seek(0)
    if head.startswith(GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=file), BUFFER)
    return _zstd(file, path) if head == ZSTD else file


def _zstd(file: IO[bytes], path: Path) -> IO[bytes]:
    try:
        import zstandard
    except ImportError as error:
        raise Misconfigured(f"{path} is compressed by zstd, which needs: pip install 'doitui[logs]'") from error

    def frames() -> Iterator[bytes]:
        """The pieces of all frames. A stream reader would take a file that is cut off for a whole one."""
        frame, whole = zstandard.ZstdDecompressor().decompressobj(), False
        while piece := file.read(BUFFER):
            while piece:
                if whole:
                    frame, whole = zstandard.ZstdDecompressor().decompressobj(), False
                try:
                    yield frame.decompress(piece)
                except zstandard.ZstdError as error:
                    raise UnreadableDocument(f"{path} is no whole zstd file: {error}") from error
                piece, whole = frame.unused_data, frame.eof
        if not whole:
            raise UnreadableDocument(f"{path} is no whole zstd file: it is cut off")

    return io.BufferedReader(_Pieces(frames()), BUFFER)


class _Pieces(io.RawIOBase):
    """Pieces of bytes, to be read as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of `file`, with their newlines; one that is too long comes in pieces."""
    while line := file.readline(LONGEST_LINE):
        yield line

"""Reads a report from a file, member by member: memory for one dataset, whatever the size of the file.

Any file may come in: no JSON, nested without end, a number of a million digits, a small file that inflates to
terabytes. Each raises `UnreadableDocument`.

Not ijson: its C backend takes 1.6 times as long (100 MB: 1.5 s, here 0.9 s), refuses integers above 64 bits and
changes unpaired surrogates; neither backend limits the size of a member.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any, BinaryIO

from doitui_core.domain import strict_json
from doitui_core.errors import DocumentTooLarge, UnreadableDocument

#: The first bytes of a gzip file (RFC 1952).
GZIP = b"\x1f\x8b"

#: The names of the list of datasets.
DATASETS = frozenset(("report-datasets", "report_datasets"))

#: Bytes read at once.
CHUNK = 1 << 18

#: Bytes of a whole report, inflated; the sandbox and the hub have the same limit.
LARGEST = 128 * 1024 * 1024

#: Characters of one member, ten times a dataset with eight counts from every country of the world.
LARGEST_MEMBER = 1 << 20

#: Characters: more than a word of JSON that may be cut (false, \\u00e9, -Infinity).
_LONGEST_WORD = 16

_SPACE = re.compile(r"[ \t\n\r]*")

#: (name, value); each element of a list is a member.
Member = tuple[str, Any]


class TooLarge(ValueError):
    """More bytes than allowed."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[BufferedIOBase | BinaryIO, bool]]:
    """The file at `path`, inflated where it is gzip, and whether it was. Raises `UnreadableDocument`."""
    with translated(str(path)), path.open("rb") as file:
        compressed = file.peek(2)[:2] == GZIP
        yield (gzip.GzipFile(fileobj=file) if compressed else file), compressed


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Around the reading of a file called `name`. Raises `UnreadableDocument`, `DocumentTooLarge` beyond the limit."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableDocument(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except TooLarge as error:
        raise DocumentTooLarge(f"{name} is no report: {error}") from error
    except ValueError as error:
        raise UnreadableDocument(f"{name} is no report: {error}") from error
    except RecursionError as error:
        raise UnreadableDocument(f"{name} is no report: it is nested too deeply") from error


def until(
    file: BufferedIOBase | BinaryIO, names: Container[str], *, largest: int = LARGEST
) -> tuple[dict[str, Any], Iterator[str]]:
    """The members of the JSON object in `file` before the list with one of `names`, and the text from that list on, in
    pieces, unread; no pieces where there is no such list. Raises as `members`.
    """
    text = _Text(file, largest, LARGEST_MEMBER)
    found: dict[str, Any] = {}
    text.expect("{")
    for _ in _items(text, "}"):
        name = text.name()
        if name in names and text.peek() == "[":
            return found, text.remaining()
        found[name] = text.value()
    if text.peek():
        raise ValueError(f"something follows its end, at character {text.place}")
    return found, iter(())


def members(
    file: BufferedIOBase | BinaryIO, *, largest: int = LARGEST, largest_member: int = LARGEST_MEMBER
) -> Iterator[Member]:
    """The members of the JSON object in `file`, in its order; of an object named `report` (in an answer) its members
    instead. Raises `ValueError` with what is wrong, and whatever `file` raises.
    """
    text = _Text(file, largest, largest_member)
    yield from _object(text, nested=True)
    if text.peek():
        raise ValueError(f"something follows its end, at character {text.place}")


def _object(text: _Text, *, nested: bool) -> Iterator[Member]:
    text.expect("{")
    for _ in _items(text, "}"):
        name = text.name()
        if nested and name == "report" and text.peek() == "{":
            yield from _object(text, nested=False)
        elif text.skip("["):
            for _ in _items(text, "]"):
                yield name, text.value()
        else:
            yield name, text.value()


def _items(text: _Text, end: str) -> Iterator[None]:
    """Stop at each item of an object or a list, up to its `end`."""
    if text.skip(end):
        return
    yield
    while text.skip(","):
        yield
    text.expect(end)


class _Text:
    """The characters of a file; only those around the current place are in memory."""

    def __init__(self, file: BufferedIOBase | BinaryIO, largest: int, largest_member: int) -> None:
        self._file = file
        self._left = largest
        self._largest = largest
        self._most = largest_member
        self._characters = codecs.getincrementaldecoder("utf-8")()
        self._decoder = json.JSONDecoder(parse_constant=strict_json.no_constant, parse_float=strict_json.finite_number)
        self._text = ""
        self._at = 0
        self._before = 0
        self._ended = False

    @property
    def place(self) -> int:
        """The place of the next character in the whole text, counted from 1."""
        return self._before + self._at + 1

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            assert found
            self._at = found.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self, character: str) -> bool:
        """Whether that comes next; then it is skipped."""
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def expect(self, character: str) -> None:
        if not self.skip(character):
            found = self.peek()
            raise ValueError(
                f"{character} is missing at character {self.place}" + (f", before {found}" if found else "")
            )

    def name(self) -> str:
        """The name of a member that comes next, and its colon."""
        if self.peek() != '"':
            raise ValueError(f"a name is missing at character {self.place}")
        name: str = self.value()
        self.expect(":")
        return name

    def remaining(self) -> Iterator[str]:
        """What is not read yet, in pieces."""
        yield self._text[self._at :]
        self._at = len(self._text)
        while self._more():
            yield self._text
            self._at = len(self._text)

    def value(self) -> Any:
        """The value that comes next."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._is_cut(error) and self._grows():
                    continue
                raise ValueError(f"{error.msg} at character {self._before + error.pos + 1}") from None
            except RecursionError:
                raise ValueError(f"it is nested too deeply at character {self.place}") from None
            # A number near the end of what is read may go on: 1.5 is the beginning of 1.5e+16.
            if end + _LONGEST_WORD <= len(self._text) or not self._grows():
                self._at = end
                return value

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether what is read ends inside the value, so that reading on may complete it."""
        return error.msg.startswith("Unterminated") or error.pos >= len(self._text) - _LONGEST_WORD

    def _grows(self) -> bool:
        """Read on, up to the largest member. False at the end."""
        have = len(self._text) - self._at
        if have > self._most:
            raise ValueError(f"there is no JSON of less than {self._most} characters at character {self.place}")
        return self._more(max(have, CHUNK))

    def _more(self, size: int = CHUNK) -> bool:
        if self._ended:
            return False
        read = self._file.read(size)
        self._left -= len(read)
        if self._left < 0:
            raise TooLarge(f"it holds more than {self._largest} bytes")
        self._ended = not read
        self._before += self._at
        self._text, self._at = self._text[self._at :] + self._characters.decode(read, final=self._ended), 0
        return True

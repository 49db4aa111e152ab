"""The screens on a terminal that knows ASCII only: the same cells, with other signs in them."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len
from textual.drivers.linux_driver import LinuxDriver

#: What has a likeness that its name does not tell.
_LIKE = {"…": "~", "·": ".", "\N{BRAILLE PATTERN BLANK}": " "}

#: By what is in the name of a sign, the first that fits.
_BY_NAME = (
    ("BOX DRAWINGS", "VERTICAL AND", "+"),
    ("BOX DRAWINGS", "AND HORIZONTAL", "+"),
    ("BOX DRAWINGS", "AND LEFT", "+"),
    ("BOX DRAWINGS", "AND RIGHT", "+"),
    ("BOX DRAWINGS", "HORIZONTAL", "-"),
    ("BOX DRAWINGS", "VERTICAL", "|"),
    ("BOX DRAWINGS", "", "+"),
    ("BRAILLE", "", ":"),
    ("UPPER ONE EIGHTH BLOCK", "", "-"),
    ("LOWER ONE EIGHTH BLOCK", "", "_"),
    ("LEFT ONE", "BLOCK", "|"),
    ("RIGHT ONE", "BLOCK", "|"),
    ("BLOCK", "", "#"),
)


class _Signs(dict[int, str]):
    """For `str.translate`: each sign is looked up once."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _sign(chr(code))
        return found


def _sign(character: str) -> str:
    """ASCII of the same width: its likeness, its letter without marks, or question marks."""
    if character.isascii() or character in _LIKE:
        return _LIKE.get(character, character)
    name, width = unicodedata.name(character, ""), cell_len(character)
    for begin, inside, like in _BY_NAME:
        if begin in name and inside in name:
            return like
    letter = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return letter if len(letter) == width else "?" * width


_SIGNS = _Signs()


def to_ascii(text: str) -> str:
    """`text` as ASCII, as wide as it was."""
    return text if text.isascii() else text.translate(_SIGNS)


class AsciiDriver(LinuxDriver):
    """Sends nothing but ASCII."""

    def write(self, data: str) -> None:
        """Write `data` with ASCII replacements."""
        super().write(to_ascii(data))

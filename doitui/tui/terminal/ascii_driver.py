"""A driver for terminals that know only ASCII: the same cells, with other characters in them."""

from __future__ import annotations

import unicodedata
from functools import cache

from rich.cells import cell_len
from textual.drivers.linux_driver import LinuxDriver

#: Replacements that do not follow from the character's name.
_LIKE = {"…": "~", "·": ".", "\N{BRAILLE PATTERN BLANK}": " "}

#: Replacements by two parts of the Unicode name; the first that fits.
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


@cache
def _ascii(character: str) -> str:
    """ASCII of the same width: a replacement, the letter without marks, or question marks."""
    if character.isascii() or character in _LIKE:
        return _LIKE.get(character, character)
    name, width = unicodedata.name(character, ""), cell_len(character)
    for begin, inside, like in _BY_NAME:
        if begin in name and inside in name:
            return like
    letter = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return letter if len(letter) == width else "?" * width


def to_ascii(text: str) -> str:
    """`text` as ASCII, of the same width."""
    return text if text.isascii() else "".join(map(_ascii, text))


class AsciiDriver(LinuxDriver):
    """Sends only ASCII."""

    def write(self, data: str) -> None:
        """Write `data` with ASCII replacements."""
        super().write(to_ascii(data))

"""Text made plain for terminals: one line, no control characters."""

from __future__ import annotations

#: Persian and Indic words need them, and they only join or part letters.
JOINERS = "\u200c\u200d"


def plain(text: str) -> str:
    """`text` in one line, with a space for every control, format or half character."""
    return "".join(character if character.isprintable() or character in JOINERS else " " for character in text)

"""Text that comes from outside, made harmless for logs, mails and screens."""

from __future__ import annotations

import re
import unicodedata

LONGEST_LINE = 800


#: Persian and Indic words need them, and they only join or part letters.
JOINERS = "\u200c\u200d"


def harmless(text: str, longest: int = LONGEST_LINE) -> str:
    """`text` as one line for a mail, cut to `longest` characters."""
    if text.isprintable() and len(text) <= longest and "@" not in text:
        return text  # as nearly all are: a log line costs a mint ten times as much otherwise
    shown = "".join(_shown(character) for character in text[: 4 * longest])
    shown = re.sub(r"(://[^/@\s:]*):[^/@\s]*@", r"\1:•••@", shown)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _shown(character: str) -> str:
    if character.isprintable() or character in JOINERS:
        return character
    # Format characters (overrides of direction, soft hyphens) have no width, all others part words.
    return "" if unicodedata.category(character) == "Cf" else " "

"""Every state as a symbol, a word and a tone, readable without colour. Symbols are ASCII: one column wide everywhere.

A tone is the name of a style (`doitui.tcss`): good, busy, warn, bad, quiet, plain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

#: A cell: its text, or text and tone.
Toned = tuple[str, str]
Cell = str | Toned

#: DOI statuses, and the statuses that only records have.
DOI = {
    "reserved": (".", "plain"),
    "draft": ("~", "plain"),
    "registered": ("-", "plain"),
    "findable": ("+", "good"),
    "tombstone": ("x", "quiet"),
    "abandoned": ("_", "quiet"),
    "foreign": ("/", "quiet"),
    "none": (" ", "quiet"),
}

#: Marks, the most important first: a symbol and a letter.
MARK = {"failed": ("!F", "bad"), "uncertain": ("?U", "warn"), "changed": ("*C", "warn"), "pending": (">P", "busy")}

JOB = {
    "pending": (".", "plain"),
    "processing": (">", "busy"),
    "completed": ("+", "good"),
    "failed": ("!", "bad"),
    "uncertain": ("?", "warn"),
    "blocked": ("#", "bad"),
    "cancelled": ("x", "quiet"),
}

EVENT = {
    "pending": (".", "plain"),
    "submitted": ("+", "good"),
    "failed": ("!", "bad"),
    "uncertain": ("?", "warn"),
    "discarded": ("x", "quiet"),
}

VERIFICATION = {"unverified": ("?", "quiet"), "verified": ("=", "good"), "mismatch": ("#", "bad")}

CHECK = {"OK": ("OK  ", "good"), "WARN": ("WARN", "warn"), "FAIL": ("FAIL", "bad")}


def _with_symbol(symbols: Mapping[str, Toned], state: str) -> Toned:
    """Symbol and word, and the tone."""
    symbol, tone = symbols.get(state, ("?", "warn"))
    return f"{symbol} {state}", tone


#: A status of a DOI or job, a state of an event, or a verification, with its symbol; and its tone.
doi = partial(_with_symbol, DOI)
job = partial(_with_symbol, JOB)
event = partial(_with_symbol, EVENT)
verification = partial(_with_symbol, VERIFICATION)


def marks(found: Sequence[str]) -> Cell:
    """All marks in one cell, in the tone of the most important."""
    shown = [cell for mark, cell in MARK.items() if mark in found]
    return (" ".join(symbol for symbol, _ in shown), shown[0][1]) if shown else ""

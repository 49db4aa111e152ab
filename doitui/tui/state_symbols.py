"""Every state as a shape, a word and a tone: without colour nothing is lost. Shapes are ASCII, as wide everywhere.

A tone is the name of a style (`doitui.tcss`): good, busy, warn, bad, quiet, plain.
"""

from __future__ import annotations

from collections.abc import Sequence

#: A cell: its text, or text and tone.
Toned = tuple[str, str]
Cell = str | Toned

#: DOI statuses, and the pseudo-statuses of records.
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

#: Marks, as a letter behind a shape: `!F`.
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
}

VERIFICATION = {"unverified": ("?", "quiet"), "verified": ("=", "good"), "mismatch": ("#", "bad")}

CHECK = {"OK": ("OK  ", "good"), "WARN": ("WARN", "warn"), "FAIL": ("FAIL", "bad")}

#: The marks that matter most come first.
_LOUDEST = ("failed", "uncertain", "changed", "pending")


def doi(status: str) -> Toned:
    """Shape and tone of a status of a DOI."""
    shape, tone = DOI.get(status, ("?", "warn"))
    return f"{shape} {status}", tone


def job(status: str) -> Toned:
    """Shape and tone of a status of a job."""
    shape, tone = JOB.get(status, ("?", "warn"))
    return f"{shape} {status}", tone


def event(state: str) -> Toned:
    """Shape and tone of a state of an event."""
    shape, tone = EVENT.get(state, ("?", "warn"))
    return f"{shape} {state}", tone


def verification(word: str) -> Toned:
    """Shape and tone of a verification."""
    shape, tone = VERIFICATION.get(word, ("?", "warn"))
    return f"{shape} {word}", tone


def marks(found: Sequence[str]) -> Cell:
    """All marks, in the tone of the loudest."""
    loud = [mark for mark in _LOUDEST if mark in found]
    return (" ".join(MARK[mark][0] for mark in loud), MARK[loud[0]][1]) if loud else ""

"""Text for a spreadsheet, which takes a cell that begins with certain characters for a formula and runs it.

The rule of OWASP ("CSV Injection"): such a cell gets an apostrophe before it, which spreadsheets do not show.
"""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guarded(text: str) -> str:
    """`text`, as a cell that stays text."""
    return f"'{text}" if text.startswith(_FORMULA) else text

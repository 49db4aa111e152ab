"""Whether a column holds a text, whatever the case of its ASCII letters; as either database is quickest at it."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import Any

import peewee

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def by_like(column: Any, text: str) -> Any:
    """For SQLite, whose LIKE knows no case of ASCII letters."""
    return column.contains(text)


def lowered(column: Any, text: str) -> Any:
    """For PostgreSQL: both sides lowered, which takes three quarters of the time of ILIKE. Our columns are of the
    collation C, whose LOWER knows ASCII only.
    """
    pattern = column.contains(text.translate(_LOWER)).rhs
    return peewee.Expression(peewee.fn.LOWER(column), peewee.OP.LIKE, pattern)

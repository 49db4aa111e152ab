"""Keyset paging: pages of rows, each read by the key of the page before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doitui_core.errors import BadInput

#: Rows of a page where nobody says otherwise.
PAGE = 100


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page: its rows, and the key to ask for the next one with."""

    rows: list[Row]
    next: str | None


def cut_page(rows: list[Any], limit: int, key: Any) -> tuple[list[Any], str | None]:
    """(the page's rows, the key of the next page). `rows` were asked for with one more than `limit`; that one only
    proves that there is a next page.
    """
    if not limit or len(rows) <= limit:
        return rows, None
    return rows[:limit], key(rows[limit - 1])


def parse_key(key: str, count: int) -> list[int]:
    """The numbers a key is made of. Raises `BadInput`."""
    parts = key.split("-")
    # 18 digits fit into a database's integer.
    if len(parts) != count or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        raise BadInput(f"{key!r} is no key: take `next` of the page before, as it is")
    return [int(part) for part in parts]

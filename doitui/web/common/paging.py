"""Pages of a list, by number or by cursor, with lupo's traps (datacite-api.md 1.12)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlencode

import falcon

DEFAULT_SIZE = 25
MAX_SIZE = 1000

# Elasticsearch's window: results beyond it can only be reached by cursor.
WINDOW = 10_000

# No list is that long, and SQLite's numbers end not far beyond.
_LAST = 2**40


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`cursor` is the number of the last DOI already seen; None pages by `number`."""

    size: int
    number: int
    cursor: int | None

    @property
    def offset(self) -> int:
        """How many results stand before this page."""
        return (self.number - 1) * self.size

    def total_pages(self, total: int) -> int:
        """By number only the window can be paged through."""
        reachable = total if self.cursor is not None else min(total, WINDOW)
        return -(-reachable // self.size) if self.size else 0


def read_page(req: falcon.Request) -> PageRequest:
    """The page asked for: sizes beyond the limit and numbers beyond the window are clamped without a word."""
    size = read_size(req)
    last = max(WINDOW // size, 1) if size else 1
    cursor = req.get_param("page[cursor]")
    return PageRequest(size, min(read_number(req), last), None if cursor is None else _decode(cursor))


def read_size(req: falcon.Request) -> int:
    """How many results a page has."""
    return min(max(_number(req.get_param("page[size]"), DEFAULT_SIZE), 0), MAX_SIZE)


def read_number(req: falcon.Request) -> int:
    """The number of the page asked for, from 1, for lists without a window."""
    return min(max(_number(req.get_param("page[number]"), 1), 1), _LAST)


def write_cursor(created_ms: int, number: int) -> str:
    """The cursor behind a DOI: base64 of `epoch_ms,id`."""
    return base64.urlsafe_b64encode(f"{created_ms},{number}".encode()).decode().rstrip("=")


def next_link(req: falcon.Request, page: PageRequest, cursor: str | None) -> str:
    """The next page's address. It drops every filter but these two, and `sort` (datacite#2465)."""
    kept = {name: value for name in ("query", "client-id") if (value := req.get_param(name))}
    position = {"page[number]": page.number + 1} if cursor is None else {"page[cursor]": cursor}
    return f"{req.prefix}{req.path}?{urlencode({**kept, **position, 'page[size]': page.size})}"


def _decode(cursor: str) -> int:
    """What cannot be decoded means the first page."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return min(max(int(text.partition(",")[2]), 0), _LAST)
    except (binascii.Error, ValueError):
        return 0


def _number(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        return default

"""Pages of a list, by number or by cursor, with lupo's traps (datacite-api.md 1.12)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import falcon

DEFAULT_SIZE = 25
MAX_SIZE = 1000

# Elasticsearch's window: results beyond it can only be reached by cursor.
WINDOW = 10_000

# What says where in a list a page is.
_POSITION = frozenset(("page[number]", "page[cursor]", "page[size]"))

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
        """How many results come before this page."""
        return (self.number - 1) * self.size

    def total_pages(self, total: int) -> int:
        """By number only the window can be paged through."""
        return count_pages(total if self.cursor is not None else min(total, WINDOW), self.size)


def read_page(req: falcon.Request) -> PageRequest:
    """The page asked for: sizes beyond the limit and numbers beyond the window are clamped silently."""
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


def count_pages(total: int, size: int) -> int:
    """Pages of `size` results for `total` of them; 0 for a size of 0."""
    return -(-total // size) if size else 0


def links(req: falcon.Request, page: PageRequest, rows: Sequence[Any], *, every: bool = False) -> dict[str, str]:
    """`self` and, behind a full page, `next`, also when it was the last (1.12). `rows` have `created` and `number`.

    `every`: `next` keeps all parameters of the request; else it drops most of them, as lupo's.
    """
    links = {"self": req.uri}
    if page.size and len(rows) == page.size:
        links["next"] = _next_link(req, page, rows[-1], every)
    return links


def _next_link(req: falcon.Request, page: PageRequest, last: Any, every: bool) -> str:
    """lupo's drops every filter but these two, and `sort` (datacite#2465)."""
    names = set(req.params) - _POSITION if every else ("query", "client-id")
    filters = {name: req.get_param(name) for name in sorted(names) if req.get_param(name)}
    position = {"page[number]": page.number + 1} if page.cursor is None else {"page[cursor]": _cursor(last)}
    return f"{req.prefix}{req.path}?{urlencode({**filters, **position, 'page[size]': page.size})}"


def _cursor(last: Any) -> str:
    """base64 of `epoch_ms,id`."""
    created_ms = round(datetime.fromisoformat(last.created).timestamp() * 1000)
    return base64.urlsafe_b64encode(f"{created_ms},{last.number}".encode()).decode().rstrip("=")


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

"""A cache by text: most visits go to few records, with one of few agents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: The most texts in a cache. Then it is emptied, which costs less than to find the oldest text at every visit.
AT_MOST = 1024


class TextCache(dict[str, T]):
    """`cache[text]` is `make(text)`. Half the price of a call of `functools.lru_cache`."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str], T]) -> None:
        self._make = make

    def __missing__(self, text: str) -> T:
        if len(self) >= AT_MOST:
            self.clear()
        made = self[text] = self._make(text)
        return made

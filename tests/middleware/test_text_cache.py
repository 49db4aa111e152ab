"""The cache by text: right, and never without end."""

from __future__ import annotations

from doitui_middleware.text_cache import AT_MOST, TextCache


def test_it_is_made_once() -> None:
    made: list[str] = []
    cache = TextCache(lambda text: made.append(text) or text.upper())
    assert [cache["a"], cache["a"]] == ["A", "A"]
    assert made == ["a"]


def test_texts_without_end_do_not_fill_the_memory() -> None:
    cache = TextCache(len)
    assert [cache[str(number)] for number in range(3 * AT_MOST)] == [len(str(n)) for n in range(3 * AT_MOST)]
    assert len(cache) <= AT_MOST

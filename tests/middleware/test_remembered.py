"""What is remembered: right, and never without end."""

from __future__ import annotations

from doitui_middleware.remembered import AT_MOST, Remembered


def test_it_is_made_once() -> None:
    made: list[str] = []
    remembered = Remembered(lambda text: made.append(text) or text.upper())
    assert [remembered["a"], remembered["a"]] == ["A", "A"]
    assert made == ["a"]


def test_texts_without_end_do_not_fill_the_memory() -> None:
    remembered = Remembered(len)
    assert [remembered[str(number)] for number in range(3 * AT_MOST)] == [len(str(n)) for n in range(3 * AT_MOST)]
    assert len(remembered) <= AT_MOST

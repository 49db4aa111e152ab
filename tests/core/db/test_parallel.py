"""Threads that share work: each piece once, and an error ends them all."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest

from doitui_core.db import parallel


def numbers(until: int, *, closed: list[bool] | None = None) -> Generator[int, None, None]:
    try:
        yield from range(until)
    finally:
        if closed is not None:
            closed.append(True)


def test_each_piece_is_taken_once() -> None:
    taken = parallel.run_parallel(list[int], numbers(10_000), 3)

    assert (len(taken), sorted(number for some in taken for number in some)) == (3, list(range(10_000)))


def test_they_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    def meet(work: Iterator[int]) -> int:
        next(work)
        return both.wait()

    assert sorted(parallel.run_parallel(meet, numbers(2), 2)) == [0, 1]


def test_an_error_ends_them_all() -> None:
    closed: list[bool] = []
    taken: list[int] = []

    def fail(work: Iterator[int]) -> None:
        for number in work:
            taken.append(number)
            if number == 5:
                raise ValueError("5 is wrong")

    with pytest.raises(ValueError, match="5 is wrong"):
        parallel.run_parallel(fail, numbers(10**12, closed=closed), 2)
    assert closed
    assert len(taken) < 10**9


def test_an_error_in_the_supply_is_raised() -> None:
    def broken() -> Generator[int, None, None]:
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        parallel.run_parallel(list[int], broken(), 2)

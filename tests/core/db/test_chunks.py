"""Walks by key and chunks: every row once, in order, no more than asked for."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.chunks import by_key, in_chunks, row_chunks
from doitui_core.db.models import Audit


@pytest.mark.parametrize(
    ("size", "limit", "expected"),
    [
        (2, 0, [[1, 2], [3, 4], [5]]),
        (2, 3, [[1, 2], [3]]),
        (2, 4, [[1, 2], [3, 4]]),
        (10, 0, [[1, 2, 3, 4, 5]]),
        (5, 9, [[1, 2, 3, 4, 5]]),
    ],
)
def test_a_walk_gives_every_row_once_up_to_the_limit(
    store: Any, size: int, limit: int, expected: list[list[int]]
) -> None:
    for number in range(1, 6):
        Audit.create(at=database.now(), actor="ana", action="retry", subject=str(number), detail="")

    found = row_chunks(Audit.select().order_by(Audit.subject.desc()), Audit.id, size, limit)

    assert [[int(row.subject) for row in rows] for rows in found] == expected


def test_a_walk_begins_behind_the_last_key_and_ends_with_nothing_left() -> None:
    asked: list[str] = []

    def read(after: str) -> list[str]:
        asked.append(after)
        return [name for name in "abcde" if name > after][:2]

    assert (list(by_key(read, str, after="a")), asked) == ([["b", "c"], ["d", "e"]], ["a", "c", "e"])


def test_what_is_cut_is_read_only_when_it_is_wanted() -> None:
    left = iter(range(5))
    first = next(in_chunks(left, 2))

    assert (first, list(left)) == ([0, 1], [2, 3, 4])

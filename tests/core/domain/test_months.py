"""Months as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from doitui_core.domain import months
from doitui_core.errors import BadInput


@pytest.mark.parametrize(
    ("text", "today", "month"),
    [
        ("2026-05", date(2026, 1, 1), "2026-05"),
        ("current", date(2026, 11, 30), "2026-11"),
        ("last", date(2026, 11, 30), "2026-10"),
        ("last", date(2026, 1, 1), "2025-12"),
    ],
)
def test_a_month_is_named_or_relative_to_today(text: str, today: date, month: str) -> None:
    assert months.parse(text, today) == month


@pytest.mark.parametrize("text", ["", "Last", "2026-13", "2026-5", "3026-05", "٢٠٢٦-05", "2026-05\n"])
def test_anything_else_is_no_month(text: str) -> None:
    with pytest.raises(BadInput, match="is not a month: use YYYY-MM, last or current"):
        months.parse(text, date(2026, 1, 1))


def test_the_month_of_a_file_is_not_relative() -> None:
    with pytest.raises(BadInput, match=r"'last' is not a month: use YYYY-MM$"):
        months.check("last")

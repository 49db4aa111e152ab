"""CSV that a spreadsheet opens as text and runs nothing of."""

from __future__ import annotations

import csv
import io

import pytest

from doitui_core.domain.spreadsheets import csv_text


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_a_cell_that_would_be_a_formula_stays_text(first: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_text([[f'{first}HYPERLINK("http://x")', "b"]]), newline=""))
    assert row == [f'\'{first}HYPERLINK("http://x")', "b"]


def test_numbers_stay_numbers_and_what_is_missing_is_empty() -> None:
    assert csv_text([("month", "count"), ("2026-11", -3), ("2026-10", None)]) == "month,count\n2026-11,-3\n2026-10,\n"


def test_quotes_commas_and_line_breaks_are_read_back() -> None:
    cells = ['a "quoted" one', "a, b", "two\r\nlines"]
    assert list(csv.reader(io.StringIO(csv_text([cells]), newline=""))) == [cells]

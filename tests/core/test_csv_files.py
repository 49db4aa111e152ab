"""CSV files whose first line names the columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from doitui_core import csv_files
from doitui_core.errors import BadInput, UnreadableDocument


def read(tmp_path: Path, text: str) -> list[tuple[int, csv_files.Row]]:
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode())
    return list(csv_files.rows(path, ("a", "b", "c"), ("a", "b"), "its first line must name a, b"))


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "\ufeff b ,x, a\r\n 2 ,0,1\r\n"])
def test_columns_are_found_in_any_order_and_with_any_separator(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == [(2, {"a": "1", "b": "2", "c": ""})]


def test_a_row_with_a_cell_too_many_is_not_read_by_mistake(tmp_path: Path) -> None:
    (line, row), after = read(tmp_path, "a,b\n1,0,5\n1,2,\n")
    with pytest.raises(BadInput, match="more cells"):
        csv_files.cells(row)
    assert (line, csv_files.cells(after[1])) == (2, {"a": "1", "b": "2", "c": ""})


BROKEN = {
    "": "x.csv:1 has no column a, b: its first",
    "a,c\n1,2\n": "has no column b",
    'a,b\n1,2\n1,"2\n': "after line 2",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_file_that_is_no_such_csv_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableDocument, match=BROKEN[text]):
        read(tmp_path, text)

"""COUNTER's table of a month (usage.md 2.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def table(house: Any) -> list[list[str]]:
    return [line.rstrip("\n").split("\t") for line in house.report().lines()]


def test_ten_lines_of_header_and_an_empty_one(house: Any) -> None:
    house.dois(["a"])
    rows = table(house)
    assert [row[0] for row in rows[:11]] == [
        *("Report_Name", "Report_ID", "Release", "Metric_Types", "Report_Filters", "Report_Attributes", "Exceptions"),
        *("Reporting_Period", "Created", "Created_By", ""),
    ]


def test_a_line_for_each_count(house: Any) -> None:
    house.dois(["a"], 3, 0, 2, 0)
    rows = table(house)
    assert [row[-5:] for row in rows[11:]] == [
        ["YOP", "Access_Method", "Metric_Type", "Reporting_Period_Total", "Oct-2026"],
        ["1902", "Regular", "Total_Dataset_Investigations", "3", "3"],
        ["1902", "Regular", "Total_Dataset_Requests", "2", "2"],
    ]


def test_a_partial_month_says_so(house: Any) -> None:
    house.clock.now = datetime(2026, 10, 21, 12, tzinfo=UTC)
    house.dois(["a"])
    rows = dict((*row, "")[:2] for row in table(house)[:10])
    assert (rows["Exceptions"], rows["Reporting_Period"]) == (
        "3040: Partial Data Returned",
        "begin_date=2026-10-01; end_date=2026-10-21",
    )


def test_a_tab_in_a_title_ends_no_cell(house: Any) -> None:
    house.dois(["a"], title="Letters\tand\nnotes")
    assert table(house)[12][0] == "Letters and notes"


def test_no_cell_is_a_formula(house: Any) -> None:
    titles = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1"]
    for number, title in enumerate(titles):
        house.dois([f"f{number}"], title=title)
    cells = [cell for row in table(house) for cell in row]
    assert [cell for cell in cells if cell[:1] in set("=+-@＝")] == []
    assert {f"'{title.strip()}" for title in titles} <= set(cells)

"""How a DOI was used, on its page and as a report: months, a bar and a plot; and what is said before anything was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from textual import events

from doitui.tui.widgets.plot import REST, Plot
from doitui_core.db.models import Doi, UsageCount
from doitui_core.usage.zone import day_of

Operate = Callable[..., Any]
Press = Callable[..., Any]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def used(house: str) -> str:
    """Visits in September and November; none in October."""
    doi = Doi.get(Doi.folded == "10.5072/h/2026/ms-10").id
    for day, total in ((date(2026, 9, 30), 40), (date(2026, 11, 1), 10), (date(2026, 11, 2), 20)):
        UsageCount.create(
            day=day_of(day),
            doi=doi,
            access_method="regular",
            country="",
            source="spool",
            total_investigations=total,
            unique_investigations=total // 2,
            total_requests=total // 5,
            unique_requests=1,
        )
    return house


@pytest.fixture
def page(operate: Operate, press: Press, seen: Callable[..., str]) -> Callable[..., str]:
    """The usage of the first DOI of the list."""

    def look(size: tuple[int, int] = (80, 24)) -> str:
        async def script(pilot: Any) -> str:
            pilot.app.screen.show_only("doi:10.5072/h/2026/ms-10")
            await press(pilot)
            await press(pilot, "f5", "enter", *["left_square_bracket"] * 3)
            return seen(pilot)

        return str(operate(script, start="dois", size=size))

    return look


def test_a_doi_that_nobody_visited_says_how_visits_are_counted(house: str, page: Callable[..., str]) -> None:
    assert "Nothing was counted for this DOI yet." in page()


def test_months_stand_newest_first_with_those_without_visits(used: str, page: Callable[..., str]) -> None:
    lines = [line.split() for line in page().splitlines() if line.startswith(" 2026-")]
    assert [line[:3] for line in lines] == [["2026-11", "30", "15"], ["2026-10", "0", "0"], ["2026-09", "40", "20"]]


def test_what_was_counted_says_by_whom(used: str, page: Callable[..., str]) -> None:
    assert any("regular" in line and "by the middleware" in line for line in page().splitlines())


def test_a_wide_screen_has_a_plot(used: str, page: Callable[..., str]) -> None:
    assert "┤" in page((140, 40))


def test_the_report_adds_up_the_whole_house(
    used: str, operate: Operate, press: Press, seen: Callable[..., str], tmp_path: Any
) -> None:
    async def look(pilot: Any) -> str:
        await press(pilot, "left_square_bracket", "e", "enter")
        return seen(pilot)

    told = operate(look, start="reports")
    lines = (tmp_path / "doitui-usage.csv").read_text(encoding="utf-8").splitlines()
    assert ("70 investigations" in told, lines[1]) == (True, "2026-11,30,15,6,2")


def test_a_report_that_was_passed_by_has_its_plot_when_it_is_seen_again(
    house: str, operate: Callable[..., Any], press: Callable[..., Any]
) -> None:
    async def look(pilot: Any) -> tuple[str, str]:
        for key in "61":
            pilot.app._driver.process_message(events.Key(key, key))
        await asyncio.sleep(2 * REST)
        await press(pilot)
        plot = pilot.app._screen_stacks["reports"][0].query_one(Plot)
        passed_by = str(plot._drawn)
        await press(pilot, "6")
        return passed_by, str(plot._drawn)

    passed_by, seen_again = operate(look, start="dashboard", size=(140, 40))
    assert (passed_by, "2026" in seen_again) == ("", True), seen_again

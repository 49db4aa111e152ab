"""The counts of a query, in either version of the API, whole or broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.datacite import event_statistics
from doitui_core.errors import BadInput

V1 = {
    "sources": [{"id": "crossref", "title": "Crossref to DataCite", "count": 5}],
    "occurred": [{"id": "2026", "title": "2026", "count": 5}],
    "citation-types": [{"id": "A-B", "title": "A-B", "count": 5, "year-months": [{"id": "2026-05", "sum": 5}]}],
    "registrants": [{"id": "d.r", "title": "d.r", "count": 5, "years": [{"id": "2026", "title": "2026", "sum": 5}]}],
}
V2 = {"citationTypes" if name == "citation-types" else name: value for name, value in V1.items()}
V2["citationTypes"] = [{"id": "A-B", "title": "A-B", "count": 5, "yearMonths": [{"id": "2026-05", "sum": 5}]}]


@pytest.mark.parametrize("meta", [V1, V2])
def test_both_versions_are_read_in_one_spelling(meta: dict[str, Any]) -> None:
    found = event_statistics.read(meta, 5, 1000)

    months = [{"id": "2026-05", "title": "2026-05", "sum": 5}]
    assert found["citation_types"] == [{"id": "A-B", "title": "A-B", "count": 5, "year_months": months}]
    assert found["sources"] == V1["sources"]


def test_a_list_without_events_has_every_name_and_no_counts() -> None:
    found = event_statistics.read({"total": 0}, 0, 25)

    assert found == {"total": 0, "total_pages": 0} | {name: [] for name in event_statistics.FACETS}


@pytest.mark.parametrize(("total", "size", "pages"), [(0, 25, 0), (1, 25, 1), (50, 25, 2), (10_001, 1, 10_001)])
def test_the_pages_are_the_requests_that_reach_everything(total: int, size: int, pages: int) -> None:
    assert event_statistics.read({}, total, size)["total_pages"] == pages


@pytest.mark.parametrize("broken", [None, 7, {"a": 1}, [None, "x", {"count": "many"}], [{"id": None, "count": True}]])
def test_broken_counts_do_not_stop_it(broken: Any) -> None:
    found = event_statistics.read({"sources": broken}, 3, 25)

    assert all(bucket == {"id": "", "title": "", "count": 0} for bucket in found["sources"])


def test_each_number_is_a_row() -> None:
    rows = [tuple(row.values()) for row in event_statistics.statistic_rows(event_statistics.read(V1, 5, 2))]

    assert rows[:4] == [
        ("total", "", "", "", 5),
        ("total_pages", "", "", "", 3),
        ("sources", "crossref", "Crossref to DataCite", "", 5),
        ("occurred", "2026", "2026", "", 5),
    ]
    assert ("registrants", "d.r", "d.r", "2026", 5) in rows


def test_unknown_filters_of_statistics_are_refused(api: Any, ask: Callable[..., Any]) -> None:
    with pytest.raises(BadInput, match="cannot be filtered by 'source'"):
        ask(api).statistics({"source": "crossref"})

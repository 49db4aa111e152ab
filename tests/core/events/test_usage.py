"""Counts become events with totals."""

from __future__ import annotations

import pytest

from doitui_core.config import settings
from doitui_core.domain import event_kinds
from doitui_core.domain.counter_terms import METRICS
from doitui_core.events.usage_refresh import usage_events

PAGE = "https://Archive.example.org/records/1?lang=de"
TOTALS = {
    (metric, method): 10 * at + len(method) for at, metric in enumerate(METRICS) for method in ("regular", "machine")
}


def totals(on: str, counted: dict[tuple[str, str], int] = TOTALS) -> dict[str, int]:
    events = usage_events("10.5072/A", PAGE, counted, source="doitui-counter", on=event_kinds.parse_kinds(on))
    return {event.relation_type_id: event.total for event in events}


def test_views_and_downloads_of_people_go_out_by_default() -> None:
    assert totals(settings.TABLE["event_sources_on"].default) == {
        "unique-dataset-investigations-regular": 17,
        "unique-dataset-requests-regular": 37,
    }


@pytest.mark.parametrize("relation", sorted(event_kinds.USAGE.values()))
def test_each_count_is_switched_on_by_its_name(relation: str) -> None:
    metric, _, method = relation.rpartition("-")

    assert totals(relation) == {relation: TOTALS[metric, method]}


def test_nothing_goes_out_when_all_is_off() -> None:
    assert totals("works authors") == {}


def test_a_count_of_zero_is_no_event() -> None:
    assert totals("usage", {("unique-dataset-requests", "regular"): 0}) == {}


def test_without_a_landing_page_there_is_nothing_to_tell() -> None:
    assert usage_events("10.5072/a", " ", TOTALS, source="s", on=event_kinds.SHOWN) == []


def test_the_landing_page_is_the_object_as_it_is() -> None:
    counted = {("unique-dataset-requests", "regular"): 1}
    (event,) = usage_events("10.5072/A", PAGE, counted, source="doitui-counter", on=event_kinds.SHOWN)

    assert (event.subj_id, event.obj_id, event.obj_type) == ("https://doi.org/10.5072/a", PAGE, "url")


def test_a_grown_total_is_the_same_event() -> None:
    uuids = {
        event.uuid
        for total in (1, 2)
        for event in usage_events(
            "10.5072/a", PAGE, {("unique-dataset-requests", "regular"): total}, source="s", on=event_kinds.SHOWN
        )
    }

    assert len(uuids) == 1


def test_a_word_that_switches_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'views' is not one of none usage works"):
        event_kinds.parse_kinds("works, views")


def test_words_are_split_as_people_split_them() -> None:
    assert event_kinds.parse_kinds("Works;authors, funders handle") == {"works", "authors", "funders", "handle"}

"""What a row measures, and how it joins the metrics of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.domain import accuracy_metrics
from doitui_core.errors import BadInput

NUMBERS = {"0": 0.0, "0.942": 0.942, "94.2": 94.2, "100": 100.0, ".5": 0.5, "0,95": 0.95, "5e-2": 0.05}

NO_NUMBERS = (
    "",
    "high",
    "-0.1",
    "100.1",
    "1e9",
    "nan",
    "inf",
    "95%",
    "0x1",
    "1_0",
    "1.000,5",
    "٠",
    "1" * 400,
    "0.9 0.8",
)

NOW = "2026-11-29T12:00:00Z"


def test_accuracy_is_a_number_from_0_to_100(check_all: Callable[..., None]) -> None:
    def check(text: str) -> None:
        assert accuracy_metrics.accuracy(text) == NUMBERS[text]

    check_all(check, NUMBERS)


def test_what_is_no_such_number_is_refused_with_the_value(check_all: Callable[..., None]) -> None:
    def check(text: str) -> None:
        with pytest.raises(BadInput) as raised:
            accuracy_metrics.accuracy(text)
        assert str(raised.value).startswith(f"accuracy is {text[:40]!r}: it must be a number from 0 to 100")

    check_all(check, NO_NUMBERS)


def test_a_name_is_neither_empty_nor_long_nor_has_it_control_characters(check_all: Callable[..., None]) -> None:
    def check(text: str) -> None:
        with pytest.raises(BadInput):
            accuracy_metrics.name("collection", text)

    check_all(check, ("", " ", "a\0b", "a\nb", "\ud800", "x" * 256))
    assert (
        accuracy_metrics.name("collection", " Fonds «\u00a0نامه\u200cها\u00a0» ") == "Fonds «\u00a0نامه\u200cها\u00a0»"
    )


#: (metrics of a model, what was measured, the metrics then)
MERGES: dict[str, tuple[dict[str, Any], dict[str, float], dict[str, Any]]] = {
    "the first one": ({}, {"A": 0.9}, {"per_collection": {"A": 0.9}, "per_collection_last_updated": NOW}),
    "other keys and collections stay": (
        {"cer": 0.1, "per_collection": {"A": 0.1, "B": 0.2}, "notes": {"per_collection": {"A": 7}}},
        {"A": 0.9, "C": 0.3},
        {
            "cer": 0.1,
            "per_collection": {"A": 0.9, "B": 0.2, "C": 0.3},
            "notes": {"per_collection": {"A": 7}},
            "per_collection_last_updated": NOW,
        },
    ),
    "nothing new": ({"per_collection": {"A": 1}, "x": None}, {"A": 1.0}, {"per_collection": {"A": 1}, "x": None}),
}


@pytest.mark.parametrize("case", MERGES)
def test_what_was_measured_joins_the_metrics(case: str) -> None:
    metrics, measured, after = MERGES[case]
    before = repr(metrics)
    merged = accuracy_metrics.merge(metrics, measured, NOW)
    assert (merged, list(merged)) == (after, list(after))
    assert repr(metrics) == before


def test_metrics_that_are_no_object_are_refused(check_all: Callable[..., None]) -> None:
    def check(text: str) -> None:
        with pytest.raises(BadInput, match="not a JSON object"):
            accuracy_metrics.load(text)

    check_all(check, ("[]", "{", "null", "1", '{"x": NaN}', '{"per_collection": []}', "[" * 100_000))
    assert accuracy_metrics.load("") == {}


def test_other_metrics_are_numbers_or_text_and_an_empty_one_goes() -> None:
    before = {"cer": 0.1, "old": 1, "kept": [1]}
    after = accuracy_metrics.with_values(before, {"cer": "0.042", "old": "", "set": "ICDAR 2017", "none": ""})
    assert after == {"cer": 0.042, "kept": [1], "set": "ICDAR 2017"}


@pytest.mark.parametrize("name", ["", "per_collection", "per_collection_last_updated"])
def test_what_the_backfill_writes_is_not_set_by_hand(name: str) -> None:
    with pytest.raises(BadInput):
        accuracy_metrics.with_values({}, {name: "1"})

"""How a report is cut: 50,000 datasets a part, plain only where it is one small part (usage.md 1.4, 5.9)."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any

from doitui_core.usage_reports.parts import Part, parts

Make = Callable[..., Iterator[dict[str, Any]]]


def header(compressed: bool) -> dict[str, Any]:
    return {"compressed": compressed}


def cut(datasets: Iterator[dict[str, Any]], **options: bool) -> list[tuple[int, bool, int]]:
    return [(part.number, part.compressed, part.datasets) for part in parts(datasets, header, **options)]


def test_no_datasets_make_no_part(datasets: Make) -> None:
    assert (cut(datasets(0)), cut(datasets(0), compress=True)) == ([], [])


def test_a_small_report_is_one_plain_part(datasets: Make, read_document: Callable[[Part], Any]) -> None:
    (part,) = parts(datasets(3), header)
    document = read_document(part)
    assert (part.compressed, len(document["report-datasets"]), document["report-header"]) == (
        False,
        3,
        {"compressed": False},
    )


def test_a_report_of_more_than_10_mb_is_compressed(datasets: Make, read_document: Callable[[Part], Any]) -> None:
    (part,) = parts(datasets(11, 1_000_000), header)
    document = read_document(part)
    assert (part.compressed, len(document["report-datasets"]), document["report-header"]["compressed"]) == (
        True,
        11,
        True,
    )


def test_a_report_of_less_than_10_mb_is_not(datasets: Make) -> None:
    assert cut(datasets(9, 1_000_000)) == [(1, False, 9)]


def test_50000_datasets_are_one_part(datasets: Make) -> None:
    assert cut(datasets(50_000)) == [(1, True, 50_000)]


def test_one_more_is_two(datasets: Make, read_document: Callable[[Part], Any]) -> None:
    found = list(parts(datasets(50_001), header))
    ids = [one["dataset-id"][0]["value"] for part in found for one in read_document(part)["report-datasets"]]
    assert ([part.datasets for part in found], ids) == ([50_000, 1], [f"10.5072/{n}" for n in range(50_001)])


def test_a_part_is_no_larger_than_what_a_store_inflates(datasets: Make) -> None:
    found = cut(datasets(210, 1_000_000))
    assert [number for _, _, number in found] == [100, 100, 10]


def test_the_same_datasets_give_the_same_bytes(datasets: Make) -> None:
    """So a part is known by its checksum, in the next try too."""
    first, second = (list(parts(datasets(100), header, compress=True)) for _ in range(2))
    assert first == second


def test_a_compressed_part_has_no_time_in_it(datasets: Make) -> None:
    (part,) = parts(datasets(1), header, compress=True)
    assert (part.body[4:8], gzip.decompress(part.body)[:1]) == (b"\0\0\0\0", b"{")


def test_parts_are_made_when_they_are_asked_for(datasets: Make) -> None:
    """One part is in memory, not the report."""
    taken = 0

    def counting() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for one in datasets(120_000):
            taken += 1
            yield one

    next(iter(parts(counting(), header)))
    assert taken == 50_000


def test_half_a_character_becomes_a_question_mark(datasets: Make) -> None:
    (one,) = datasets(1)
    (part,) = parts([{**one, "dataset-title": "\ud800"}], header)
    assert b'"dataset-title":"?"' in part.body

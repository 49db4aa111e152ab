"""Totals counted elsewhere: taken over as they are, marked, never mixed with ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db.models import Doi, Repository, UsageCount
from doitui_core.dois import targets
from doitui_core.errors import UnreadableDocument
from doitui_core.usage.drain import drain
from doitui_core.usage.import_counts import CountImportResult, import_counts

DOI = "10.5072/h/2026/ms-1"
HEAD = "doi,month,metric_type,access_method,count"
ROW = f"{DOI},2026-05,total-dataset-investigations,regular,12"

Mint = Callable[..., Doi]
Counts = Callable[[], dict[tuple[str, str], list[int]]]
Import = Callable[..., CountImportResult]


@pytest.fixture
def imports(archive: Repository, tmp_path: Path) -> Import:
    """Imports these rows of a CSV file."""

    def run(*rows: str, head: str = HEAD, **options: Any) -> CountImportResult:
        path = tmp_path / "counts.csv"
        path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        return import_counts([path], archive, **options)

    return run


def test_a_total_is_kept_under_its_month_and_marked(imports: Import, a_minted_doi: Mint, counts: Counts) -> None:
    a_minted_doi("ms-1")
    done = imports(ROW, ROW.replace("total", "unique").replace("12", "9"))
    assert (done.stored, done.rejected) == (2, [])
    assert counts() == {(DOI, "regular"): [12, 9, 0, 0]}
    assert [row.source for row in UsageCount.select()] == ["import"]


def test_importing_again_replaces(imports: Import, a_minted_doi: Mint, counts: Counts) -> None:
    a_minted_doi("ms-1")
    imports(ROW)
    imports(ROW.replace("12", "13"))
    assert counts() == {(DOI, "regular"): [13, 0, 0, 0]}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (ROW.replace("ms-1", "no"), "there is no DOI"),
        (ROW.replace("2026-05", "May"), "'May' is not a month"),
        (ROW.replace("total-dataset", "all"), "metric_type is"),
        (ROW.replace("regular", "robot"), "access_method is 'robot'"),
        (ROW.replace("12", "-1"), "count is '-1'"),
        (ROW.replace("12", "9" * 30), "count is '999"),
        (ROW.replace(",12", ""), "count is ''"),
    ],
)
def test_a_row_that_cannot_be_is_named_with_its_line_and_stops_nothing(
    imports: Import, a_minted_doi: Mint, row: str, why: str
) -> None:
    a_minted_doi("ms-1")
    done = imports(row, ROW)
    ((place, told),) = done.rejected
    assert (done.stored, place[-6:], why in told) == (1, ".csv:2", True)


def test_a_month_that_is_counted_here_is_refused(
    imports: Import, a_minted_doi: Mint, spool: Any, seen: Callable[..., bytes]
) -> None:
    a_minted_doi("ms-1")
    spool.write(seen())
    drain(spool.place)
    done = imports(ROW.replace("2026-05", "2026-11"))
    assert (done.stored, "counted here already (from the spool)" in done.rejected[0][1]) == (0, True)


def test_a_dry_run_stores_nothing(imports: Import, a_minted_doi: Mint, counts: Counts) -> None:
    a_minted_doi("ms-1")
    assert (imports(ROW, dry_run=True).stored, counts()) == (1, {})


def test_a_file_without_its_columns_is_refused(imports: Import) -> None:
    with pytest.raises(UnreadableDocument, match="has no column count"):
        imports("x", head="doi,month,metric_type,access_method")


@pytest.mark.parametrize(("month", "stored"), [("2026-10", 1), ("2026-11", 1), ("2026-12", 0)])
def test_counts_of_months_after_a_tombstone_are_refused(
    imports: Import, a_minted_doi: Mint, clock: Any, month: str, stored: int
) -> None:
    a_minted_doi("ms-1")
    clock.forward(seconds=(datetime(2026, 11, 20, tzinfo=UTC) - clock()).total_seconds())
    targets.deactivate(DOI, reason="withdrawn")
    done = imports(ROW.replace("2026-05", month))

    assert (done.stored, ["was a tombstone in that month" in why for _, why in done.rejected]) == (
        stored,
        [True] * (1 - stored),
    )

"""The report of mints: every DOI counts in the month of its mint, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from doitui_core.db.models import Doi
from doitui_core.dois import reservations
from doitui_core.views import mint_report


def test_a_mint_counts_in_its_month(a_minted_doi: Callable[..., Doi], clock: Any) -> None:
    for moment in (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)):
        clock.now = moment
        a_minted_doi(f"at-{moment:%d}")
    clock.now = datetime(2026, 12, 31, tzinfo=UTC)
    found = {month.name: month.minted for month in mint_report.monthly()}
    assert (found["2026-10"], found["2026-11"], found["2026-12"], sum(found.values())) == (1, 1, 0, 2)


def test_there_are_twenty_four_months(store: str) -> None:
    names = [month.name for month in mint_report.monthly()]
    assert (len(names), names[0], names[-1]) == (24, "2025-01", "2026-12")


def test_what_is_only_reserved_was_not_minted(a_record: Callable[..., Any]) -> None:
    reservations.reserve(a_record())
    assert sum(month.minted for month in mint_report.monthly()) == 0


def test_repositories_are_reported_by_status(a_minted_doi: Callable[..., Doi], a_record: Callable[..., Any]) -> None:
    a_minted_doi("a")
    reservations.reserve(a_record("b"))
    (row,) = mint_report.by_repository()
    assert (row["repository"], row["total"], row["findable"], row["reserved"], row["draft"]) == ("h", 2, 1, 1, 0)

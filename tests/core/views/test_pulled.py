"""Who cites a DOI, from what others reported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.event_models import PulledEvent
from doitui_core.views import doi_page, lists, pulled

PAPER, BOOK = "https://doi.org/10.1000/182", "https://doi.org/10.1000/book"


@pytest.fixture
def report(a_minted_doi: Callable[..., Any]) -> Callable[..., Any]:
    """`report(subj, relation, obj)`: what others reported; None stands for the DOI of ms-1, which is returned."""
    row, numbers = a_minted_doi("ms-1"), count()

    def store(subj: str | None, relation: str, obj: str | None, source: str = "crossref", year: int = 2020) -> Any:
        mine, now = f"https://doi.org/{row.folded}", database.now()
        PulledEvent.create(
            dedupe_hash=str(next(numbers)),
            uuid="u",
            repository_id=row.repository_id,
            doi_id=row.id,
            subj_id=subj or mine,
            relation_type_id=relation,
            obj_id=obj or mine,
            source_id=source,
            total=1,
            occurred_at=datetime(year, 5, 1, tzinfo=UTC) if year else None,
            created_at=now,
            updated_at=now,
        )
        return row

    return store


@pytest.mark.parametrize(
    ("ends", "citing"),
    [
        ((PAPER, "cites", None), [PAPER]),
        ((PAPER, "references", None), [PAPER]),
        ((PAPER, "is-supplemented-by", None), [PAPER]),
        ((None, "is-cited-by", PAPER), [PAPER]),
        ((None, "is-supplement-to", PAPER), [PAPER]),
        ((None, "cites", PAPER), []),
        ((PAPER, "is-version-of", None), []),
    ],
)
def test_only_a_citation_of_ours_counts(report: Callable[..., Any], ends: tuple[Any, ...], citing: list[str]) -> None:
    row = report(*ends)

    assert [one.citing_id for one in pulled.citations(row.id)] == citing


def test_a_work_counts_once_however_often_it_is_reported(report: Callable[..., Any]) -> None:
    report(PAPER, "cites", None, "crossref", 2021)
    report(PAPER, "references", None, "datacite-related", 2020)
    row = report(None, "is-cited-by", PAPER, "crossref", 2022)

    (one,) = pulled.citations(row.id)
    assert (one.sources, one.occurred_at) == (("crossref", "datacite-related"), datetime(2020, 5, 1, tzinfo=UTC))


def test_the_newest_comes_first_and_an_unknown_time_last(report: Callable[..., Any]) -> None:
    for citing, year in ((PAPER, 2019), ("https://doi.org/10.1000/x", 0), (BOOK, 2024)):
        row = report(citing, "cites", None, year=year)

    assert [one.citing_id for one in pulled.citations(row.id)] == [BOOK, PAPER, "https://doi.org/10.1000/x"]


def test_the_page_of_the_doi_has_them_and_they_are_no_events(report: Callable[..., Any]) -> None:
    page = doi_page.load(report(PAPER, "cites", None).id)

    assert ([one.citing_id for one in page.cited_by], page.events) == ([PAPER], [])


def test_the_list_of_one_doi_has_only_its_own(report: Callable[..., Any], a_minted_doi: Callable[..., Any]) -> None:
    other, row = a_minted_doi("ms-2"), report(PAPER, "cites", None)

    assert [len(lists.pulled_events(doi=doi).rows) for doi in (row.doi, other.doi, "")] == [1, 0, 1]

"""Hits of records that are minted later: a log or spool read before the mint counts as one read after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Doi, UsageHit
from doitui_core.records import records
from doitui_core.usage import late_hits, recount
from doitui_core.usage.drain import drain

Lines = Callable[..., bytes]
Mint = Callable[..., Doi]
Reasons = Callable[[], Counter[str]]
Counts = Callable[[], dict[tuple[str, str], list[int]]]

DOI = "10.5072/h/2026/ms-1"


@pytest.fixture
def drained(spool: Any) -> Callable[..., Any]:
    """Drains these lines, and counts."""

    def run(*lines: bytes) -> Any:
        spool.write(*lines)
        done = drain(spool.place)
        recount.due()
        return done

    return run


def found() -> int:
    number = late_hits.find()
    recount.due()
    return number


def test_hits_of_an_unknown_id_count_once_its_doi_is_minted(
    seen: Lines, drained: Any, a_minted_doi: Mint, counts: Counts, reasons: Reasons
) -> None:
    done = drained(seen(), seen(60, kind="download", url="/f/1"), seen(90, key="nobody"))
    assert done.unmatched.ids == {"unknown_id": {"ms-1": 2, "nobody": 1}}
    a_minted_doi("ms-1")
    assert found() == 2
    assert (counts(), reasons()) == ({(DOI, "regular"): [2, 1, 1, 1]}, {"counted": 2, "unknown_id": 1})


def test_they_count_as_if_the_spool_had_been_read_after_the_mint(
    seen: Lines, drained: Any, a_minted_doi: Mint, counts: Counts
) -> None:
    lines = [seen(at, actor=actor, url=url) for at in (0, 20, 45, 3700) for actor in "ab" for url in ("/r/1", "/r/2")]
    drained(*lines)
    a_minted_doi("ms-1")
    found()
    late = counts()
    UsageHit.delete().execute()
    recount.everything()
    drained(*lines)
    assert counts() == late != {}


def test_hits_in_an_hour_that_is_counted_already_are_added_to_it(
    seen: Lines, drained: Any, a_minted_doi: Mint, counts: Counts
) -> None:
    a_minted_doi("ms-2")
    drained(seen(), seen(1, "ms-2"), seen(2), seen(3, "ms-2", actor="b"))
    a_minted_doi("ms-1")
    found()
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0], ("10.5072/h/2026/ms-2", "regular"): [2, 2, 0, 0]}


def test_finding_again_finds_nothing(seen: Lines, drained: Any, a_minted_doi: Mint, counts: Counts) -> None:
    drained(seen())
    a_minted_doi("ms-1")
    assert (found(), found()) == (1, 0)
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}


def test_counting_from_nothing_gives_the_same_numbers(
    seen: Lines, drained: Any, a_minted_doi: Mint, counts: Counts
) -> None:
    drained(seen(), seen(50))
    a_minted_doi("ms-1")
    found()
    before = counts()
    recount.everything()
    assert counts() == before


def test_hits_of_a_reserved_doi_count_once_it_is_minted(
    seen: Lines, drained: Any, a_record: Callable[..., Any], a_minted_doi: Mint, counts: Counts, reasons: Reasons
) -> None:
    row = a_minted_doi("ms-1")
    Doi.update(remote="none", minted_at=None).where(Doi.id == row.id).execute()
    drained(seen())
    assert reasons() == {"not_minted": 1}
    assert found() == 0
    Doi.update(remote="findable").where(Doi.id == row.id).execute()
    assert (found(), counts()) == (1, {(DOI, "regular"): [1, 1, 0, 0]})


@pytest.mark.parametrize("key", [DOI, DOI.upper(), f"https://doi.org/{DOI}"])
def test_a_hit_that_names_a_doi_is_found_in_any_spelling(
    seen: Lines, drained: Any, a_minted_doi: Mint, counts: Counts, key: str
) -> None:
    drained(seen(key=key, key_kind="doi", url="/records/1"))
    a_minted_doi("ms-1")
    assert (found(), counts()) == (1, {(DOI, "regular"): [1, 1, 0, 0]})


def test_hits_of_an_unpublished_record_stay_uncounted(
    seen: Lines, drained: Any, a_minted_doi: Mint, reasons: Reasons
) -> None:
    a_minted_doi("ms-1")
    save = {"metadata": {"titles": [{"title": "T"}]}, "repository": "h"}
    records.save("ms-1", published=False, **save)
    drained(seen())
    records.save("ms-1", published=True, **save)
    assert (found(), reasons()) == (0, {"unpublished": 1})


def test_robots_stay_uncounted(seen: Lines, drained: Any, a_minted_doi: Mint, reasons: Reasons) -> None:
    drained(seen(agent="Googlebot/2.1 (+http://www.google.com/bot.html)"))
    a_minted_doi("ms-1")
    assert (found(), reasons()) == (0, {"robot": 1})


def test_a_worker_looks_only_after_a_mint(
    seen: Lines, drained: Any, a_minted_doi: Mint, monkeypatch: pytest.MonkeyPatch, counts: Counts
) -> None:
    drained(seen())
    assert late_hits.find_if_minted() == 0
    row = a_minted_doi("ms-1")
    Doi.update(minted_at=database.now()).where(Doi.id == row.id).execute()
    assert late_hits.find_if_minted() == 1
    recount.due()
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}

"""Single hits go after a time; their counts stay, and what comes late changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db.models import Doi, UsageHit
from doitui_core.usage import import_log, recount, retention
from doitui_core.usage.drain import drain, drain_due

Mint = Callable[..., Doi]
Lines = Callable[..., bytes]
Counts = Callable[[], dict[tuple[str, str], list[int]]]


@pytest.fixture
def counted(spool: Any, seen: Lines, a_minted_doi: Mint) -> None:
    """One view, counted, of 2026-11-20."""
    a_minted_doi("ms-1")
    spool.write(seen(0))
    drain(spool.place)
    recount.due()


def test_hits_are_kept_for_the_time_that_is_set(counted: None, clock: Any, counts: Counts) -> None:
    clock.forward(days=350)
    assert (retention.prune(), UsageHit.select().count()) == (0, 1)


def test_old_hits_go_and_their_counts_stay(counted: None, clock: Any, counts: Counts) -> None:
    before = counts()
    clock.forward(days=450)
    assert (retention.prune(), UsageHit.select().count(), counts()) == (1, 0, before)


def test_counting_again_leaves_frozen_days_alone(counted: None, clock: Any, counts: Counts) -> None:
    before = counts()
    clock.forward(days=450)
    retention.prune()
    recount.everything()
    assert counts() == before


def test_what_comes_late_to_a_frozen_day_is_kept_but_not_counted(
    counted: None, clock: Any, counts: Counts, spool: Any, seen: Lines, reasons: Callable[[], Counter[str]]
) -> None:
    before = counts()
    clock.forward(days=450)
    retention.prune()
    spool.write(seen(600))
    drain(spool.place)
    recount.due()
    assert (counts(), reasons()) == (before, {"frozen": 1})


def test_what_was_not_counted_yet_is_counted_before_it_goes(
    spool: Any, seen: Lines, a_minted_doi: Mint, clock: Any, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    spool.write(seen(0))
    drain(spool.place)
    clock.forward(days=450)
    retention.prune()
    assert len(counts()) == 1


def test_a_worker_drains_counts_and_prunes_in_time(
    spool: Any, seen: Lines, a_minted_doi: Mint, clock: Any, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    spool.write(seen(0))
    first = drain_due(spool.place).lines, len(counts())
    clock.forward(minutes=1)
    drain_due(spool.place)
    assert (first, len(counts())) == ((1, 0), 1)


def test_history_older_than_hits_are_kept_can_still_be_imported(
    counted: None, clock: Any, counts: Counts, archive: Any, log: Callable[..., Any]
) -> None:
    clock.forward(days=450)
    retention.prune()
    old = (
        '1.1.1.1 - - [20/Nov/2025:10:00:00 +0000] "GET /records/ms-1 HTTP/1.1" 200 5 "-" "Mozilla/5.0 Gecko Firefox/9"'
    )
    options = import_log.LogImportOptions(key=b"k" * 32, views=r"^/records/(?P<object_id>.+)$")
    import_log.import_logs([log(old)], archive, options)
    recount.due()
    retention.prune()
    assert [sum(numbers) for numbers in zip(*counts().values(), strict=True)] == [2, 2, 0, 0]

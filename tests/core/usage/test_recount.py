"""Hours counted again and again, while hits come and others count: the counts are what the hits say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db import database, migrations
from doitui_core.db.models import Doi, UsageCount, UsageHit, UsageHour
from doitui_core.usage import recount
from doitui_core.usage.drain import drain

Mint = Callable[..., Doi]
Lines = Callable[..., bytes]
Reasons = Callable[[], Counter[str]]
Counts = Callable[[], dict[tuple[str, str], list[int]]]

DOI = ("10.5072/h/2026/ms-1", "regular")


@pytest.fixture
def arrive(spool: Any, seen: Lines, a_minted_doi: Mint) -> Callable[..., None]:
    """`arrive(0, 20)`: views so many seconds after ten o'clock are drained."""
    a_minted_doi("ms-1")

    def write(*seconds: float, **more: Any) -> None:
        spool.write(*[seen(second, **more) for second in seconds])
        drain(spool.place)

    return write


def test_hits_that_come_while_their_hour_is_counted_are_counted_too(
    arrive: Callable[..., None], counts: Counts, reasons: Reasons
) -> None:
    arrive(100, 600)
    recount.due(step=lambda _: arrive(610))
    assert (counts(), reasons()) == ({DOI: [2, 1, 0, 0]}, {"counted": 2, "double_click": 1})


def test_an_hour_that_somebody_else_counts_at_the_same_time_counts_once(
    arrive: Callable[..., None], counts: Counts
) -> None:
    arrive(100)
    recount.due(step=lambda _: recount.due() and None)
    assert counts() == {DOI: [1, 1, 0, 0]}


def test_hours_of_a_day_of_which_one_changes_are_all_counted(arrive: Callable[..., None], counts: Counts) -> None:
    arrive(0, 3600, 7200)
    late = iter([3700])
    recount.due(step=lambda _: arrive(*late))
    assert (counts(), recount.due()) == ({DOI: [4, 3, 0, 0]}, 0)


def test_a_counted_hit_is_not_written_again(arrive: Callable[..., None]) -> None:
    arrive(0)
    before = UsageHit.get().reason
    recount.due()
    assert (before, UsageHit.get().reason) == ("counted", "counted")


def test_an_hour_knows_up_to_which_hit_it_is_counted(arrive: Callable[..., None]) -> None:
    arrive(100, 600)
    recount.due()
    last = max(row.id for row in UsageHit.select())
    (hour,) = UsageHour.select()
    assert (hour.counted_to, hour.marked_at) == (last, None)


def test_a_hit_taken_back_after_the_full_hour_gives_back_the_one_before_it(
    arrive: Callable[..., None], counts: Counts, reasons: Reasons
) -> None:
    arrive(3590, 3610)
    recount.due()
    arrive(3610, status=500)
    recount.due()
    assert (counts(), reasons()["counted"]) == ({DOI: [1, 1, 0, 0]}, 1)


def test_what_was_counted_by_reasons_alone_is_counted_anew(arrive: Callable[..., None], counts: Counts) -> None:
    arrive(0, 20, 3700)
    recount.due()
    before = counts()
    UsageHit.update(reason="new").where(UsageHit.reason == "counted").execute()
    opened = database.current()
    (step,) = [step for step in migrations.known() if step.name == "usage_marks"]
    for statement in migrations.statements(step.sql.format(**opened.dialect.column_types)):
        opened.db.execute_sql(statement)
    dropped = UsageCount.select().count()
    recount.due()
    assert (dropped, counts()) == (0, before)

"""Many mints at once: read while they are queued, told of as they go, and stopped where one likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from doitui_core.db.models import Job, Record
from doitui_core.dois import mint_candidates
from doitui_core.operations import bulk_mint


@pytest.fixture
def five(a_record: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of five records; two are looked at in one transaction."""
    monkeypatch.setattr(bulk_mint, "CHUNK", 2)
    return [a_record(name).id for name in "abcde"]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("given", [True, False])
def test_it_tells_how_far_it_is_and_ends_where_it_is_reported(five: list[int], given: bool, dry_run: bool) -> None:
    steps: list[int] = []

    def step(many: int) -> bool:
        steps.append(many)
        return sum(steps) < 4

    result = bulk_mint.mint(mint_candidates.by_ids(five) if given else None, limit=0, dry_run=dry_run, step=step)
    assert (result.queued, steps, Job.select().count()) == (4, [0, 2, 2], 0 if dry_run else 4)


def test_to_the_end_every_record_is_reported_of_once(five: list[int]) -> None:
    steps: list[int] = []
    assert (bulk_mint.mint(mint_candidates.by_ids(five), limit=0, step=steps.append).queued, steps) == (5, [0, 2, 2, 1])


def test_records_are_read_when_their_turn_comes(five: list[int]) -> None:
    """Each with its metadata: a million of them have no room."""
    read: list[int] = []

    def records() -> Iterator[Record]:
        for record in mint_candidates.by_ids(five):
            read.append(record.id)
            yield record

    ahead: list[int] = []
    bulk_mint.mint(records(), limit=0, step=lambda _: ahead.append(len(read)))
    assert ahead == [0, 2, 4, 5]


def test_refusals_are_counted_also_where_they_are_not_named(five: list[int]) -> None:
    Record.update(metadata="{}").execute()
    result = bulk_mint.mint(limit=0, dry_run=True, max_reasons=1)
    assert (result.queued, len(result.refused), result.refusals) == (0, 1, 5)


def test_who_is_gone_meanwhile_is_left_out(five: list[int]) -> None:
    Record.delete().where(Record.id == five[1]).execute()
    assert [record.id for record in mint_candidates.by_ids(five)] == [five[0], *five[2:]]

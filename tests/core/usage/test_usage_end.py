"""The end of a DOI's usage: nothing grows after a tombstone, and what came before stays, in events and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from doitui_core.clock import EPOCH
from doitui_core.db import database
from doitui_core.db.models import Doi, Event, Record, Repository
from doitui_core.dois import doi_rows, targets
from doitui_core.domain.states import Facts, Remote, Wanted, answered
from doitui_core.events import usage_refresh
from doitui_core.records import publish_rules
from doitui_core.usage import recount, usage_end
from doitui_core.usage.drain import drain
from doitui_core.usage_reports import building

Lines = Callable[..., bytes]

#: 2026-11-20T10:00:00Z, when `seen(0)` was.
TEN = 1_795_168_800

VIEWS = "unique-dataset-investigations-regular"


class Site(NamedTuple):
    """A site whose views are drained, counted, and made events and reports."""

    spool: Any
    seen: Lines
    clock: Any
    repository: Repository

    def view(self, *seconds: float) -> None:
        """Views by as many visitors, so long after ten o'clock."""
        self.spool.write(*(self.seen(second, actor=f"a{second}") for second in seconds))
        drain(self.spool.place)
        recount.due()
        usage_refresh.refresh()

    def at(self, seconds: float) -> None:
        self.clock.forward(seconds=TEN + seconds - (database.now() - EPOCH).total_seconds())

    def reported(self) -> tuple[int, int]:
        """The unique views in the event and in the month's report."""
        report = building.for_repository(self.repository, "2026-11")
        list(report.parts())
        return sum(row.total for row in Event.select().where(Event.relation_type_id == VIEWS)), report.totals[VIEWS]


@pytest.fixture
def site(spool: Any, seen: Lines, clock: Any, archive: Repository, a_minted_doi: Callable[..., Doi]) -> Site:
    site = Site(spool, seen, clock, archive)
    site.at(-3600)
    a_minted_doi("ms-1")
    return site


def confirm(remote: Remote = Remote.REGISTERED) -> None:
    """DataCite confirms what was asked."""
    with database.write():
        row = doi_rows.lock(Doi.get().id)
        doi_rows.write(row, answered(doi_rows.facts(row), remote), actor="worker", action="deactivate", http_status=200)


def deactivate() -> None:
    targets.deactivate(Doi.get().doi, reason="withdrawn")


def delete() -> None:
    publish_rules.delete(Record.get(), reason="withdrawn")


@pytest.mark.parametrize("end", [deactivate, delete])
@pytest.mark.parametrize("confirmed", [True, False])
def test_after_a_tombstone_nothing_grows_and_earlier_views_stay(
    site: Site, reasons: Callable[[], Counter[str]], end: Callable[[], None], confirmed: bool
) -> None:
    site.view(0, 10)
    before = site.reported()
    site.at(60)
    end()
    if confirmed:
        confirm()
    site.view(120, 7200)

    assert (before, site.reported()) == ((2, 2), (2, 2))
    assert reasons() == {"counted": 2, "tombstone": 2}


@pytest.mark.parametrize("end", [deactivate, delete])
def test_views_that_came_before_and_are_drained_later_count(site: Site, end: Callable[[], None]) -> None:
    site.at(60)
    end()
    confirm()
    site.view(0, 10, 120)

    assert site.reported() == (2, 2)


def test_a_second_request_does_not_move_the_end(site: Site) -> None:
    site.at(60)
    deactivate()
    confirm()
    site.at(600)
    targets.deactivate(Doi.get().doi, reason="withdrawn by the author")
    site.view(0, 300)

    assert site.reported() == (1, 1)


def test_views_count_again_after_a_restore(site: Site) -> None:
    site.view(0)
    site.at(60)
    deactivate()
    confirm()
    site.view(120)
    site.at(600)
    targets.restore(Doi.get().doi, reason="a mistake")
    confirm(Remote.FINDABLE)
    site.view(700)

    assert site.reported() == (2, 2)


def test_a_tombstone_nobody_requested_here_ends_when_it_was_found(site: Site) -> None:
    site.at(60)
    with database.write():
        row = doi_rows.lock(Doi.get().id)
        doi_rows.write(row, Facts(Wanted.TOMBSTONE, Remote.REGISTERED), actor="sync", action="sync")

    assert usage_end.requested_at([row.id]) == {row.id: (TEN + 60) * 1_000_000}

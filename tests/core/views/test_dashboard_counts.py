"""The counts behind status and dashboard."""

from __future__ import annotations

from collections.abc import Callable

from doitui_core.db import database
from doitui_core.db.models import Counter, Doi, Record, Repository, Worker
from doitui_core.dois import reservations
from doitui_core.operations import doi_actions
from doitui_core.views import dashboard_counts


def test_an_empty_house_is_counted_with_noughts(store: str) -> None:
    told = dashboard_counts.overview()
    assert (told["dois"]["total"], set(told["dois"].values()), set(told["jobs"].values())) == (0, {0}, {0})


def test_every_status_and_mark_has_its_number(
    a_record: Callable[..., Record], a_minted_doi: Callable[..., Doi], archive: Repository
) -> None:
    a_minted_doi("a")
    a_record("a", metadata={"titles": [{"title": "New"}]})
    reservations.reserve(a_record("b"))
    a_record("c")
    doi_actions.mint("c")
    told = {name: number for name, number in dashboard_counts.overview()["dois"].items() if number}
    assert told == {"total": 3, "findable": 1, "reserved": 2, "changed": 1, "pending": 1}


def test_jobs_of_all_kinds_are_counted_together(a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi("a")
    doi_actions.verify(row.doi)
    assert {name: number for name, number in dashboard_counts.jobs().items() if number} == {
        "completed": 1,
        "pending": 1,
    }


def test_the_dashboard_reads_no_row_of_dois_or_jobs(a_minted_doi: Callable[..., Doi]) -> None:
    a_minted_doi("a")
    Counter.update(value=10**6).where(Counter.name == "doi.findable").execute()
    told = dashboard_counts.overview()["dois"]["findable"]
    Counter.delete().where(Counter.name == "doi.findable").execute()
    Counter.create(name="doi.findable", value=1)
    assert told >= 10**6


def test_workers_are_reported_with_their_last_heartbeat(store: str) -> None:
    now = database.now()
    Worker.create(name="w", host="h", pid=1, started_at=now, seen_at=now)
    assert dashboard_counts.overview()["workers"] == [{"name": "w", "seen_at": "2026-12-31T23:59:00Z"}]


def test_a_recount_says_what_the_counters_say(a_minted_doi: Callable[..., Doi]) -> None:
    a_minted_doi("a")
    assert dashboard_counts.recount() == {"doi.findable": 1, "opus.registered": 1, "job.write.completed": 1}

"""Each event once, and due if and only if the other side does not know its total."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Event, Job
from doitui_core.domain.event import Origin
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.events.store import StoreResult, save
from doitui_core.queue import jobs
from doitui_core.views import dashboard_counts

A, B = "https://doi.org/10.1234/a", "https://doi.org/10.1234/b"
PAGE = "https://archive.example.org/1"
VIEWS = {"relation": "unique-dataset-investigations-regular"}


@pytest.fixture
def submitted(office: Any, api: Any) -> Any:
    """An office whose other side knows A, once, and that its DOI was viewed twice."""
    office.reach(api.url)
    office.keep(A)
    office.keep(PAGE, total=2, **VIEWS)
    office.work()
    return office


def test_a_new_event_is_queued(office: Any) -> None:
    kept = office.keep(A)

    job = office.job(A)
    assert (kept, office.event(A).state, job.status, job.lane) == (StoreResult(new=1), "pending", "pending", "events")


def test_a_new_event_is_due_at_once(office: Any) -> None:
    office.keep(A)

    assert office.job(A).scheduled_at == database.now()


def test_the_same_event_again_is_nothing_new(office: Any) -> None:
    office.keep(A)

    assert (office.keep(A), Event.select().count(), Job.select().where(Job.kind == "event").count()) == (
        StoreResult(),
        1,
        1,
    )


def test_the_same_event_twice_in_one_go_is_kept_once(office: Any) -> None:
    assert (office.keep(A, A), Event.select().count()) == (StoreResult(new=1), 1)


def test_more_events_than_one_statement_takes_are_all_kept(office: Any) -> None:
    kept = office.keep(*(f"{A}{number}" for number in range(1201)))

    assert (kept, dashboard_counts.events()["pending"]) == (StoreResult(new=1201), 1201)


def test_what_somebody_else_kept_since_the_store_was_asked_is_kept_once(office: Any) -> None:
    office.keep(*(f"{A}{number}" for number in range(0, 200, 2)))
    late = [replace(one, unseen=True) for one in office.told(*(f"{A}{number}" for number in range(200)), total=2)]
    with database.write():
        kept = save(late, Origin.HAND, actor="test", max_attempts=5)

    totals = [row.total for row in Event.select()]
    assert (kept, totals, dashboard_counts.events()["pending"]) == (StoreResult(new=100, grown=100), [2] * 200, 200)
    assert {job.subject_id for job in Job.select().where(Job.kind == "event")} == {row.id for row in Event.select()}


def test_nothing_is_kept_of_nothing(office: Any) -> None:
    assert office.keep() == StoreResult()


def test_a_submitted_event_that_has_not_changed_is_not_sent_again(submitted: Any, api: Any) -> None:
    api.seen.clear()
    submitted.keep(A)
    submitted.work()

    assert (api.seen, submitted.event(A).state) == ([], "submitted")


def test_a_total_that_differs_goes_out_again_under_the_same_uuid(submitted: Any, api: Any) -> None:
    kept = submitted.keep(A, total=7)
    submitted.work()

    assert (kept, api.events[submitted.event(A).uuid]["total"]) == (StoreResult(grown=1), 7)


def test_a_grown_event_leaves_one_event_on_the_other_side(submitted: Any, api: Any) -> None:
    submitted.keep(A, total=7)
    submitted.work()

    assert len(api.events) == 2


def test_a_total_may_shrink(submitted: Any, api: Any) -> None:
    """Counts are counted again when a late hit turns others into double clicks."""
    submitted.keep(PAGE, total=1, **VIEWS)
    submitted.later(days=1)

    assert api.events[submitted.event(PAGE).uuid]["total"] == 1


def test_a_grown_event_says_when_it_grew(submitted: Any) -> None:
    submitted.clock.forward(hours=1)
    submitted.keep(A, total=2)

    assert submitted.event(A).occurred_at == database.now()


def test_an_event_that_has_grown_before_it_was_sent_has_one_job(office: Any) -> None:
    office.keep(A)
    office.keep(A, total=2)

    assert (office.event(A).total, Job.select().where(Job.kind == "event").count()) == (2, 1)


def test_usage_that_has_grown_is_due_a_day_after_it_was_reported_last(submitted: Any) -> None:
    told_at = submitted.event(PAGE).submitted_at
    submitted.clock.forward(hours=5)
    submitted.keep(PAGE, total=3, **VIEWS)

    assert submitted.job(PAGE).scheduled_at == told_at + timedelta(days=1)


def test_usage_waits_as_pending(submitted: Any, api: Any) -> None:
    api.seen.clear()
    submitted.clock.forward(hours=5)
    submitted.keep(PAGE, total=3, **VIEWS)
    submitted.later(hours=18)

    assert (api.seen, submitted.event(PAGE).state) == ([], "pending")


def test_usage_that_grows_every_hour_is_reported_once_a_day(submitted: Any, api: Any) -> None:
    api.seen.clear()
    for hour in range(48):
        submitted.clock.forward(hours=1)
        submitted.keep(PAGE, total=3 + hour, **VIEWS)
        submitted.work()

    # After 24 hours with what there was then, and after 48.
    assert (len(api.seen), submitted.event(PAGE).submitted_total) == (2, 50)


def test_usage_that_was_reported_long_ago_is_due_at_once(submitted: Any) -> None:
    submitted.clock.forward(days=3)
    submitted.keep(PAGE, total=3, **VIEWS)

    assert submitted.job(PAGE).scheduled_at == database.now()


def failed(office: Any, obj: str) -> None:
    """Its job was tried and refused for good."""
    lease = jobs.claim_one("w", office.job(obj).id, jobs.Policy(timedelta(minutes=5), timedelta(minutes=5)))
    assert lease is not None
    jobs.finish(lease, JobStatus.FAILED, cause="event", error="HTTP 422: no")


def test_a_failed_event_whose_total_grows_is_put_back(office: Any) -> None:
    office.keep(A)
    failed(office, A)
    office.keep(A, total=2)

    assert (office.event(A).state, office.job(A).status, office.job(A).attempts) == ("pending", "pending", 0)


def test_a_failed_event_that_has_not_changed_stays_failed(office: Any) -> None:
    office.keep(A)
    failed(office, A)
    office.keep(A)

    assert office.event(A).state == "failed"


def test_a_cancelled_event_whose_total_grows_gets_a_new_job(office: Any) -> None:
    office.keep(A)
    jobs.cancel(office.job(A).id)
    office.keep(A, total=2)

    assert (office.event(A).state, Job.select().where(Job.kind == "event").count()) == ("pending", 2)


def test_keeping_is_undone_with_the_transaction_around_it(office: Any) -> None:
    office.doi()
    with contextlib.suppress(ZeroDivisionError), database.write():
        office.keep(A)
        _ = 1 / 0

    assert (Event.select().count(), dashboard_counts.events()["pending"]) == (0, 0)


def test_a_state_moves_its_counter(submitted: Any) -> None:
    submitted.keep(A, total=2)
    submitted.keep(B)
    failed(submitted, B)

    counts = {state: number for state, number in dashboard_counts.events().items() if number}
    assert counts == {"pending": 1, "submitted": 1, "failed": 1}


#: `sys.argv`: the database, then the total; 300 events, in an order of each process's own.
KEEP = """
import random, os
from doitui_core.db import database
from doitui_core.domain.event import EventValue
from doitui_core.domain.event import Origin
from doitui_core.events.store import NewEvent
from doitui_core.events.store import save
from doitui_core.db.models import Doi
database.open(sys.argv[1])
doi = Doi.get()
total = int(sys.argv[2]) or os.getpid()
told = [NewEvent(EventValue("https://doi.org/" + doi.doi, "cites", f"https://e.org/{n}", "doitui", total), doi.id, 1)
        for n in range(300)]
random.shuffle(told)
go()
kept = [save(told[start:start + 60], Origin.HAND, actor="test", max_attempts=5) for start in range(0, 300, 60)]
print(sum(one.new for one in kept), sum(one.grown for one in kept))
"""


def test_several_who_keep_the_same_at_once_keep_each_event_once(
    office: Any, store: str, at_once: Callable[..., list[str]]
) -> None:
    office.doi()
    told = [line.split() for line in at_once(KEEP, store, "1")]

    assert (sum(int(new) for new, _ in told), Event.select().count()) == (300, 300)


def test_several_who_keep_the_same_at_once_queue_each_event_once(
    office: Any, store: str, at_once: Callable[..., list[str]]
) -> None:
    office.doi()
    at_once(KEEP, store, "1")

    assert Job.select().where(Job.kind == "event").count() == 300


def test_of_several_totals_that_are_kept_at_once_one_stays_and_is_queued(
    office: Any, store: str, at_once: Callable[..., list[str]]
) -> None:
    """Each process has another total; none is lost between one that inserts and one that finds nothing yet."""
    office.doi()
    told = [line.split() for line in at_once(KEEP, store, "0")]

    changed = sum(int(new) + int(grown) for new, grown in told)
    jobs = Job.select().where(Job.kind == "event", Job.status == "pending").count()
    assert (changed, jobs) == (1200, 300)

"""The look back: what arrived late after a tombstone or a settled time-out is found, and undone."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Attempt, Job
from doitui_core.operations import doi_actions


@pytest.fixture
def tombstone(house: Any) -> Any:
    """A house whose DOI is a tombstone; the look back is still to come."""
    doi = house.minted()
    doi_actions.deactivate(doi.doi, reason="withdrawn", now=True)
    house.sandbox.requests.clear()
    return house


def looks_back(house: Any) -> list[tuple[str, float]]:
    """(status, seconds until it is due) of the rechecks."""
    jobs = Job.select().where(Job.kind == "recheck").order_by(Job.id)
    return [(job.status, (job.scheduled_at - house.clock.now).total_seconds()) for job in jobs]


# When.


def test_a_tombstone_is_looked_at_again_after_five_minutes(tombstone: Any) -> None:
    assert looks_back(tombstone) == [("pending", 300)]


def test_a_mint_that_went_well_is_not(house: Any) -> None:
    house.minted()
    assert looks_back(house) == []


@pytest.mark.parametrize("fault", ["reset", "status status=500"])
def test_a_settled_time_out_is_looked_at_again(house: Any, fault: str) -> None:
    house.mint()
    house.faults(f"POST /dois {fault} count=1")
    house.work()
    assert (house.doi().status, looks_back(house)) == ("findable", [("pending", 300)])


def test_a_time_out_is_looked_at_again_also_when_it_was_settled_by_another_lease(house: Any) -> None:
    """The probe has settled it, but what was sent then did not even leave; the next lease knows of no time-out."""
    house.mint()
    house.faults("POST /dois status status=500 count=1", "POST /dois status status=429 count=1 seconds=60")
    house.work()
    house.later(minutes=1)
    assert (house.doi().status, len(looks_back(house))) == ("findable", 1)


def test_what_a_dead_worker_had_sent_is_looked_at_again(house: Any) -> None:
    house.mint()
    lease, _ = house.claimed()
    sent = {"worker": "dead", "method": "POST", "target": "x", "sent_at": database.now()}
    Attempt.create(doi=lease.subject_id, job_id=lease.job_id, **sent)
    house.later(minutes=6)
    assert looks_back(house) == [("pending", 300)]


def test_a_second_tombstone_puts_the_look_back_off(tombstone: Any) -> None:
    doi = tombstone.doi().doi
    tombstone.clock.forward(minutes=3)
    doi_actions.restore(doi, reason="a mistake", now=True)
    doi_actions.deactivate(doi, reason="withdrawn", now=True)
    assert looks_back(tombstone) == [("pending", 300)]


# What it finds.


def test_a_tombstone_that_stayed_one_is_only_read(tombstone: Any) -> None:
    tombstone.later(minutes=5)
    assert (tombstone.came_in(), looks_back(tombstone)) == ([("GET", 200)], [("completed", 0)])


def test_a_publish_that_arrived_late_is_undone(tombstone: Any, connect: Any) -> None:
    connect().replace(tombstone.doi().doi, {"event": "publish"})
    before = tombstone.there().state
    tombstone.later(minutes=5)
    tombstone.work()
    assert (before, tombstone.there().state, tombstone.doi().status) == ("findable", "registered", "tombstone")


def test_what_was_undone_is_looked_at_again_too(tombstone: Any, connect: Any) -> None:
    for _ in range(3):
        connect().replace(tombstone.doi().doi, {"event": "publish"})
        tombstone.later(minutes=5)
        tombstone.work()
    assert (tombstone.there().state, looks_back(tombstone)[-1]) == ("registered", ("pending", 300))


def test_what_arrived_late_is_reported_in_the_log(tombstone: Any, connect: Any) -> None:
    connect().replace(tombstone.doi().doi, {"event": "publish"})
    tombstone.later(minutes=5)
    (told,) = [row for row in tombstone.log() if row.action == "recheck"]
    assert (told.cause, told.from_status, "arrived late" in told.detail) == ("arrived_late", "tombstone", True)


def test_a_tombstone_that_was_brought_back_and_hidden_is_not_changed_for_ever(tombstone: Any, connect: Any) -> None:
    connect().replace(tombstone.doi().doi, {"event": "publish"})
    tombstone.later(minutes=5)
    tombstone.work()
    assert tombstone.doi().changed is False


def test_older_content_that_arrived_late_is_replaced(house: Any, connect: Any) -> None:
    doi = house.minted()
    house.record(titles=[{"title": "second"}])
    doi_actions.update(doi.doi)
    house.faults("PUT * status status=500 count=1")
    house.work()
    connect().replace(doi.doi, {"titles": [{"title": "Letters from the harbour"}]})
    house.later(minutes=5)
    house.work()
    assert house.there().attributes["titles"] == [{"title": "second"}]
    assert house.doi().changed is False


def test_a_tombstone_that_is_gone_is_made_again_without_being_public(tombstone: Any) -> None:
    tombstone.sandbox.store.delete(tombstone.there())
    tombstone.later(minutes=5)
    tombstone.work()
    assert (tombstone.there().state, tombstone.doi().status) == ("registered", "tombstone")


def test_a_newer_wish_is_not_taken_for_something_late(tombstone: Any) -> None:
    """Restored meanwhile: findable is what is wanted, and stays."""
    doi_actions.restore(tombstone.doi().doi, reason="a mistake", now=True)
    tombstone.later(minutes=5)
    tombstone.work()
    assert (tombstone.there().state, tombstone.doi().status) == ("findable", "findable")


def test_while_a_write_waits_nothing_is_undone(tombstone: Any) -> None:
    tombstone.clock.forward(minutes=5)
    doi_actions.restore(tombstone.doi().doi, reason="a mistake")
    tombstone.work()
    assert (tombstone.there().state, [row for row in tombstone.log() if row.cause == "arrived_late"]) == (
        "findable",
        [],
    )


# When it cannot ask.


@pytest.mark.parametrize("fault", ["status status=503", "reset", "html"])
def test_a_look_back_outlives_an_outage(tombstone: Any, connect: Any, fault: str) -> None:
    connect().replace(tombstone.doi().doi, {"event": "publish"})
    tombstone.faults(f"* * {fault}")
    for _ in range(30):
        tombstone.later(minutes=15)
    tombstone.faults()
    for _ in range(3):
        tombstone.later(minutes=30)
    assert (tombstone.there().state, tombstone.doi().status) == ("registered", "tombstone")


def test_a_look_back_that_is_too_fast_waits(tombstone: Any) -> None:
    tombstone.faults("GET * status status=429 seconds=30 count=1")
    tombstone.later(minutes=5)
    assert looks_back(tombstone) == [("pending", 30)]
    tombstone.later(seconds=30)
    assert looks_back(tombstone)[0][0] == "completed"


def test_a_look_back_whose_lease_is_lost_changes_nothing(tombstone: Any, connect: Any) -> None:
    from doitui_core.delivery import late_arrivals
    from doitui_core.queue import connection, jobs

    connect().replace(tombstone.doi().doi, {"event": "publish"})
    tombstone.clock.forward(minutes=5)
    at = connection.for_repository(tombstone.repository())
    job_id = tombstone.job(kind="recheck").id
    lost = jobs.claim_one("lost", job_id, at.policy)
    tombstone.clock.forward(minutes=6)
    jobs.claim_one("other", job_id, at.policy)
    assert (late_arrivals.check(lost, at), tombstone.doi().status) == (connection.LOST, "tombstone")

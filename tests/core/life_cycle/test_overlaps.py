"""Two things at once: a wish, a verification or a cancellation that meets a request under way or one that is late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doitui_core.db.models import Job
from doitui_core.dois import targets
from doitui_core.errors import Refused
from doitui_core.operations import doi_actions
from doitui_core.queue import jobs


@pytest.fixture
def a_findable_doi(world: Any) -> Any:
    world.record("1")
    doi_actions.mint("1")
    world.work()
    return world.doi("1")


def test_a_tombstone_that_a_verification_found_revived_is_hidden_again(world: Any, a_findable_doi: Any) -> None:
    world.record("1", title="changed")
    doi_actions.deactivate(a_findable_doi.doi, reason="withdrawn")
    world.work_off()
    world.publish_by_hand(a_findable_doi)
    doi_actions.verify(a_findable_doi.doi)
    world.work_off()
    assert world.state_there(a_findable_doi) == "findable"
    world.settle()
    assert (world.state_there(a_findable_doi), world.doi("1").status) == ("registered", "tombstone")


def test_a_recheck_asked_for_while_one_is_under_way_is_done_too(world: Any, a_findable_doi: Any) -> None:
    doi_actions.deactivate(a_findable_doi.doi, reason="withdrawn")
    world.work_off()
    doi_actions.restore(a_findable_doi.doi, reason="found again")
    world.work_off()
    world.forward(minutes=5)
    looking = world.claim()
    assert looking.lease.kind == "recheck"
    doi_actions.deactivate(a_findable_doi.doi, reason="withdrawn again")
    world.work_off()
    world.carry_out(looking)
    open_rechecks = Job.select().where(Job.kind == "recheck", Job.status == "pending")
    assert [job.scheduled_at for job in open_rechecks] == [world.clock.now + timedelta(minutes=5)]


def test_a_wish_made_while_a_doomed_request_is_under_way_does_not_fail_with_it(world: Any, a_findable_doi: Any) -> None:
    world.record("1", title="refused")
    doi_actions.update(a_findable_doi.doi)
    world.sandbox.faults.replace(["PUT * status status=422 count=1"])
    hand = world.claim()
    world.carry_out(hand, "answered", meanwhile=lambda: doi_actions.deactivate(a_findable_doi.doi, reason="withdrawn"))
    world.settle()
    assert world.doi("1").status == "tombstone"


@pytest.mark.parametrize("act", ["withdraw", "abandon"])
def test_what_a_dead_worker_may_have_sent_is_not_given_up_unasked(world: Any, act: str) -> None:
    world.record("1")
    row = doi_actions.mint("1").doi
    world.carry_out(world.claim(), "killed after")
    world.forward(minutes=6)
    taken_over = world.claim()
    jobs.release([taken_over.lease])
    with pytest.raises(Refused):
        targets.cancel(taken_over.lease.job_id) if act == "withdraw" else doi_actions.abandon(row.doi)


def test_a_request_that_arrives_after_its_wish_was_cancelled_is_noticed(world: Any) -> None:
    world.record("1")
    doi_actions.mint("1")
    world.carry_out(world.claim(), "late")
    world.sandbox.faults.replace(["POST * status status=429 seconds=60 count=1"])
    world.work()
    row = world.doi("1")
    targets.cancel(world.write_job(row).id)
    world.settle()
    assert (world.state_there(row), world.doi("1").remote) == ("findable", "findable")


def test_a_lower_wish_that_comes_too_late_gives_way_to_what_is_there(world: Any) -> None:
    world.record("1")
    doi_actions.mint("1")
    world.carry_out(world.claim(), meanwhile=lambda: doi_actions.mint("1", state="draft"))
    world.settle()
    assert (world.doi("1").status, world.write_job(world.doi("1")).status) == ("findable", "completed")


def test_a_job_that_is_given_back_keeps_its_cause(world: Any) -> None:
    world.record("1")
    doi_actions.mint("1")
    world.carry_out(world.claim(), "answer lost")
    jobs.release([world.claim().lease])
    job = world.write_job(world.doi("1"))
    assert (job.status, job.cause, bool(job.last_error)) == ("uncertain", "no_answer", True)


def test_a_recheck_does_not_spin_while_a_write_is_under_way(world: Any, a_findable_doi: Any) -> None:
    doi_actions.deactivate(a_findable_doi.doi, reason="withdrawn")
    world.work_off()
    world.forward(minutes=5)
    doi_actions.update(a_findable_doi.doi)
    world.carry_out(world.claim(world.write_job(a_findable_doi).id), "killed after")
    world.work_off()
    (recheck,) = Job.select().where(Job.kind == "recheck")
    assert (recheck.status, recheck.scheduled_at) == ("pending", world.clock.now + timedelta(minutes=5))

"""What an outage did to jobs, undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from doitui_core.db import database
from doitui_core.db.models import DoiLog, Job, Repository
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.queue import jobs, outage_refund
from doitui_core.queue.leases import Lease

Jobs = Callable[..., int]
Claim = Callable[..., list[Lease]]


def job(job_id: int) -> Job:
    return Job.get_by_id(job_id)


def test_attempts_are_given_back_by_cause(a_job: Jobs, claim: Claim, archive: Repository) -> None:
    """One job for each end: only what waits, or failed, because of the cause gets its attempt back, and waits."""
    ends = {
        "a": (JobStatus.PENDING, "server_error"),
        "b": (JobStatus.UNCERTAIN, "server_error"),
        "c": (JobStatus.FAILED, "server_error"),
        "d": (JobStatus.PENDING, "conflict"),
        "e": (JobStatus.FAILED, "metadata"),
        "f": (JobStatus.COMPLETED, "server_error"),
    }
    ids = {}
    for name, (status, cause) in ends.items():
        ids[name] = a_job(name)
        jobs.finish(claim()[0], status, cause=cause, at=database.now() + timedelta(hours=1))
    outage_refund.refund([archive.id], Service.DOIS, ["server_error"], since=database.now())
    told = {name: (job(job_id).status, job(job_id).attempts) for name, job_id in ids.items()}
    assert told == {
        "a": ("pending", 0),
        "b": ("uncertain", 0),
        "c": ("pending", 0),
        "d": ("pending", 1),
        "e": ("failed", 1),
        "f": ("completed", 1),
    }


def test_a_job_that_failed_long_ago_stays_failed(a_job: Jobs, claim: Claim, archive: Repository) -> None:
    job_id = a_job()
    jobs.finish(claim()[0], JobStatus.FAILED, cause="server_error")
    outage_refund.refund([archive.id], Service.DOIS, ["server_error"], since=database.now() + timedelta(seconds=1))
    assert (job(job_id).status, job(job_id).attempts) == ("failed", 1)


@pytest.mark.parametrize(("ends", "left"), [(0, 2), (1, 2), (2, 1), (5, 0)])
def test_as_many_attempts_are_given_back_as_the_outage_cost(
    a_job: Jobs, claim: Claim, archive: Repository, ends: int, left: int
) -> None:
    """Three attempts; so many of them ended in it, by the log, and one at least: the one the job waits for."""
    job_id = a_job()
    for _ in range(3):
        jobs.finish(claim()[0], JobStatus.PENDING, cause="server_error")
    at = database.now()
    end = {"at": at, "actor": "w", "action": "mint", "from_status": "", "to_status": "", "cause": "server_error"}
    for number in range(ends):
        DoiLog.create(doi=job(job_id).subject_id, **end | {"at": at + timedelta(seconds=number)})
    DoiLog.create(doi=job(job_id).subject_id, **end | {"action": "verify"})
    DoiLog.create(doi=job(job_id).subject_id, **end | {"at": at - timedelta(hours=1)})
    outage_refund.refund([archive.id], Service.DOIS, ["server_error"], since=at)
    assert job(job_id).attempts == left


def test_a_job_that_is_tried_again_this_moment_gets_back_its_earlier_attempts(
    a_job: Jobs, claim: Claim, archive: Repository
) -> None:
    job_id = a_job()
    jobs.finish(claim()[0], JobStatus.PENDING, cause="server_error")
    (lease,) = claim()
    outage_refund.refund([archive.id], Service.DOIS, ["server_error"], since=database.now())
    jobs.finish(lease, JobStatus.PENDING, cause="server_error", give_back=True)
    assert (lease.attempts, job(job_id).attempts) == (2, 0)


def test_what_waits_for_the_end_of_an_outage_is_due_with_it(a_job: Jobs, claim: Claim, archive: Repository) -> None:
    later = database.now() + timedelta(hours=1)
    for name, cause in {"a": "server_error", "b": "conflict"}.items():
        a_job(name)
        jobs.finish(claim()[0], JobStatus.PENDING, cause=cause, at=later)
    assert (outage_refund.bring_forward([archive.id], Service.DOIS, ["server_error"]), len(claim(9))) == (1, 1)

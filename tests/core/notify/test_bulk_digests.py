"""Bulk acts and their digests, on both databases: when one is told, to whom, and only once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core.db.models import BulkAct, BulkJob, Notice, Repository
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.notify import bulk_digests
from doitui_core.operations import change_settings
from doitui_core.queue import jobs
from doitui_core.queue.leases import Lease


@pytest.fixture(autouse=True)
def digests(archive: Repository) -> None:
    change_settings.set_settings(
        {"smtp_url": "smtp://127.0.0.1:9", "notification_email_enabled": "1", "notification_email": "ops@example.org"}
    )


def end(lease: Lease, status: JobStatus = JobStatus.COMPLETED) -> None:
    jobs.finish(lease, status, cause="" if status is JobStatus.COMPLETED else "metadata")


def test_an_act_is_reported_when_its_last_job_has_ended_and_never_again(
    a_job: Callable[..., int], claim: Callable[..., list[Lease]]
) -> None:
    bulk_digests.record("DOI registration", [a_job("a"), a_job("b")], actor="ana")
    told = []
    for lease in claim(2):
        told.append((bulk_digests.report_finished(), Notice.select().count()))
        end(lease)
    told += [(bulk_digests.report_finished(), Notice.select().count()) for _ in range(2)]
    assert told == [(0, 0), (0, 0), (1, 1), (0, 1)]
    assert (BulkJob.select().count(), Notice.get().recipients) == (0, "ops@example.org")


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.UNCERTAIN, JobStatus.BLOCKED])
def test_what_goes_on_by_itself_is_not_reported_yet(
    a_job: Callable[..., int], claim: Callable[..., list[Lease]], status: JobStatus
) -> None:
    bulk_digests.record("DOI update", [a_job("a")], actor="ana")
    end(claim()[0], status)
    assert bulk_digests.report_finished() == 0


def test_what_was_cancelled_is_not_waited_for(a_job: Callable[..., int]) -> None:
    job = a_job("a")
    bulk_digests.record("DOI update", [job], actor="ana")
    jobs.cancel(job)
    assert (bulk_digests.report_finished(), Notice.select().count()) == (1, 0)


def test_an_act_in_one_repository_follows_its_settings(
    a_job: Callable[..., int], claim: Callable[..., list[Lease]], archive: Repository
) -> None:
    change_settings.set_setting("notification_email", "own@example.org", archive.id)
    bulk_digests.record("DOI update", [a_job("a")], actor="ana")
    end(claim()[0])
    bulk_digests.report_finished()
    assert Notice.get().recipients == "own@example.org"


@pytest.mark.parametrize("off", ["notification_email_enabled", "smtp_url"])
def test_where_nobody_wants_digests_no_act_is_noted(a_job: Callable[..., int], off: str) -> None:
    change_settings.unset_setting(off)
    bulk_digests.record("DOI update", [a_job("a")], actor="ana")
    assert BulkAct.select().count() == 0

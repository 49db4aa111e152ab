"""Times that a clock which was ahead has stored count for nothing once it is right again; what a rule allows stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from doitui_core.clock import micros
from doitui_core.db import audit, database
from doitui_core.db.models import Event, Job, Notice, Repository, UsageHour, Worker
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.events import store as event_store
from doitui_core.notify import mail
from doitui_core.operations import change_settings
from doitui_core.queue import heartbeats, jobs
from doitui_core.queue.jobs import Policy
from doitui_core.usage import recount
from doitui_core.worker import stored_times

POLICY = Policy(timedelta(minutes=5), timedelta(minutes=5))


@pytest.fixture
def by_a_clock_ahead(clock: Any) -> Callable[[Callable[[], Any]], Any]:
    """Does something while the clock is three days ahead."""

    def act(what: Callable[[], Any]) -> Any:
        clock.forward(days=3)
        try:
            return what()
        finally:
            clock.forward(days=-3)

    return act


def due(archive: Repository) -> int:
    return jobs.due(archive.id, 100)


def test_a_job_queued_by_a_clock_ahead_is_due(archive: Any, a_job: Any, by_a_clock_ahead: Any) -> None:
    a_job()
    Job.update(scheduled_at=by_a_clock_ahead(database.now)).execute()
    before = due(archive)
    assert (before, stored_times.repair(), due(archive)) == (0, 1, 1)


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.UNCERTAIN])
def test_a_retry_of_a_clock_ahead_is_due(archive: Any, a_job: Any, by_a_clock_ahead: Any, status: JobStatus) -> None:
    a_job()
    (lease,) = jobs.claim("w", archive.id, POLICY, 1)
    at = by_a_clock_ahead(database.now) + timedelta(minutes=5)
    jobs.finish(lease, status, at=at, cause="server_error")
    assert (stored_times.repair(), due(archive)) == (1, 1)


@pytest.mark.parametrize("wait", [timedelta(minutes=5), timedelta(minutes=25), timedelta(minutes=59)])
def test_a_wait_that_a_rule_allows_stays(archive: Any, a_job: Any, wait: timedelta) -> None:
    a_job()
    (lease,) = jobs.claim("w", archive.id, POLICY, 1)
    jobs.finish(lease, JobStatus.PENDING, at=database.now() + wait, cause="server_error")
    assert (stored_times.repair(), due(archive)) == (0, 0)


def test_a_long_back_off_that_was_set_stays(archive: Any, a_job: Any) -> None:
    change_settings.save_repository("h", {"backoff_minutes": "1440"})
    a_job()
    (lease,) = jobs.claim("w", archive.id, POLICY, 1)
    jobs.finish(lease, JobStatus.PENDING, at=database.now() + timedelta(days=5), cause="server_error")
    assert stored_times.repair() == 0


def test_what_a_person_scheduled_stays_until_it_is_tried(archive: Any, a_job: Any) -> None:
    number = a_job()
    jobs.schedule(number, database.now() + timedelta(days=500))
    assert (stored_times.repair(), due(archive)) == (0, 0)


def test_a_job_that_was_scheduled_once_is_free_no_more_when_it_is_retried(archive: Any, a_job: Any, clock: Any) -> None:
    number = a_job()
    jobs.schedule(number, database.now() + timedelta(hours=1))
    clock.forward(hours=1)
    (lease,) = jobs.claim("w", archive.id, POLICY, 1)
    jobs.finish(lease, JobStatus.PENDING, at=database.now() + timedelta(days=3), cause="server_error")
    assert stored_times.repair() == 1


def test_a_lease_of_a_clock_ahead_is_cut_to_a_whole_one(archive: Any, a_job: Any, by_a_clock_ahead: Any) -> None:
    a_job()
    by_a_clock_ahead(lambda: Job.update(scheduled_at=0).execute() and jobs.claim("w", archive.id, POLICY, 1))
    stored_times.repair()
    assert Job.get().lease_until == database.now() + POLICY.lease


def test_a_mail_put_off_by_a_clock_ahead_is_sent_now(archive: Any, by_a_clock_ahead: Any) -> None:
    at = by_a_clock_ahead(database.now)
    now = database.now()
    Notice.create(topic="0:x", recipients="a@example.org", subject="s", body="b", created_at=now, due_at=at)
    claimed = mail._claim()
    assert claimed is not None


def test_a_mail_that_waits_for_its_longest_retry_waits(archive: Any) -> None:
    at, now = database.now() + mail.LONGEST_WAIT, database.now()
    Notice.create(topic="0:x", recipients="a@example.org", subject="s", body="b", created_at=now, due_at=at)
    assert mail._claim() is None


def test_a_worker_that_was_seen_in_times_to_come_is_not_there(store: str, by_a_clock_ahead: Any) -> None:
    by_a_clock_ahead(lambda: heartbeats.send_heartbeat("host:1:aa"))
    ahead = Worker.select().where(heartbeats.alive()).count()
    heartbeats.send_heartbeat("host:1:aa")
    assert (ahead, Worker.select().where(heartbeats.alive()).count()) == (0, 1)


def test_an_hour_marked_by_a_clock_ahead_is_counted(store: str, by_a_clock_ahead: Any) -> None:
    UsageHour.create(hour=490_000, marked_at=by_a_clock_ahead(database.now), changes=1)
    assert recount.due(recount.PATIENCE) == 1


def test_usage_reported_by_a_clock_ahead_goes_out_a_day_later_at_most(store: str, by_a_clock_ahead: Any) -> None:
    relation = "unique-dataset-investigations-regular"
    row = Event(relation_type_id=relation, submitted_at=by_a_clock_ahead(database.now))
    assert event_store.due_at(row, database.now()) == database.now() + event_store.BETWEEN


def test_the_watch_tells_a_clock_that_was_set_back(store: str, clock: Any) -> None:
    watch = stored_times.Watch()
    told = [watch.set_back()]
    for seconds in (0, 60, -1, -3, 5):
        clock.forward(seconds=seconds)
        told.append(watch.set_back())
    assert told == [True, False, False, False, True, False]


def test_where_times_are_ahead_is_named(archive: Any, a_job: Any, by_a_clock_ahead: Any) -> None:
    quiet = stored_times.ahead()
    by_a_clock_ahead(lambda: heartbeats.send_heartbeat("host:1:aa"))
    with database.write():
        by_a_clock_ahead(lambda: audit.note("jo", "pause", "repository h"))
    a_job()
    Job.update(scheduled_at=micros(database.now() + timedelta(days=3))).execute()
    assert (quiet, sorted(stored_times.ahead())) == ({}, ["log", "queue", "workers"])

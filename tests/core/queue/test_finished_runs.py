"""When the next run is expected, of an archive whose work is done by cron."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import FinishedRun, Repository
from doitui_core.operations import cron_runs
from doitui_core.queue import finished_runs, heartbeats
from doitui_core.views import dashboard, doctor_queue
from doitui_core.worker import worker

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts", "every"),
    [
        pytest.param([NIGHT], DAY, id="one run: a day is presumed"),
        pytest.param([NIGHT + MINUTE, NIGHT], DAY, id="two of one night: a day is presumed"),
        pytest.param([NIGHT, NIGHT - DAY, NIGHT - 2 * DAY], DAY, id="nightly"),
        pytest.param([NIGHT, NIGHT - HOUR, NIGHT - DAY], 23 * HOUR, id="two commands a night"),
        pytest.param([NIGHT - 5 * MINUTE * i for i in range(50)], 5 * MINUTE, id="each five minutes"),
        pytest.param([NIGHT, NIGHT - 7 * DAY], 7 * DAY, id="weekly"),
    ],
)
def test_runs_come_as_often_as_they_came(starts: list[datetime], every: timedelta) -> None:
    assert finished_runs.interval(starts) == every


def ran(*hours_ago: float, drained: bool = True) -> None:
    with database.write():
        for hours in hours_ago:
            finished_runs.note("nightly", database.now() - timedelta(hours=hours), drained=drained)


def workers() -> tuple[str, str]:
    (check,) = doctor_queue.workers()
    return check.level, check.message


def test_between_two_runs_nothing_is_wrong(a_job: Callable[..., int]) -> None:
    ran(26, 2)
    a_job()
    level, message = workers()
    assert (level, dashboard.load().alerts) == ("OK", [])
    assert message == (
        "none running between runs, 1 job waiting:"
        " last run (nightly) ended 2026-12-31 23:59Z, next expected by 2027-01-01 21:59Z"
    )


def test_a_run_that_did_not_come_fails_once_jobs_wait(a_job: Callable[..., int], clock: Any) -> None:
    ran(26, 2)
    clock.forward(hours=25)
    assert workers()[0] == "WARN"
    a_job()
    level, message = workers()
    assert (level, "next was expected by 2027-01-01 21:59Z" in message) == ("FAIL", True)
    assert [alert.what for alert in dashboard.load().alerts] == ["job waiting, no worker running"]


def test_a_service_that_ended_is_missed(a_job: Callable[..., int]) -> None:
    ran(26, 2)
    ran(1, drained=False)
    a_job()
    assert workers() == ("FAIL", "no worker running, 1 job waiting")


def late() -> list[str]:
    return [check.message for check in doctor_queue.queue() if check.level == "WARN"]


def test_jobs_of_the_day_wait_for_the_night(a_job: Callable[..., int], clock: Any) -> None:
    ran(26, 2)
    a_job()
    clock.forward(hours=8)
    assert late() == []


def test_jobs_that_a_run_has_left_are_late(a_job: Callable[..., int], clock: Any) -> None:
    a_job()
    clock.forward(hours=1)
    ran(24.5, 0.5)
    assert late() == ["jobs have been due since before the last run"]


def test_a_worker_that_drains_is_a_run(archive: Repository) -> None:
    worker.run(drain=True)
    assert [(row.what, row.drained) for row in FinishedRun.select()] == [("work", True)]


def test_a_cron_run_without_work_is_a_run(archive: Repository) -> None:
    cron_runs.register()
    cron_runs.verify(24)
    assert [row.what for row in FinishedRun.select().order_by(FinishedRun.id)] == ["register", "verify"]


def test_while_a_worker_runs_none_is_expected(store: str) -> None:
    ran(26, 2)
    heartbeats.send_heartbeat("host:1:ab")
    assert finished_runs.schedule() is None


def test_only_the_latest_runs_are_kept(store: str) -> None:
    ran(*range(120, 0, -1))
    assert FinishedRun.select().count() == finished_runs.KEPT

"""Bad days for four workers: a server that hangs, is away or does not know us, a limit that all share."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from doitui_core.config import repositories
from doitui_core.db import models
from doitui_core.queue import rate_limit

#: Requests a second, and for how many seconds.
RATE = 50
SECONDS = 5


@pytest.fixture
def letters() -> Iterator[Any]:
    """A mail server: its `.url`, and the subjects of the mails it has got."""

    class Subjects(list[str]):
        url = ""

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            lines = envelope.content.decode().splitlines()
            self.append(next(line for line in lines if line.startswith("Subject:")))
            return "250 taken"

    taken = Subjects()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(taken, hostname="127.0.0.1", port=port, server_hostname="localhost", ready_timeout=20)
    controller.start()
    taken.url = f"smtp://127.0.0.1:{port}"
    yield taken
    controller.stop()


def test_a_server_that_does_the_work_and_hangs_makes_nothing_twice(trial: Any, holds: Any) -> None:
    trial.jobs = trial.hanging_jobs
    trial.begin("POST /dois* hang every=10", lease_seconds="4")
    workers = trial.workers(4)
    trial.wait_for(trial.jobs // 2)
    trial.kill(workers[0])
    workers[0] = trial.worker()
    trial.end(*workers)
    assert holds(trial)


def test_an_outage_costs_no_attempts_and_ends_by_itself(trial: Any, holds: Any, wait_until: Any) -> None:
    trial.begin("POST /dois latency seconds=0.1", lease_seconds="20")
    workers = trial.workers(2, "--threads", "4", drain=False)
    trial.wait_for(trial.jobs // 4)
    trial.kill(trial.sandbox)
    wait_until(lambda: models.RateLimit.select().where(models.RateLimit.opened_at > 0).exists(), "the breaker opens")
    trial.start_sandbox()
    trial.hours_pass()
    wait_until(lambda: trial.statuses() == {"findable": trial.jobs}, "all are made")
    for worker in workers:
        trial.seconds_to_stop(worker)
    assert trial.attempts() == {1: trial.jobs}
    assert (trial.open_jobs(), trial.dois_per_record()) == ([], {1: trial.jobs})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wrong_password_blocks_once_and_one_mail_goes_out(trial: Any, letters: Any, holds: Any) -> None:
    trial.jobs = 40
    trial.begin(smtp_url=letters.url, doi_failure_notify="ops@example.org")
    trial.end_whatever(*trial.workers(4, PW="wrong"))
    assert Counter(trial.attempts()) == {0: trial.jobs}
    assert [subject for subject in letters if "blocked" in subject] == letters[:]
    assert (len(letters), models.Repository.get().blocked_cause) == (1, "credentials")
    trial.finish()
    assert holds(trial)


def came_at(trial: Any) -> list[datetime]:
    return sorted(datetime.fromisoformat(one["at"]) for one in trial.requests())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_four_workers_share_a_limit(trial: Any, holds: Any) -> None:
    trial.jobs = RATE * SECONDS
    trial.begin(datacite_rate_limit=str(RATE * 300))
    name = rate_limit.name(repositories.config(repositories.find("h")))
    while rate_limit.take(name, trial.jobs, RATE).tokens:
        pass  # what may go at once after a rest is gone: from now on nobody is ahead of the clock
    began = datetime.now(UTC)
    trial.finish(4)
    seconds = [(moment - began).total_seconds() for moment in came_at(trial)]
    assert [number for number, second in enumerate(seconds, 1) if number > second * RATE * 1.02 + 1] == []
    assert holds(trial)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_retry_after_stops_all_workers(trial: Any, holds: Any) -> None:
    trial.begin("POST /dois latency seconds=0.05")
    workers = trial.workers(4, "--threads", "2")
    trial.wait_for(trial.jobs // 10)
    trial.faults("POST /dois latency seconds=0.05", "POST /dois status status=429 seconds=3 count=1")
    trial.end_whatever(*workers)
    told = next(datetime.fromisoformat(one["at"]) for one in trial.requests() if one["status"] == 429)
    meanwhile = [moment for moment in came_at(trial) if timedelta(seconds=0.7) < moment - told < timedelta(seconds=2.9)]
    assert meanwhile == []
    assert holds(trial)

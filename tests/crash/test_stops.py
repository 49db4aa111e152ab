"""SIGTERM, as a service manager sends it: a worker ends within five seconds, whatever it waits for, and leaves nothing
in hand.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

#: What a service manager gives a process; then it kills.
SECONDS = 5


@pytest.fixture
def silent_mail_server() -> Iterator[Any]:
    """It takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        yield listener


def test_a_worker_without_work_ends_at_once(trial: Any, wait_until: Any) -> None:
    trial.jobs = 1
    trial.begin()
    worker = trial.worker(drain=False)
    wait_until(lambda: trial.statuses() == {"findable": 1}, "there is nothing more to do")
    assert trial.seconds_to_stop(worker) < SECONDS
    assert worker.returncode == 0


def test_a_request_that_ends_in_time_is_finished(trial: Any, holds: Any, wait_until: Any) -> None:
    trial.jobs = 4
    trial.begin("POST /dois latency seconds=1.5")
    worker = trial.worker("--threads", "4", drain=False)
    wait_until(lambda: trial.in_hand()["begun"] == 4, "four are under way")
    assert trial.seconds_to_stop(worker) < SECONDS
    assert holds(trial)


def test_a_request_that_hangs_is_let_go_as_uncertain(trial: Any, holds: Any, wait_until: Any) -> None:
    trial.jobs = 12
    trial.begin("POST /dois hang")
    worker = trial.worker("--threads", "4", drain=False)
    wait_until(lambda: trial.made() == {1: 4}, "four hang")
    assert trial.seconds_to_stop(worker) < SECONDS
    assert (trial.in_hand(), trial.attempts()) == ({"begun": 0, "not begun": 0}, {0: 12})
    trial.faults()
    trial.finish()
    assert holds(trial)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_request_and_a_mail_server_that_both_hang_keep_nobody(trial: Any, silent_mail_server: Any) -> None:
    trial.jobs = 5
    port = silent_mail_server.getsockname()[1]
    trial.begin(
        "POST /dois latency seconds=0 count=1",
        "POST /dois hang every=2",
        smtp_url=f"smtp://127.0.0.1:{port}",
        doi_failure_notify="ops@example.org",
        doi_failure_notify_mode="each",
    )
    worker = trial.worker("--threads", "5", drain=False)
    with silent_mail_server.accept()[0], suppress(OSError):
        assert trial.seconds_to_stop(worker) < SECONDS
    assert trial.in_hand() == {"begun": 0, "not begun": 0}


def test_a_database_that_is_locked_keeps_nobody(trial: Any, locked: Any, wait_until: Any) -> None:
    trial.jobs = 4
    trial.begin("POST /dois latency seconds=1 count=4")
    worker = trial.worker("--threads", "4", drain=False)
    wait_until(lambda: trial.in_hand()["begun"] == 4, "four are under way")
    with locked(trial):
        wait_until(lambda: trial.made() == {1: 4}, "four are answered")
        assert trial.seconds_to_stop(worker) < SECONDS

"""The loop: when it ends, whom it serves, and what a stop or a death leaves behind."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db import database, dialects
from doitui_core.db.models import Job, Record, Worker
from doitui_core.errors import DatabaseUnavailable
from doitui_core.operations import doi_actions
from doitui_core.queue import connection, heartbeats, jobs
from doitui_core.worker import worker


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped worker waits a moment only, so that tests end sooner than the hanging request."""
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.2)


def hung(house: Any, wait_until: Any) -> None:
    """Wait until a request of ours hangs at the sandbox, its work done."""
    wait_until(lambda: house.came_in("POST"))


# When it ends.


def test_draining_ends_when_nothing_is_due(house: Any) -> None:
    for object_id in "1", "2", "3":
        house.mint(object_id)
    assert house.work().outcomes == {"done": 3}


def test_draining_an_empty_queue_ends_at_once(house: Any) -> None:
    assert house.work().taken == 0


def test_draining_leaves_what_is_due_later(house: Any) -> None:
    house.mint()
    house.settings(datacite_url="http://127.0.0.1:9")
    assert (house.work().taken, house.work().taken) == (1, 0)


def test_a_limit_is_kept(house: Any) -> None:
    for number in range(8):
        house.mint(str(number))
    assert (house.work(limit=3, threads=4).taken, len(house.came_in())) == (3, 3)


def test_draining_waits_for_the_rate_limit(house: Any) -> None:
    house.settings(datacite_rate_limit="300")
    for number in range(6):
        house.mint(str(number))
    ticking = threading.Event()

    def tick() -> None:
        while not ticking.wait(0.02):
            house.clock.forward(seconds=1)

    thread = threading.Thread(target=tick)
    thread.start()
    summary = house.work(every=0.05)
    ticking.set()
    thread.join()
    assert summary.outcomes == {"done": 6}


def test_what_is_not_done_is_left_over_with_its_reason(house: Any) -> None:
    house.mint()
    house.faults("POST /dois status status=403")
    assert [outcome.cause for outcome in house.work().left.values()] == ["forbidden"]


def test_what_another_worker_has_settled_meanwhile_is_not_left_over(house: Any) -> None:
    house.mint()
    house.faults("POST /dois reset")
    summary = house.work(limit=1, progress=lambda outcome: worker.run_one(house.job().id))
    assert (summary.outcomes, summary.left, house.job().status) == ({"ambiguous": 1}, {}, "completed")


def test_progress_is_reported_of_every_job(house: Any) -> None:
    for number in range(3):
        house.mint(str(number))
    told: list[Any] = []
    house.work(progress=told.append)
    assert [outcome.kind for outcome in told] == ["done"] * 3


def test_a_worker_without_end_takes_up_what_comes_later(house: Any, working: Any, wait_until: Any) -> None:
    with working():
        house.mint()
        wait_until(lambda: house.job().status == "completed")
    assert house.there().state == "findable"


# Whom it serves.


def test_two_repositories_take_turns(house: Any) -> None:
    house.settings(
        "g",
        **{name: value for name, value in SETTINGS.items() if name != "datacite_url"},
        datacite_url=house.sandbox.url,
    )
    for number in range(20):
        house.mint(str(number))
    for number in range(20):
        house.record(f"g{number}", code="g")
        doi_actions.mint(f"g{number}")
    house.work(limit=20, threads=2)
    share = Counter(Job.select(Job.repository).where(Job.status == "completed").tuples())
    assert sorted(share.values()) == pytest.approx([10, 10], abs=2)


SETTINGS = {
    "datacite_prefix": "10.5072",
    "datacite_repository_id": "DEMO.REPO",
    "datacite_password": "env:PW",
    "landing_page": "https://archive.example.org/{object_id}",
    "datacite_url": "",
}


def test_a_repository_that_is_not_set_up_does_not_stop_the_others(house: Any) -> None:
    house.settings("g", datacite_prefix="10.5072", landing_page="https://archive.example.org/{object_id}")
    house.record("g1", code="g")
    doi_actions.mint("g1")
    house.mint()
    summary = house.work()
    statuses = {job.repository.code: job.status for job in Job.select()}
    assert (statuses, list(summary.blocked)) == ({"g": "pending", "h": "completed"}, ["g"])


# A stop.


def test_a_stop_lets_the_request_in_hand_end(house: Any, working: Any, wait_until: Any) -> None:
    house.mint()
    house.faults("POST /dois latency seconds=0.5")
    with working() as stop:
        wait_until(lambda: house.job().status == "processing" and house.attempts())
        stop.set()
    assert (house.job().status, house.there().state) == ("completed", "findable")


def test_a_stop_while_the_server_hangs_takes_five_seconds_at_most(house: Any, working: Any, wait_until: Any) -> None:
    house.mint()
    house.faults("POST /dois hang seconds=6")
    ended: list[float] = []
    with working(every=60, ended=ended) as stop:
        hung(house, wait_until)
        stop.set()
        stopped = time.monotonic()
    assert ended[0] - stopped < 5
    assert (house.job().status, house.job().attempts, house.doi().certainty) == ("uncertain", 0, "uncertain")


def test_what_was_stopped_in_flight_is_settled_by_the_next_worker(
    house: Any, short_grace: None, working: Any, wait_until: Any
) -> None:
    house.mint()
    house.faults("POST /dois hang seconds=1")
    with working() as stop:
        hung(house, wait_until)
        stop.set()
    house.faults()
    house.work()
    assert (house.came_in(), house.doi().status) == ([("POST", 201), ("GET", 200)], "findable")


def test_a_stop_gives_back_jobs_that_were_claimed_and_not_begun(
    house: Any, short_grace: None, working: Any, wait_until: Any
) -> None:
    for number in range(4):
        house.mint(str(number))
    house.faults("POST /dois hang seconds=1")
    with working(threads=2) as stop:
        wait_until(lambda: len(house.came_in("POST")) == 2)
        stop.set()
    left = Counter((job.status, job.attempts) for job in Job.select())
    assert left == {("uncertain", 0): 2, ("pending", 0): 2}


def test_a_worker_that_ends_is_no_longer_listed(house: Any, working: Any, wait_until: Any) -> None:
    with working():
        wait_until(lambda: Worker.select().count() == 1)
    assert Worker.select().count() == 0


# A death.


def dead_pid() -> int:
    """The id of a process that has just ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_a_dead_worker_that_nobody_has_collected_is_dead(house: Any) -> None:
    house.mint()
    with subprocess.Popen([sys.executable, "-c", ""]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        claimed_by(house, heartbeats.host(), zombie.pid)
        house.work()
    assert house.job().status == "completed"


def claimed_by(house: Any, host: str, pid: int) -> None:
    """The job is in the hands of a worker that runs there."""
    now = database.now()
    Worker.create(name="its:name:1", host=host, pid=pid, started_at=now, seen_at=now)
    jobs.claim_one("its:name:1", house.job().id, connection.for_repository(Record.get().repository).policy)


def test_the_jobs_of_a_dead_worker_of_this_host_are_taken_at_once(house: Any) -> None:
    house.mint()
    claimed_by(house, heartbeats.host(), dead_pid())
    house.work()
    assert (house.job().status, house.job().attempts, Worker.select().count()) == ("completed", 2, 0)


@pytest.mark.parametrize("host", ["elsewhere", "ours"])
def test_a_worker_that_may_be_alive_keeps_its_jobs(house: Any, host: str) -> None:
    house.mint()
    claimed_by(house, heartbeats.host() if host == "ours" else host, os.getpid() if host == "ours" else dead_pid())
    house.work()
    assert (house.job().status, house.came_in()) == ("processing", [])


def test_a_worker_that_may_be_alive_loses_its_jobs_with_the_lease(house: Any) -> None:
    house.mint()
    claimed_by(house, "elsewhere", 1)
    house.later(minutes=6)
    assert house.job().status == "completed"


# A database that is busy.


@pytest.fixture
def sqlite_file(tmp_path: Path) -> str:
    return str(tmp_path / "locked.db")


@pytest.fixture
def sqlite_house(sqlite_file: str, clock: Any, sandbox: Any, new_house: Any) -> Iterator[Any]:
    """On SQLite: a lock on the whole database is no other's way."""
    database.create(f"sqlite:///{sqlite_file}", clock=clock)
    yield new_house(sandbox, clock)
    database.close()


@contextmanager
def locked(file: str) -> Iterator[None]:
    """While the block runs nobody else can write."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_locked_database_is_waited_for(sqlite_house: Any, sqlite_file: str, working: Any, wait_until: Any) -> None:
    sqlite_house.mint()
    with working():
        with locked(sqlite_file):
            threading.Event().wait(0.5)
        wait_until(lambda: sqlite_house.job().status == "completed")
    assert sqlite_house.came_in() == [("POST", 201)]


def test_a_worker_outlives_a_lock_that_outlasts_its_patience(
    sqlite_house: Any,
    sqlite_file: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    working: Any,
    wait_until: Any,
) -> None:
    monkeypatch.setattr(dialects, "LOCK_SECONDS", 0.1)
    database.open(f"sqlite:///{sqlite_file}", clock=sqlite_house.clock)
    sqlite_house.mint()
    with locked(sqlite_file), working() as stop:
        wait_until(lambda: "trying again" in caplog.text)
        stop.set()
    sqlite_house.work()
    assert sqlite_house.job().status == "completed"


def test_a_run_that_drains_gives_up_on_a_database_that_stays_locked(
    sqlite_house: Any, sqlite_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "LOCK_SECONDS", 0.01)
    database.open(f"sqlite:///{sqlite_file}", clock=sqlite_house.clock)
    sqlite_house.mint()
    with locked(sqlite_file), pytest.raises(DatabaseUnavailable):
        sqlite_house.work(every=0.01)
    assert sqlite_house.job().status == "pending"


def test_a_run_that_drains_outlives_a_short_lock(
    sqlite_house: Any, sqlite_file: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dialects, "LOCK_SECONDS", 0.01)
    database.open(f"sqlite:///{sqlite_file}", clock=sqlite_house.clock)
    sqlite_house.mint()
    with closing(sqlite3.connect(sqlite_file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(worker.log, "warning", lambda *_: other.in_transaction and other.rollback())
        sqlite_house.work(every=0.01)
    assert sqlite_house.job().status == "completed"


def test_a_connection_that_breaks_is_made_anew(
    postgres_schema: str, clock: Any, sandbox: Any, new_house: Any, working: Any, wait_until: Any
) -> None:
    name = f"cut_{os.getpid()}"
    database.create(f"{postgres_schema}&application_name={name}", clock=clock)
    house = new_house(sandbox, clock)
    with working():
        wait_until(lambda: Worker.select().count() == 1)
        database.current().db.execute_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND application_name = %s",
            (name,),
        )
        house.mint()
        wait_until(lambda: house.job().status == "completed")
    assert house.there().state == "findable"
    database.close()

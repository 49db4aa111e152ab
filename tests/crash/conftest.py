"""Real processes: a sandbox, workers that are killed or stopped, and what must hold afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui_core.db import database, models
from doitui_core.dois import targets
from doitui_core.domain import job_kinds
from doitui_core.domain.states import Wanted
from doitui_core.operations import change_settings
from doitui_core.records import records

#: 2,000 where nobody waits for it: DOITUI_CRASH_JOBS=2000. Every tenth of the second number hangs for two seconds.
JOBS = int(os.environ.get("DOITUI_CRASH_JOBS", "120"))
HANGING_JOBS = int(os.environ.get("DOITUI_CRASH_JOBS", "40"))

#: Seconds; what takes longer has failed.
PATIENCE = 300

METADATA = {
    "creators": [{"name": "Doe, Jo"}],
    "titles": [{"title": "Letters"}],
    "publisher": {"name": "Archive"},
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Text"},
}


def doitui(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """The program itself, as installed beside this Python."""
    program = str(Path(sys.executable).with_name("doitui"))
    environment = {**os.environ, "PW": "demo", **options.pop("env", {})}
    return subprocess.Popen([program, *arguments], text=True, env=environment, **options)


def wait_until(came_true: Callable[[], Any], what: str) -> None:
    """Look until `came_true`; fail after PATIENCE seconds."""
    over = threading.Event()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if came_true():
            return
        over.wait(0.02)
    raise AssertionError(f"never: {what}")


class Trial:
    """Many records to mint, and the processes that do it."""

    def __init__(self, url: str, place: Path) -> None:
        self.url = url
        self.place = place
        self.jobs = JOBS
        self.hanging_jobs = HANGING_JOBS
        self.port = 0
        self.sandbox_options: tuple[str, ...] = ()
        self.processes: list[subprocess.Popen[str]] = []

    def begin(self, *faults: str, sandbox: bool = True, **settings: str) -> None:
        """Make the database, queue the mints, and start the sandbox."""
        if sandbox:
            self.start_sandbox(*faults)
        database.create(self.url)
        repository = {"datacite_prefix": "10.5072", "datacite_repository_id": "DEMO.REPO", "datacite_url": self.api}
        page = "https://archive.example.org/{object_id}"
        change_settings.save_repository(
            "h", {**repository, "datacite_password": "env:PW", "landing_page": page, **settings}
        )
        with database.write():
            for number in range(self.jobs):
                record = records.save(str(number), metadata=METADATA).record
                targets.mint(record, Wanted.FINDABLE, actor="test")

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_sandbox(self, *faults: str) -> None:
        """At the same port and with the same DOIs, if there was one before."""
        options = [word for fault in faults for word in ("--fault", fault)]
        state = ("--state", str(self.place / "sandbox.db"), *self.sandbox_options)
        self.sandbox = doitui("sandbox", "--port", str(self.port), *state, *options, stdout=subprocess.PIPE)
        self.processes.append(self.sandbox)
        assert self.sandbox.stdout
        self.port = int(self.sandbox.stdout.readline().rpartition(":")[2])

    def faults(self, *specs: str) -> None:
        requests.post(f"{self.api}/_faults", json={"faults": specs}, timeout=PATIENCE).raise_for_status()

    @contextmanager
    def nobody_accepts(self) -> Iterator[None]:
        """While the block runs somebody listens at the sandbox's port and takes no connection."""
        with socket.socket() as listener, closing_all() as fillers:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            listener.listen(0)
            self.port = listener.getsockname()[1]
            # What waits to be accepted fills the line; whoever comes then hangs.
            with suppress(TimeoutError):
                while True:
                    fillers.append(socket.create_connection(("127.0.0.1", self.port), timeout=0.2))
            yield

    def worker(self, *options: str, drain: bool = True, **env: str) -> subprocess.Popen[str]:
        drains = ["--drain"] if drain else []
        return self.run("work", "--json", *drains, *options, env=env)

    def run(self, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """The program, under way."""
        process = doitui(
            *("--database", self.url, *command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env or {}
        )
        self.processes.append(process)
        return process

    def workers(self, number: int, *options: str, **more: Any) -> list[subprocess.Popen[str]]:
        return [self.worker(*options, **more) for _ in range(number)]

    def requests(self) -> list[dict[str, Any]]:
        return list(requests.get(f"{self.api}/_requests", timeout=PATIENCE).json()["requests"])

    def wait_for(self, number: int) -> None:
        """Wait until so many requests have come to the sandbox."""
        wait_until(lambda: len(self.requests()) >= number, f"{number} requests")

    def kill(self, worker: subprocess.Popen[str]) -> None:
        worker.kill()
        worker.communicate()

    def end(self, *workers: subprocess.Popen[str]) -> dict[str, int]:
        """Wait until these workers have nothing more to do; their outcomes by kind."""
        outcomes: Counter[str] = Counter()
        for worker in workers:
            said, complained = worker.communicate(timeout=PATIENCE)
            assert worker.returncode == 0, complained
            outcomes.update(json.loads(said)["outcomes"])
        return outcomes

    def end_whatever(self, *workers: subprocess.Popen[str]) -> None:
        """Wait until these workers have ended, whatever they say."""
        for worker in workers:
            worker.communicate(timeout=PATIENCE)

    def seconds_to_stop(self, worker: subprocess.Popen[str]) -> float:
        """How long it took to end after SIGTERM."""
        begin = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        self.said = worker.communicate(timeout=PATIENCE)
        return time.monotonic() - begin

    def finish(self, number: int = 2) -> dict[str, int]:
        """What was left behind is taken up by new workers."""
        return self.end(*self.workers(number))

    def reconnect(self) -> None:
        """After the server's restart this process's connection is a dead one."""
        database.close()
        database.open(self.url)

    def hours_pass(self) -> None:
        """Whatever waits is due."""
        now = database.now()
        with database.write():
            models.Job.update(scheduled_at=now).where(
                models.Job.kind == "write", models.Job.status.in_(("pending", "uncertain"))
            ).execute()
            models.RateLimit.update(canary_at=now).where(models.RateLimit.canary_at > now).execute()

    def close(self) -> None:
        for process in self.processes:
            if process.returncode is None:
                process.kill()
                process.communicate()
        database.close()

    # What there is.

    def statuses(self) -> Counter[str]:
        return Counter(status for (status,) in models.Doi.select(models.Doi.status).tuples())

    def dois_per_record(self) -> Counter[int]:
        return Counter(Counter(record for (record,) in models.Doi.select(models.Doi.record).tuples()).values())

    def made(self) -> Counter[int]:
        """How many DOIs the sandbox made once, twice …"""
        creations = [one["doi"] for one in self.requests() if one["status"] == 201]
        return Counter(Counter(creations).values())

    def open_jobs(self) -> list[tuple[Any, ...]]:
        """Writes that are not carried out."""
        job = models.Job
        found = job.select(job.id, job.status, job.cause, job.attempts)
        return list(found.where(job.kind == "write", job.status.in_(job_kinds.OPEN)).tuples())

    def in_hand(self) -> dict[str, int]:
        """Jobs in the hands of a worker: how many it has begun, and how many not."""
        job, attempt = models.Job, models.Attempt
        held = {row.subject_id for row in job.select().where(job.kind == "write", job.status == "processing")}
        begun = {row.doi_id for row in attempt.select().where(attempt.finished_at == 0)} & held
        return {"begun": len(begun), "not begun": len(held - begun)}

    def attempts(self) -> Counter[int]:
        """How often the writes were tried."""
        return Counter(job.attempts for job in models.Job.select().where(models.Job.kind == "write"))


@contextmanager
def closing_all() -> Iterator[list[socket.socket]]:
    sockets: list[socket.socket] = []
    try:
        yield sockets
    finally:
        for one in sockets:
            with closing(one):
                pass


@pytest.fixture
def trial(database_url: str, tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(database_url, tmp_path)
    yield trial
    trial.close()


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[[Callable[[], Any], str], None]:
    """`wait_until(came_true, what)` looks until it is; fails after PATIENCE seconds."""
    return wait_until


@contextmanager
def no_writing(trial: Trial) -> Iterator[None]:
    """While the block runs no result can be written: the whole database on SQLite, the jobs on PostgreSQL."""
    if trial.url.startswith("sqlite"):
        with closing(sqlite3.connect(trial.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    import psycopg

    with psycopg.connect(trial.url) as other:
        other.execute("LOCK TABLE job IN SHARE MODE")
        yield
        other.rollback()


@pytest.fixture
def missing() -> Callable[[str], None]:
    """`missing(reason)` skips here and fails in CI, as for all that a test needs and does not find."""

    def leave(reason: str) -> None:
        if os.environ.get("CI"):
            pytest.fail(f"{reason} (this is CI, where it must be there)")
        pytest.skip(reason)

    return leave


@pytest.fixture
def locked() -> Callable[[Trial], Any]:
    """`with locked(trial)`: no result can be written while the block runs."""
    return no_writing


@pytest.fixture
def holds() -> Callable[[Trial], bool]:
    """What no kill may break: all findable, one DOI a record, made once, no job left open. Says what does not hold."""

    def check(trial: Trial) -> bool:
        assert (trial.open_jobs(), trial.statuses()) == ([], {"findable": trial.jobs})
        assert (trial.dois_per_record(), trial.made()) == ({1: trial.jobs}, {1: trial.jobs})
        return True

    return check

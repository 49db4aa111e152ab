"""Real processes: a sandbox, workers that are killed, and what must hold afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui_core import database, dois, models, queue, records, repositories
from doitui_core.states import Wanted

#: 2,000 where nobody waits for it: DOITUI_CRASH_JOBS=2000. Every tenth of the second number hangs for five seconds.
JOBS = int(os.environ.get("DOITUI_CRASH_JOBS", "400"))
HANGING_JOBS = int(os.environ.get("DOITUI_CRASH_JOBS", "100"))

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
    environment = {**os.environ, "PW": "demo"}
    return subprocess.Popen([program, *arguments], text=True, env=environment, **options)


class Trial:
    """Many records to mint, and the processes that do it."""

    def __init__(self, url: str, jobs: int = JOBS) -> None:
        self.url = url
        self.jobs = jobs
        self.hanging_jobs = HANGING_JOBS
        self.processes: list[subprocess.Popen[str]] = []

    def begin(self, *faults: str, **settings: str) -> None:
        self.api = self._sandbox(faults)
        database.create(self.url)
        repository = {"datacite_prefix": "10.5072", "datacite_repository_id": "DEMO.REPO", "datacite_url": self.api}
        page = "https://archive.example.org/{object_id}"
        repositories.put("h", {**repository, "datacite_password": "env:PW", "landing_page": page, **settings})
        with database.write():
            for number in range(self.jobs):
                record = records.save(str(number), metadata=METADATA)
                dois.request(record, Wanted.FINDABLE, actor="test")

    def _sandbox(self, faults: tuple[str, ...]) -> str:
        options = [word for fault in faults for word in ("--fault", fault)]
        process = doitui("sandbox", "--port", "0", *options, stdout=subprocess.PIPE)
        self.processes.append(process)
        assert process.stdout
        return process.stdout.readline().split()[-1]

    def worker(self) -> subprocess.Popen[str]:
        process = doitui("--database", self.url, "work", "--drain", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.processes.append(process)
        return process

    def requests(self) -> list[dict[str, Any]]:
        return list(requests.get(f"{self.api}/_requests", timeout=PATIENCE).json()["requests"])

    def wait_for(self, share: float) -> None:
        """Wait until the sandbox has made that share of the DOIs."""
        over = threading.Event()
        for _ in range(PATIENCE * 20):
            if len(self.requests()) >= share * self.jobs:
                return
            over.wait(0.05)
        raise AssertionError(f"the workers never came to {share:.0%}")

    def end(self, *workers: subprocess.Popen[str]) -> None:
        """Wait until these workers have nothing more to do."""
        for worker in workers:
            _, said = worker.communicate(timeout=PATIENCE)
            assert worker.returncode == 0, said

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()
        database.close()

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
        return list(found.where(job.kind == "write", job.status.in_(queue.OPEN)).tuples())


@pytest.fixture
def trial(database_url: str) -> Iterator[Trial]:
    trial = Trial(database_url)
    yield trial
    trial.close()


@pytest.fixture
def holds() -> Callable[[Trial], None]:
    """What no kill may break: all findable, one DOI a record, made once, no job left open."""

    def check(trial: Trial) -> None:
        assert (trial.open_jobs(), trial.statuses()) == ([], {"findable": trial.jobs})
        assert (trial.dois_per_record(), trial.made()) == ({1: trial.jobs}, {1: trial.jobs})

    return check

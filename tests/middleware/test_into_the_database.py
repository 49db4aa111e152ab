"""From the answer of a site to the database, while whatever stands between is killed at random."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from doitui_core.db.models import UsageHit

from .conftest import Spool
from .serving import GUNICORN, load, running

REQUESTS = 400
ANSWERS_A_KILL = 20


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finding the workers needs Linux's /proc")
def test_every_answered_view_is_in_the_database_once(store: str, tmp_path: Path, spool: Spool) -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    chance = random.Random(5)
    command = [sys.executable, "-m", "doitui", "--database", store, "usage", "drain", "--spool", str(spool.directory)]
    killed: list[int] = []
    over = threading.Event()

    def drain_and_be_killed() -> None:
        while not over.is_set():
            drain = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            over.wait(chance.uniform(0.3, 1.5))
            drain.kill()
            drain.wait()

    def kill(answers: int) -> None:
        living = sorted(set(server.workers()) - set(killed))
        if answers % ANSWERS_A_KILL == 0 and living:
            killed.append(chance.choice(living))
            os.kill(killed[-1], signal.SIGKILL)

    with running((*GUNICORN, "--workers", "4"), tmp_path, spool.directory) as server:
        draining = threading.Thread(target=drain_and_be_killed)
        draining.start()
        answered = load(server, REQUESTS, clients=8, after_each=kill)
        over.set()
        draining.join()
    assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0

    kept = Counter(subject for (subject,) in UsageHit.select(UsageHit.subject).tuples())
    assert killed
    assert {key: kept[key] for key in answered} == dict.fromkeys(answered, 1)
    assert max(kept.values()) == 1
    assert spool.files() == []

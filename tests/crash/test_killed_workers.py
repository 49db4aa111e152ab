"""Workers die by SIGKILL in the middle of their work, held at each point from outside; nothing is lost and nothing is
made twice.
"""

from __future__ import annotations

import os
import random
from typing import Any

#: How many are minted around a kill at a named point, and by how many at the end: 2,000 by four where nobody waits for
#: it (DOITUI_CRASH_JOBS=2000).
FEW = int(os.environ.get("DOITUI_CRASH_JOBS", "24"))
WORKERS = 4 if FEW > 24 else 2


def test_four_workers_make_every_doi_once(trial: Any, holds: Any) -> None:
    trial.begin()
    trial.finish(4)
    assert holds(trial)


def test_a_kill_after_the_claim_loses_nothing(trial: Any, holds: Any, wait_until: Any) -> None:
    trial.jobs = FEW
    trial.begin("POST /dois latency seconds=30 count=1")
    worker = trial.worker("--threads", "1")
    wait_until(lambda: trial.in_hand() == {"begun": 1, "not begun": 1}, "one is begun and one is not")
    trial.kill(worker)
    trial.faults()
    trial.finish(WORKERS)
    assert holds(trial)


def test_a_kill_before_sending_loses_nothing(trial: Any, holds: Any, wait_until: Any) -> None:
    trial.jobs = FEW
    with trial.nobody_accepts():
        trial.begin(sandbox=False)
        worker = trial.worker("--threads", "4")
        wait_until(lambda: trial.in_hand()["begun"] == 4, "four are about to be sent")
        trial.kill(worker)
    trial.start_sandbox()
    trial.finish(WORKERS)
    assert holds(trial)


def test_a_kill_after_sending_makes_nothing_twice(trial: Any, holds: Any, wait_until: Any) -> None:
    trial.jobs = FEW
    trial.begin("POST /dois hang")
    worker = trial.worker("--threads", "4")
    wait_until(lambda: trial.made() == {1: 4}, "four are made and not answered")
    trial.kill(worker)
    assert trial.in_hand()["begun"] == 4
    trial.faults()
    trial.finish(WORKERS)
    assert holds(trial)


def test_a_kill_before_the_commit_makes_nothing_twice(trial: Any, holds: Any, locked: Any, wait_until: Any) -> None:
    trial.jobs = FEW
    trial.begin("POST /dois latency seconds=1 count=4")
    worker = trial.worker("--threads", "4")
    wait_until(lambda: trial.in_hand()["begun"] == 4, "four are sent")
    with locked(trial):
        wait_until(lambda: trial.made() == {1: 4}, "four are answered")
        trial.kill(worker)
    assert trial.in_hand()["begun"] == 4
    trial.finish(WORKERS)
    assert holds(trial)


def test_killing_workers_at_random_loses_nothing(trial: Any, holds: Any) -> None:
    trial.begin()
    workers = trial.workers(4)
    for tenth in range(1, 9):
        trial.wait_for(trial.jobs * tenth // 10)
        victim = random.randrange(4)
        trial.kill(workers[victim])
        workers[victim] = trial.worker()
    trial.end(*workers)
    assert holds(trial)

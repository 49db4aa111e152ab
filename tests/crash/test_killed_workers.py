"""Workers die by SIGKILL in the middle of their work; nothing is lost and nothing is made twice."""

from __future__ import annotations

import random
from typing import Any


def test_two_workers_make_every_doi_once(trial: Any, holds: Any) -> None:
    trial.begin()
    trial.end(trial.worker(), trial.worker())
    holds(trial)


def test_killing_one_of_two_workers_again_and_again_loses_nothing(trial: Any, holds: Any) -> None:
    trial.begin()
    workers = [trial.worker(), trial.worker()]
    for share in 0.2, 0.5, 0.7:
        trial.wait_for(share)
        victim = random.randrange(2)
        workers[victim].kill()
        workers[victim] = trial.worker()
    trial.end(*workers)
    holds(trial)


def test_a_server_that_does_the_work_and_hangs_makes_nothing_twice(trial: Any, holds: Any) -> None:
    trial.jobs = trial.hanging_jobs
    trial.begin("POST /dois hang every=10", lease_seconds="10")
    workers = [trial.worker(), trial.worker()]
    trial.wait_for(0.5)
    workers[0].kill()
    workers[0] = trial.worker()
    trial.end(*workers)
    holds(trial)

"""A tombstone, and all that people, rules, workers and the network can do to it but bring it back by name."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from doitui_core.db.models import Job
from doitui_core.dois import targets
from doitui_core.errors import BadInput, Misconfigured, Refused, RemoteFailed
from doitui_core.operations import adoption, cron_runs, doi_actions
from doitui_core.queue import blocking, jobs, pruning
from doitui_core.records import records

#: The whole number where nobody waits for it: DOITUI_TEST_OPERATIONS=10000.
OPERATIONS = int(os.environ.get("DOITUI_TEST_OPERATIONS", "300"))

SEED = 2026

FAULTS = (
    "* /dois* status status=500 count=1",
    "* /dois* status status=429 seconds=60 count=1",
    "PUT /dois* status status=422 count=1",
    "* /dois* wrong-state count=1",
    "* /dois* html count=1",
    "* /dois* reset count=1",
)

FATES = ("answered", "answer lost", "late", "not sent", "killed before", "killed after", "killed, late")


@pytest.fixture
def tombstone(world: Any) -> Any:
    """Its minting was sent twice, and the first request is still on its way: it says `publish`."""
    world.record("1")
    doi_actions.mint("1")
    world.carry_out(world.claim(), "late")
    world.work_off()
    row = world.doi("1")
    assert row.status == "findable"
    doi_actions.deactivate(row.doi, reason="withdrawn", successor="10.5072/other")
    world.work_off()
    assert (world.doi("1").status, len(world.in_flight)) == ("tombstone", 1)
    return row


def cancel_a_job(chance: random.Random) -> None:
    job_rows = list(Job.select().where(Job.kind == "write", Job.status.in_(jobs.CANCELLABLE)))
    if job_rows:
        targets.cancel(chance.choice(job_rows).id)


def save_with_its_doi(world: Any, doi: str, chance: random.Random) -> None:
    metadata = {"doi": doi, "titles": [{"title": f"Letters {chance.random()}"}]}
    records.save("1", metadata={**world.metadata, **metadata}, repository="h", published=chance.random() < 0.7)


def work_badly(world: Any, chance: random.Random) -> None:
    hand = world.claim()
    if hand is not None:
        world.carry_out(hand, chance.choice(FATES))


def run_from_cron(world: Any, run: Callable[..., object], *arguments: int) -> None:
    world.wait_out_a_pause()
    run(*arguments, limit=1, threads=1)


def operations(world: Any, doi: str, chance: random.Random) -> list[Callable[[], object]]:
    states = ("draft", "registered", "findable")
    page = world.sandbox.url + "/heartbeat?"
    return [
        lambda: doi_actions.mint("1", state=chance.choice(states)),
        lambda: doi_actions.update(doi),
        lambda: doi_actions.set_url(doi, page + str(chance.random())),
        lambda: doi_actions.verify(doi),
        lambda: doi_actions.deactivate(doi, reason="again"),
        lambda: doi_actions.abandon(doi),
        lambda: adoption.adopt(doi),
        lambda: save_with_its_doi(world, doi, chance),
        lambda: cancel_a_job(chance),
        lambda: jobs.retry(every=True),
        lambda: world.sync(),
        lambda: run_from_cron(world, cron_runs.register),
        lambda: run_from_cron(world, cron_runs.verify, 24),
        lambda: pruning.prune(world.clock.now),
        lambda: blocking.pause(world.repository(), chance.random() < 0.2),
        lambda: world.sandbox.faults.replace(chance.sample(FAULTS, chance.randrange(2))),
        lambda: world.forward(seconds=chance.choice((1, 30, 299, 301, 3600, 86_400))),
        lambda: world.in_flight and world.arrive(chance.randrange(len(world.in_flight))),
        lambda: work_badly(world, chance),
        lambda: world.work(),
        lambda: world.work_off(),
    ]


def test_a_tombstone_survives_whatever_is_done_to_it(world: Any, tombstone: Any) -> None:
    chance = random.Random(SEED)
    possible = operations(world, tombstone.doi, chance)
    for number in range(OPERATIONS):
        with suppress(Refused, BadInput, RemoteFailed, Misconfigured):
            chance.choice(possible)()
        assert world.doi("1").wanted == "tombstone", number
    blocking.pause(world.repository(), False)
    world.settle()
    assert (world.state_there(tombstone), world.doi("1").status) == ("registered", "tombstone")
    assert world.unsettled() == []

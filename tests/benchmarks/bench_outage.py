"""After an outage: how long until all that has waited is minted, from the canary's flight to the last answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import generated
import requests
from ground import DOITUI, REPOSITORY, Ground, Row, on_both, run, sandbox, seconds

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Job, RateLimit
from doitui_core.operations import bulk_mint, change_settings
from doitui_core.records import importing
from doitui_core.views import dashboard_counts
from doitui_core.worker import worker

JOBS, THREADS = 10_000, 8

PASSWORD = "demo"


def rows(ground: Ground) -> list[Row]:
    """Seconds until the queue is empty, and what the outage cost."""
    return on_both(ground, _outage, "after an outage")


def _outage(ground: Ground, name: str) -> list[Row]:
    count = ground.sized(JOBS)
    with ground.store(name) as url, sandbox() as address:
        _queue(ground, address, count)
        with _away(address):
            _work_until_the_breaker_opens()
        met = Job.select().where(Job.cause != "").count()
        RateLimit.update(canary_at=database.now()).execute()
        database.close()
        took = seconds(lambda: _drain(url, count))
        database.open(url)
        spent = Job.select().where(Job.attempts > 1).count()
        if spent:
            raise RuntimeError(f"the outage cost {spent} jobs an attempt")
    return [
        Row(f"drain {count:,} mints after an outage, {THREADS} threads, {name}", took, "s", beside=f"{met} had met it"),
        Row(f"  as a rate, {name}", count / took, "DOIs/s"),
    ]


def _queue(ground: Ground, address: str, count: int) -> None:
    config = repositories.config(change_settings.save_repository("hollin", {**REPOSITORY, "datacite_url": address}))
    path = generated.jsonl(ground.folder / "outage.jsonl", count)
    list(importing.files([path], config, importing.ImportOptions()))
    bulk_mint.mint(limit=0)


@contextmanager
def _away(address: str) -> Iterator[None]:
    """While the block runs the server behind the gateway is out of order."""
    requests.post(f"{address}/_faults", json={"faults": ["* /dois* status status=503"]}, timeout=60).raise_for_status()
    yield
    requests.delete(f"{address}/_faults", timeout=60).raise_for_status()


def _work_until_the_breaker_opens() -> None:
    with mock.patch.dict(os.environ, BENCH_PASSWORD=PASSWORD):
        worker.run(drain=True, threads=THREADS)
    if not RateLimit.select().where(RateLimit.opened_at > 0).exists():
        raise RuntimeError("the breaker did not open")


def _drain(url: str, count: int) -> None:
    command = (DOITUI, "--database", url, "work", "--drain", "--threads", str(THREADS), "--json")
    run(*command, BENCH_PASSWORD=PASSWORD)
    database.open(url)
    completed = dashboard_counts.overview()["dois"]["findable"]
    database.close()
    if completed != count:
        raise RuntimeError(f"{completed} of {count} are minted")

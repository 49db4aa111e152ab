"""A house of a million DOIs: does every list open at once, and does a claim find its jobs?

Times are of warm calls through the core, as the CLI makes them: the first one does not count. Two situations: a few
DOIs with each mark (the common one, and the hard one for a plan that reads along the newest), then many.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import filling
import plans
from ground import Ground, Row, on_both, seconds

from doitui_core import clock
from doitui_core.db import database
from doitui_core.db.models import Doi, Job
from doitui_core.dois import doi_rows, mint_candidates
from doitui_core.domain.states import Wanted
from doitui_core.queue import jobs
from doitui_core.queue.jobs import Policy
from doitui_core.views import dashboard_counts, lists

DOIS, JOBS, MANY_JOBS = 1_000_000, 1_000_000, 10_000_000

#: Calls for each figure; a call that takes long is asked less often.
CALLS, LEAST_CALLS, PATIENCE = 20, 3, 1.0

#: A list query slower than this is explained (`--explain`).
SLOW_MS = 20.0

POLICY = Policy(lease=timedelta(minutes=5), backoff=timedelta(minutes=5))

Calls = dict[str, Callable[[], object]]


def rows(ground: Ground) -> list[Row]:
    """Medians in milliseconds, the longest call beside them."""
    return on_both(ground, lambda ground, name: list(_house(ground, name)), "a million DOIs")


def _house(ground: Ground, name: str) -> Iterator[Row]:
    count, jobs = ground.sized(DOIS), ground.sized(MANY_JOBS if ground.large else JOBS)
    with ground.store(name) as url:
        took = seconds(lambda: filling.house(count, jobs))
        _few(count)
        database.open(url, durable=False)
        there = f"filled in {took:.0f} s"
        yield Row(f"{count:,} DOIs, {jobs:,} jobs: size, {name}", filling.size_mb(), "MB", beside=there)
        yield _row(ground, f"overview(), {name}", dashboard_counts.overview, most=10)
        for what, call in (_lists(count) | _marks("5") | _jobs("5") | _others(count)).items():
            yield _row(ground, f"{what}, {name}", call)
        yield _row(ground, f"batch mint: candidates counted, {name}", _candidates)
        _many(count)
        shares = {"failed": "1 %", "uncertain": "1 %", "changed": "5 %", "pending": "10 %"}
        for what, call in (_marks(shares) | _jobs(shares) | _claims(count)).items():
            yield _row(ground, f"{what}, {name}", call)


def _row(ground: Ground, what: str, call: Callable[[], object], most: float | None = None) -> Row:
    call()
    took: list[float] = []
    while len(took) < CALLS and (len(took) < LEAST_CALLS or sum(took) < PATIENCE):
        took.append(seconds(call))
    median, longest = statistics.median(took) * 1000, max(took) * 1000
    if ground.explain and median > SLOW_MS and "claim" not in what:
        plans.show(what, call)
    return Row(what, median, "ms", most=most, beside=f"max {longest:.1f}")


def _lists(count: int) -> Calls:
    newest = Doi.select(Doi.minted_at, Doi.id).order_by(Doi.minted_at.desc(), Doi.id.desc())
    oldest = Doi.select(Doi.minted_at, Doi.id).order_by(Doi.minted_at, Doi.id)
    middle, last = _key(newest.offset(count // 2)), _key(oldest.offset(lists.PAGE))
    return {
        "dois(), first page": lists.dois,
        "dois(after=middle)": lambda: lists.dois(after=middle),
        "dois(after=), last page": lambda: lists.dois(after=last),
        "dois(state=findable), 90 %": lambda: lists.dois(state="findable"),
        "dois(state=tombstone), 1 %": lambda: lists.dois(state="tombstone"),
        "dois(state=unregistered), 7 %": lambda: lists.dois(state="unregistered"),
        "dois(state=verified), 65 %": lambda: lists.dois(state="verified"),
        "dois(state=mismatch), none": lambda: lists.dois(state="mismatch"),
        "dois(repository=maps), 1 %": lambda: lists.dois(repository="maps"),
        "dois(repository=maps, after=middle)": lambda: lists.dois(repository="maps", after=middle),
        "dois(text=), in many titles": lambda: lists.dois(text="harbour"),
        "dois(text=), in one object id": lambda: lists.dois(text=f"HO-{count // 2:08}"),
        "dois(text=), in none": lambda: lists.dois(text="nowhere"),
    }


def _key(query: Any) -> str:
    """The key of the first row of `query`, as `Page.next` would have it."""
    ((minted, number),) = query.limit(1).tuples()
    return f"{clock.micros(minted)}-{number}"


def _marks(shares: str | dict[str, str]) -> Calls:
    def share(mark: str) -> str:
        return shares if isinstance(shares, str) else shares[mark]

    return {
        f"dois(state={mark}), {share(mark)}": partial(lists.dois, state=mark)
        for mark in ("failed", "uncertain", "changed", "pending")
    }


def _jobs(shares: str | dict[str, str]) -> Calls:
    def share(status: str) -> str:
        return shares if isinstance(shares, str) else shares[status]

    return {
        f"jobs(status={status}), {share(status)}": partial(lists.jobs, status=status)
        for status in ("failed", "pending")
    }


def _others(count: int) -> Calls:
    first = Job.select(Job.id).order_by(Job.id).limit(1).scalar()
    return {
        "jobs(), first page": lists.jobs,
        "jobs(after=), last page": lambda: lists.jobs(after=str(first + lists.PAGE)),
        "jobs(status=completed), nearly all": lambda: lists.jobs(status="completed"),
        "records(), first page": lists.records,
        "records(repository=maps), 1 %": lambda: lists.records(repository="maps"),
        "find(doi)": lambda: doi_rows.find(f"10.5072/HOLLIN/2026/ho-{count // 2:08}"),
        "doi(id), its own page": lambda: lists.doi(count // 2),
    }


def _claims(count: int) -> Calls:
    due = f"among {count // 10:,} pending"
    return {
        f"due(8) {due}": lambda: jobs.due(1, 8),
        f"claim(8) {due}": lambda: jobs.claim("bench", 1, POLICY, 8),
    }


def _candidates() -> object:
    """What `batch mint` counts before it begins."""
    return mint_candidates.mintable("", Wanted.FINDABLE).count()


def _few(count: int) -> None:
    """Five DOIs of each mark, spread over the whole."""
    failed, uncertain, changed, pending = (
        "IN ({})".format(", ".join(str(count * (2 * part + 1) // 10 + shift) for part in range(5)))
        for shift in range(4)
    )
    _mark(f"id {failed}", f"id {uncertain}", f"id {changed}", f"id {pending}")


def _many(count: int) -> None:
    """A bad day: one in a hundred failed, another one uncertain, 5 changed, 10 pending."""
    failed, uncertain, changed, pending = (
        # id modulo n; neither MOD nor % is the same on both databases.
        f"id - id / {every} * {every} = {rest} AND id <= {count}"
        for every, rest in ((100, 11), (100, 22), (20, 7), (10, 3))
    )
    _mark(failed, uncertain, changed, pending)


def _mark(failed: str, uncertain: str, changed: str, pending: str) -> None:
    """Give the marks to the DOIs, and the jobs of the same ids, for which the conditions hold."""
    with database.write():
        filling.execute(f"UPDATE job SET status = 'failed', finished_at = 0 WHERE {failed}")
        filling.execute(f"UPDATE job SET status = 'pending', finished_at = 0 WHERE {pending}")
        filling.execute(f"UPDATE doi SET certainty = 'uncertain' WHERE {uncertain}")
        filling.execute(f"UPDATE doi SET changed = 1 WHERE {changed}")
    filling.set_counters()
    filling.settle()

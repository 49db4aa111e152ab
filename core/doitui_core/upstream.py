"""One row for each service and credential: how fast we may ask, shared by all processes and hosts.

Pace is GCRA: the row holds the instant at which the next request would arrive if all came evenly. A pause moves every
process at once: `Retry-After` is not one worker's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from doitui_core import database
from doitui_core.clock import micros
from doitui_core.models import Upstream
from doitui_core.repositories import Config

#: How many seconds' worth of requests may go out at once after a rest.
BURST_SECONDS = 4.0

SECOND = 1_000_000

#: After a 429, as after an outage, half the pace for so long.
SLOWED = timedelta(minutes=5)

#: The first canary flies after the shorter time; then each waits as long as the outage has lasted, up to the longer.
FIRST_CANARY = timedelta(seconds=60)
LAST_CANARY = timedelta(minutes=15)


def name(config: Config) -> str:
    """The row of a repository: repositories with the same account share it."""
    return f"rest {config.url} {config.text('datacite_repository_id')}".lower()


@dataclass(frozen=True, slots=True)
class Grant:
    """`tokens` requests may go out now; none: ask again after `wait` seconds.

    `canary`: the breaker is open and the one request only tries whether the outage is over. `open`: it is open.
    `suspect`: there was a fault not long ago, so a success is news. `not_job`: the job that met the last fault.
    """

    tokens: int
    wait: float = 0.0
    canary: bool = False
    open: bool = False
    suspect: bool = False
    not_job: int = 0


def take(name: str, wanted: int, rate: float | None) -> Grant:
    """Up to `wanted` tokens. `rate`: requests a second, None for no limit. A pause and the breaker hold for both."""
    moment = database.now()
    now = micros(moment)
    with database.write():
        row = locked(name)
        if row.paused_until is not None and row.paused_until > moment:
            return Grant(0, _seconds(row.paused_until, moment))
        if row.opened_at is not None:
            if _fly(row, moment):
                return Grant(1, canary=True, open=True, suspect=True, not_job=row.fault_job)
            return Grant(0, _seconds(row.canary_at or moment, moment), open=True)
        if rate is None:
            return Grant(wanted, suspect=row.faults > 0)
        slowed = row.slowed_until is not None and row.slowed_until > moment
        interval = SECOND / rate * (2 if slowed else 1)
        allowance = max(BURST_SECONDS * SECOND - interval, 0.0)
        arrival = max(row.arrival, now)
        room = now + allowance - arrival
        if room < 0:
            return Grant(0, -room / SECOND)
        granted = min(wanted, int(room // interval) + 1)
        _move(name, round(arrival + granted * interval))
    return Grant(granted, suspect=row.faults > 0)


def _fly(row: Upstream, now: datetime) -> bool:
    """Whether a canary may go now; then the next one has to wait."""
    assert row.opened_at is not None
    if row.canary_at is not None and row.canary_at > now:
        return False
    waited = min(max(now - row.opened_at, FIRST_CANARY), LAST_CANARY)
    Upstream.update(canary_at=now + waited).where(Upstream.name == row.name).execute()
    return True


def _seconds(until: datetime, now: datetime) -> float:
    return max((until - now).total_seconds(), 0.0)


def spend(name: str, rate: float | None) -> None:
    """Count a request that could not wait (the second one of a job): the next ones wait longer instead."""
    if rate is not None:
        with database.write():
            arrival = max(locked(name).arrival, micros(database.now()))
            _move(name, round(arrival + SECOND / rate))


def pause(name: str, until: datetime) -> None:
    """Nobody asks before `until`, and then half as fast for a while. A later pause is not shortened."""
    with database.write():
        if micros(locked(name).paused_until) < micros(until):
            slowed = until + SLOWED
            Upstream.update(paused_until=until, slowed_until=slowed).where(Upstream.name == name).execute()


def locked(name: str) -> Upstream:
    """The row, made when it is not there, held until the transaction ends."""
    row = database.for_update(Upstream.select().where(Upstream.name == name)).get_or_none()
    if row is None:
        Upstream.insert(name=name).on_conflict_ignore().execute()
        row = database.for_update(Upstream.select().where(Upstream.name == name)).get()
    return row


def _move(name: str, arrival: int) -> None:
    Upstream.update(arrival=arrival).where(Upstream.name == name).execute()

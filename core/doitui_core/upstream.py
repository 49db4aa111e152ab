"""One row for each service and credential: how fast we may ask, shared by all processes and hosts.

Pace is GCRA: the row holds the instant at which the next request would arrive if all came evenly. A pause moves every
process at once: `Retry-After` is not one worker's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from doitui_core import database, statements
from doitui_core.clock import EPOCH, micros
from doitui_core.jobs import Lane
from doitui_core.models import Upstream
from doitui_core.outcomes import Kind, Outcome
from doitui_core.repositories import Config

#: How many seconds' worth of requests may go out at once after a rest.
BURST_SECONDS = 4.0

SECOND = 1_000_000

#: After a 429, as after an outage, half the pace for so long.
SLOWED = timedelta(minutes=5)

#: The first canary flies after the shorter time; then each waits as long as the outage has lasted, up to the longer.
FIRST_CANARY = timedelta(seconds=60)
LAST_CANARY = timedelta(minutes=15)

#: The same where a credential is refused: somebody has to mend that, and who mends it says so.
LAST_LOOK = timedelta(days=1)


#: How the names of the rows of each lane begin.
_FIRST_WORD = {Lane.DOIS: "rest", Lane.EVENTS: "events", Lane.REPORTS: "reports"}


def name(config: Config, lane: Lane = Lane.DOIS) -> str:
    """The row of a repository: repositories with the same account (or token, known by its digest) share it."""
    url = {Lane.DOIS: "url", Lane.EVENTS: "events_url", Lane.REPORTS: "reports_url"}[lane]
    return f"{_FIRST_WORD[lane]} {getattr(config, url)} {_credential(config, lane)}".lower()


def _credential(config: Config, lane: Lane) -> str:
    token = "" if lane is Lane.DOIS else config.settings.secret("datacite_api_token")
    return f"token-{sha256(token.encode()).hexdigest()[:12]}" if token else config.text("datacite_repository_id")


def lane(name: str) -> Lane:
    """Which lane the row of that name is for."""
    first = name.partition(" ")[0]
    return next(lane for lane, word in _FIRST_WORD.items() if word == first)


def in_words(name: str) -> str:
    """What the row of that name is for: `DOIs of ABCD.REPO`."""
    return f"{lane(name).in_words} of {name.rpartition(' ')[2].upper() or '-'}"


@dataclass(frozen=True, slots=True)
class Grant:
    """`tokens` requests may go out now; none: ask again after `wait` seconds.

    `canary`: the breaker is open and the one request only tries whether the outage is over. `open`: it is open.
    `refused`: the service refuses our credential, and the one request only tries whether it still does.
    `suspect`: there was a fault not long ago, so a success is news. `not_job`: the job that met the last fault.
    """

    tokens: int
    wait: float = 0.0
    canary: bool = False
    open: bool = False
    refused: Outcome | None = None
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
            if _fly(row, moment, row.opened_at, LAST_CANARY):
                return Grant(1, canary=True, open=True, suspect=True, not_job=row.fault_job)
            return Grant(0, _seconds(row.canary_at or moment, moment), open=True)
        if row.blocked_at is not None:
            return Grant(int(_fly(row, moment, row.blocked_at, LAST_LOOK)), refused=_refusal(row), suspect=True)
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


def _fly(row: Upstream, now: datetime, since: datetime, longest: timedelta) -> bool:
    """Whether a canary may go now; then the next one has to wait as long as the trouble has lasted."""
    if row.canary_at is not None and row.canary_at > now:
        return False
    waited = min(max(now - since, FIRST_CANARY), longest)
    Upstream.update(canary_at=now + waited).where(Upstream.name == row.name).execute()
    return True


def _refusal(row: Upstream) -> Outcome:
    return Outcome(Kind.BLOCKED, row.blocked_cause, row.blocked_error)


def refuse(name: str, outcome: Outcome) -> bool:
    """Note that the service refuses our credential (or that nothing is there). False: that was known."""
    with database.write():
        row, now = locked(name), database.now()
        columns: dict[str, Any] = {"blocked_cause": outcome.cause, "blocked_error": outcome.message}
        if row.blocked_at is None:
            columns |= {"blocked_at": now, "canary_at": now + FIRST_CANARY}
        Upstream.update(**columns).where(Upstream.name == name).execute()
    return row.blocked_at is None


def accept(names: Iterable[str]) -> None:
    """Forget what was refused: the service takes our credential, or it is to be tried anew. In any transaction."""
    Upstream.update(blocked_at=None, blocked_cause="", blocked_error="", canary_at=None).where(
        Upstream.name.in_(list(names)), Upstream.blocked_at > EPOCH
    ).execute()


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


_LOCKED = statements.Select(lambda name: Upstream.select().where(Upstream.name == name), str, lock=True)


def locked(name: str) -> Upstream:
    """The row, made when it is not there, held until the transaction ends."""
    row = _LOCKED.first(name)
    if row is None:
        Upstream.insert(name=name).on_conflict_ignore().execute()
        row = _LOCKED.first(name)
        assert row is not None, "inserted this moment"
    return row


def _move(name: str, arrival: int) -> None:
    Upstream.update(arrival=arrival).where(Upstream.name == name).execute()

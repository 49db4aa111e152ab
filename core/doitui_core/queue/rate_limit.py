"""One row for each service and credential: how fast we may ask, shared by all processes and hosts.

Pace is GCRA: the row holds the instant at which the next request would arrive if all came evenly. A pause moves every
process at once: `Retry-After` is not one worker's business.

A stored time that is further ahead than its rule allows was written while the clock was wrong, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from doitui_core.clock import EPOCH, micros
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.models import RateLimit
from doitui_core.domain.job_kinds import Service
from doitui_core.domain.outcomes import LONGEST_WAIT, Outcome, OutcomeKind

#: How many seconds' worth of requests may go out at once after a rest.
BURST_SECONDS = 4.0

SECOND = 1_000_000

#: Requests that cannot wait (`spend`) delay the others by so many seconds at most, or by two intervals.
LONGEST_DEBT = 60.0

#: The longest pause; `outcomes` cuts a Retry-After to the same.
LONGEST_PAUSE = timedelta(seconds=LONGEST_WAIT)

#: After a 429, as after an outage, half the pace for so long.
SLOWED = timedelta(minutes=5)

#: The first probe goes after the shorter time; then each waits as long as the outage has lasted, up to the longer.
FIRST_PROBE = timedelta(seconds=60)
LAST_PROBE = timedelta(minutes=15)

#: The same where a credential is refused: somebody has to correct it, and then says so.
LAST_CREDENTIAL_PROBE = timedelta(days=1)


#: The cause of a 403: the credential is known and has no right to write.
NO_RIGHT = "forbidden"

#: How the names of the rows of each service begin.
_NAME_PREFIX = {Service.DOIS: "rest", Service.EVENTS: "events", Service.REPORTS: "reports"}


def name(config: Config, service: Service = Service.DOIS) -> str:
    """The row of a repository: repositories with the same account (or token, known by its digest) share it."""
    url = {Service.DOIS: "url", Service.EVENTS: "events_url", Service.REPORTS: "reports_url"}[service]
    return f"{_NAME_PREFIX[service]} {getattr(config, url)} {_credential(config, service)}".lower()


def _credential(config: Config, service: Service) -> str:
    token = "" if service is Service.DOIS else config.settings.secret("datacite_api_token")
    return f"token-{sha256(token.encode()).hexdigest()[:12]}" if token else config.text("datacite_repository_id")


def service_of(name: str) -> Service:
    """Which service the row of that name is for."""
    first = name.partition(" ")[0]
    return next(service for service, word in _NAME_PREFIX.items() if word == first)


def description(name: str) -> str:
    """What the row of that name is for: `DOIs of ABCD.REPO`."""
    return f"{service_of(name).label} of {name.rpartition(' ')[2].upper() or '-'}"


@dataclass(frozen=True, slots=True)
class Grant:
    """`tokens` requests may go out now; none: ask again after `wait` seconds.

    `probe`: the breaker is open and the one request only tries whether the outage is over. `open`: it is open.
    `refused`: the service refuses our credential, and the one request only tries whether it still does.
    `suspect`: there was a fault not long ago, so a success is news. `not_job`: the job that met the last fault.
    """

    tokens: int
    wait: float = 0.0
    probe: bool = False
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
        paused = paused_until(row, moment)
        if paused is not None:
            return Grant(0, _seconds(paused, moment))
        if row.opened_at is not None:
            if _take_probe(row, moment, row.opened_at, LAST_PROBE):
                return Grant(1, probe=True, open=True, suspect=True, not_job=row.fault_job)
            return Grant(0, _seconds(probe_due(row, moment), moment), open=True)
        if row.blocked_at is not None:
            return Grant(
                int(not switched_off(row) and _take_probe(row, moment, row.blocked_at, LAST_CREDENTIAL_PROBE)),
                refused=_refusal(row),
                suspect=True,
            )
        if rate is None:
            return Grant(wanted, suspect=row.faults > 0)
        interval = SECOND / rate * (2 if slowed_until(row, moment) else 1)
        allowance = max(BURST_SECONDS * SECOND - interval, 0.0)
        arrival = _arrival(row, now, interval)
        room = now + allowance - arrival
        if room < 0:
            return Grant(0, -room / SECOND)
        granted = min(wanted, int(room // interval) + 1)
        _move(name, round(arrival + granted * interval))
    return Grant(granted, suspect=row.faults > 0)


def paused_until(row: RateLimit, now: datetime) -> datetime | None:
    """Until when nobody may ask; None where no pause is in force."""
    return _ahead(row.paused_until, now, LONGEST_PAUSE)


def slowed_until(row: RateLimit, now: datetime) -> datetime | None:
    """Until when the pace is halved; None where it is not."""
    return _ahead(row.slowed_until, now, LONGEST_PAUSE + SLOWED)


def probe_due(row: RateLimit, now: datetime) -> datetime:
    """When the next probe may go where the breaker is open."""
    return _ahead(row.canary_at, now, LAST_PROBE) or now


def _ahead(at: datetime | None, now: datetime, longest: timedelta) -> datetime | None:
    """`at` where it lies ahead, and not further than its rule allows."""
    return at if at is not None and now < at <= now + longest else None


def _arrival(row: RateLimit, now: int, interval: float) -> int:
    """When the next request may arrive, in microseconds."""
    return row.arrival if now < row.arrival <= now + _longest_debt(interval) + BURST_SECONDS * SECOND else now


def _longest_debt(interval: float) -> float:
    return max(LONGEST_DEBT * SECOND, 2 * interval)


def _take_probe(row: RateLimit, now: datetime, since: datetime, longest: timedelta) -> bool:
    """Whether a probe may go now; then the next one has to wait as long as the trouble has lasted."""
    if _ahead(row.canary_at, now, longest) is not None:
        return False
    waited = min(max(now - since, FIRST_PROBE), longest)
    RateLimit.update(canary_at=now + waited).where(RateLimit.name == row.name).execute()
    return True


def switched_off(row: RateLimit) -> bool:
    """Whether events are not even probed for: our credential has no right to write them, which no time changes."""
    return row.blocked_at is not None and row.blocked_cause == NO_RIGHT and service_of(row.name) is Service.EVENTS


def _refusal(row: RateLimit) -> Outcome:
    return Outcome(OutcomeKind.BLOCKED, row.blocked_cause, row.blocked_error)


def refuse(name: str, outcome: Outcome) -> bool:
    """Note that the service refuses our credential (or that nothing is there). False: that was known."""
    with database.write():
        row, now = locked(name), database.now()
        columns: dict[str, Any] = {"blocked_cause": outcome.cause, "blocked_error": outcome.message}
        if row.blocked_at is None:
            columns |= {"blocked_at": now, "canary_at": now + FIRST_PROBE}
        RateLimit.update(**columns).where(RateLimit.name == name).execute()
    return row.blocked_at is None


def accept(names: Iterable[str]) -> None:
    """Forget what was refused: the service takes our credential, or it is to be tried anew. In any transaction."""
    RateLimit.update(blocked_at=None, blocked_cause="", blocked_error="", canary_at=None).where(
        RateLimit.name.in_(list(names)), RateLimit.blocked_at > EPOCH
    ).execute()


def _seconds(until: datetime, now: datetime) -> float:
    return max((until - now).total_seconds(), 0.0)


def spend(name: str, rate: float | None) -> None:
    """Count a request that could not wait (the second one of a job): the next ones wait longer instead."""
    if rate is not None:
        with database.write():
            now, interval = micros(database.now()), SECOND / rate
            arrival = _arrival(locked(name), now, interval) + interval
            _move(name, round(min(arrival, now + _longest_debt(interval))))


def pause(name: str, until: datetime) -> None:
    """Nobody asks before `until`, an hour at most, then half as fast for a while. A later pause is not shortened."""
    with database.write():
        row, now = locked(name), database.now()
        until = min(until, now + LONGEST_PAUSE)
        if micros(paused_until(row, now)) < micros(until):
            slowed = until + SLOWED
            RateLimit.update(paused_until=until, slowed_until=slowed).where(RateLimit.name == name).execute()


def resume(name: str) -> bool:
    """Ask again at once, whatever was the cause of the wait; whether there was one. Inside `database.write()`."""
    row, now = RateLimit.get_or_none(RateLimit.name == name), database.now()
    if row is None:
        return False
    columns: dict[str, Any] = {"paused_until": None, "arrival": min(row.arrival, micros(now))}
    if row.opened_at is not None:
        columns["canary_at"] = now
    RateLimit.update(**columns).where(RateLimit.name == name).execute()
    return row.opened_at is not None or paused_until(row, now) is not None


_LOCKED = prepared.Select(lambda name: RateLimit.select().where(RateLimit.name == name), str, lock=True)


def locked(name: str) -> RateLimit:
    """The row, made when it is not there, locked until the transaction ends."""
    row = _LOCKED.first(name)
    if row is None:
        RateLimit.insert(name=name).on_conflict_ignore().execute()
        row = _LOCKED.first(name)
        assert row is not None, "inserted this moment"
    return row


def _move(name: str, arrival: int) -> None:
    RateLimit.update(arrival=arrival).where(RateLimit.name == name).execute()

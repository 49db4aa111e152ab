"""Why events are not sent: one sentence, and the command that fixes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import Event, Repository, UsageHit, UsageSpool, Worker
from doitui_core.domain.event_states import EventState
from doitui_core.domain.job_kinds import Service
from doitui_core.errors import Misconfigured
from doitui_core.queue import blocking, breaker, finished_runs, heartbeats, jobs, rate_limit
from doitui_core.usage import spool_place
from doitui_core.views import dashboard_counts

#: Failed events that are looked at for a common cause, and submitted ones for one of ours.
LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, and what to do. `status`: the HTTP status behind it, 0 for none. `refused`: the cause for
    which the service refuses us; empty where it does not. `kept`: events are kept and not sent because we have no right
    to write them at `kept`: an address, or DataCite. That is no fault.
    """

    message: str
    remedy: str
    status: int = 0
    refused: str = ""
    kept: str = ""


def diagnosis() -> Diagnosis | None:
    """What keeps events from going out; None where nothing does. Cheap: counters, and a look at the last failures."""
    return _refused() or _no_worker() or _one_cause() or _not_permitted()


def _refused() -> Diagnosis | None:
    row = next((row for row in blocking.refused(Service.EVENTS) if not rate_limit.switched_off(row)), None)
    if row is None:
        return None
    status = Event.select(Event.response_status).where(Event.state == "failed", Event.cause == row.blocked_cause)
    code = status.order_by(Event.id.desc()).limit(1).scalar() or 0
    waiting = dashboard_counts.events()[EventState.PENDING]
    message = f"events are refused: {row.blocked_error} ({waiting:,} waiting)"
    return Diagnosis(message, _remedy(row.blocked_cause), code, row.blocked_cause)


#: Said of DataCite, where this is so for everybody.
KEPT = "events are kept, not sent: DataCite lets only its staff write them; usage reports go instead"


def _not_permitted() -> Diagnosis | None:
    row = next((row for row in blocking.refused(Service.EVENTS) if rate_limit.switched_off(row)), None)
    if row is None:
        return None
    waiting = dashboard_counts.events()[EventState.PENDING]
    place = next(filter(None, map(_own_address, _sharing(row.name))), "")
    message = f"events are kept, not sent: this account may not write them at {place}" if place else KEPT
    remedy = "doitui event flush   # tries again"
    return Diagnosis(f"{message} ({waiting:,} kept)", remedy, 403, row.blocked_cause, place or "DataCite")


def waiting() -> int:
    """How many events are pending."""
    return dashboard_counts.events()[EventState.PENDING]


def _sharing(name: str) -> list[Config]:
    return [repositories.config(row) for row, other in breaker.rate_limits(Service.EVENTS) if other == name]


def _own_address(config: Config) -> str:
    """Where events go, if not to DataCite."""
    return config.text("events_url").strip()


def _is_off() -> bool:
    """Whether all active repositories have no right to write events."""
    off = {row.name for row in blocking.refused(Service.EVENTS) if rate_limit.switched_off(row)}
    return bool(off) and off >= {name for row, name in breaker.rate_limits(Service.EVENTS) if row.active}


def _no_worker() -> Diagnosis | None:
    counts = dashboard_counts.events()
    if _is_off():
        return None
    if not counts[EventState.PENDING] or Worker.select().where(heartbeats.alive()).exists():
        return None
    if finished_runs.between_runs():
        return None
    if not any(jobs.due(row.id, 1, service=Service.EVENTS) for row in Repository.select()):
        return None  # usage is submitted once a day: nothing is due yet
    pending = counts[EventState.PENDING]
    every = "all" if pending == sum(counts.values()) > 1 else f"{pending:,}"
    are = "event is" if pending == 1 else "events are"
    return Diagnosis(f"{every} {are} pending and no worker is running", "doitui work   # or: doitui event flush")


def _one_cause() -> Diagnosis | None:
    counts = dashboard_counts.events()
    if not counts[EventState.FAILED] or counts[EventState.SUBMITTED]:
        return None
    failed = Event.select().where(Event.state == str(EventState.FAILED)).order_by(Event.id.desc())
    row = failed.first()
    causes: Any = failed.select(Event.cause).limit(LOOKED_AT).tuples()
    if row is None or {cause for (cause,) in causes} - {row.cause}:
        return None
    many = counts[EventState.FAILED]
    tried = "the only attempted event failed" if many == 1 else f"all {many:,} attempted events failed for one reason"
    message = f"{tried}: {row.last_error}"
    return Diagnosis(message, _remedy(row.cause), row.response_status)


def _submitted(column: Any) -> Any:
    return Event.select(column).where(Event.state == str(EventState.SUBMITTED)).order_by(Event.id.desc())


def _remedy(cause: str) -> str:
    return {
        "credentials": "doitui setting set datacite_api_token --stdin",
        "configuration": "doitui setting unset events_url   # or set the right address, or event_source_token",
    }.get(cause, "doitui event list --state failed")


@dataclass(frozen=True, slots=True)
class EventService:
    """Where the events of a repository go, `per_minute` at most. `url` empty: `wrong` says why."""

    repository: str
    url: str
    per_minute: int
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The state of events and the spool. `spool`: `files` and `bytes` that wait to be counted;
    `drained`: when the last visit was that was drained from it, `rejected`: lines that could not be read.
    """

    counts: dict[str, int]
    links: list[EventService]
    diagnosis: Diagnosis | None
    last: datetime | None
    spool: dict[str, int]
    drained: datetime | None
    rejected: int


def overview() -> Health:
    """One view of all of it. A read."""
    with database.read():
        links = [_link(repositories.config(row)) for row in repositories.all_repositories() if row.active]
        hit = UsageHit.select(UsageHit.at).order_by(UsageHit.at.desc()).limit(1).scalar()
        rejected = UsageSpool.select(peewee.fn.SUM(UsageSpool.rejected)).scalar() or 0
        last = _submitted(Event.submitted_at).limit(1).scalar()
        return Health(dashboard_counts.events(), links, diagnosis(), last, spool_place.waiting(), hit, int(rejected))


def _link(config: Config) -> EventService:
    try:
        return EventService(config.code, config.events_url, round(config.event_rate * 60))
    except Misconfigured as error:
        return EventService(config.code, "", 0, str(error))

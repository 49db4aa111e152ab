"""What the dashboard shows: newest DOIs, queue rate, services, alerts. Its counts are in `dashboard_counts`.

Each reads a bounded number of rows, however large the archive is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee

from doitui_core.clock import micros
from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Attempt, Doi, Job, RateLimit, Worker
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.domain.states import Verification
from doitui_core.errors import Misconfigured
from doitui_core.notify.notices import ADVICE
from doitui_core.queue import finished_runs, heartbeats, rate_limit
from doitui_core.views import causes, dashboard_counts, event_health, windows
from doitui_core.views.filters import Filter
from doitui_core.views.rows import DoiRow

#: The last jobs read for the rate, the last requests read for a service, the most causes listed.
JOBS, REQUESTS, CAUSES = 2_000, 50, 20

#: Minutes of an hour; microseconds of a minute.
HOUR, MINUTE = 60, 60_000_000


@dataclass(frozen=True, slots=True)
class QueuePace:
    """`waiting` jobs, the `oldest` since when; `rate` a minute (None: nothing was done lately); `minutes`: jobs done in
    each of the last 60, oldest first, None where more were done than are looked at.
    """

    waiting: int
    oldest: datetime | None
    rate: float | None
    minutes: tuple[int | None, ...]

    @property
    def left(self) -> timedelta | None:
        """How long the queue will take at this rate; None if unknown."""
        return timedelta(minutes=self.waiting / self.rate) if self.rate and self.waiting else None


@dataclass(frozen=True, slots=True)
class ServiceLink:
    """A service we send to. `state`: ok, out, refused, off (no right to write events), paused or slowed; of the last
    `requests` that were looked at `faulty` went wrong, and `milliseconds` is what they took (median).
    """

    name: str
    state: str
    until: datetime | None
    milliseconds: int | None
    faulty: int
    requests: int


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that needs attention. `level`: FAIL or WARN; `number`: of how many, 0 where `what` says it.

    `leads_to`: (section, filter) where it can be seen. `cause`: the cause group of failed jobs; all of them can be put
    back at once, also by `command`. `repository`: the code of the one it is about.
    """

    level: str
    number: int
    what: str
    advice: str
    leads_to: tuple[str, str]
    cause: str = ""
    since: datetime | None = None
    repository: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All of it, as it was in one moment."""

    now: datetime
    overview: dict[str, Any]
    newest: list[DoiRow]
    pace: QueuePace
    links: list[ServiceLink]
    workers: int
    alerts: list[Alert]
    paused: list[str]


def load() -> Dashboard:
    """The dashboard. One consistent view."""
    with database.read():
        now, overview = database.now(), dashboard_counts.overview()
        alive = Worker.select().where(heartbeats.alive()).count()
        links = _links(now)
        return Dashboard(
            now,
            overview,
            windows.dois(Filter()).after(None, 10),
            _pace(overview["jobs"], now),
            links,
            alive,
            _alerts(overview, links, alive),
            [row["code"] for row in overview["repositories"] if row["paused"]],
        )


def _pace(counts: dict[str, int], now: datetime) -> QueuePace:
    waiting = counts["pending"] + counts["processing"] + counts["uncertain"]
    ours = Job.lane == str(Service.DOIS)
    first = Job.select(Job.created_at).where(ours, Job.status == str(JobStatus.PENDING)).order_by(Job.id).limit(1)
    ages = _ages_of_recent(ours & (Job.status == str(JobStatus.COMPLETED)), now)
    within = {age: number for age, number in ages.items() if age < HOUR}
    # Where the last jobs do not reach back an hour, older minutes are not known, and the oldest one is cut.
    known = HOUR if sum(ages.values()) < JOBS or len(within) < len(ages) else max(within, default=0)
    minutes = tuple(within.get(age, 0) if age < known else None for age in reversed(range(HOUR)))
    lately = min(5, known or 1)
    recent = sum(number for age, number in within.items() if age < lately)
    return QueuePace(waiting, first.scalar(), recent / lately if recent else None, minutes)


def _ages_of_recent(done: Any, now: datetime) -> dict[int, int]:
    """How many of the last `JOBS` jobs that are `done` ended how many minutes ago. The database groups them: rows of
    their own would cost more than all else on the dashboard.
    """
    last = Job.select(Job.finished_at.alias("ended")).where(done).order_by(Job.id.desc()).limit(JOBS).alias("last")
    age = (peewee.Value(micros(now)) - last.c.ended) / MINUTE
    grouped = peewee.Select([last], [age, peewee.fn.COUNT(last.c.ended)]).group_by(peewee.SQL("1"))
    return {max(minutes, 0): number for minutes, number in grouped.bind(database.proxy).tuples()}


def _links(now: datetime) -> list[ServiceLink]:
    rows = list(RateLimit.select().order_by(RateLimit.name))
    found: Any = Attempt.select(
        *(Attempt.sent_at, Attempt.finished_at, Attempt.http_status, Attempt.outcome, Doi.repository.alias("whose"))
    ).join(Doi)
    last = list(found.order_by(Attempt.id.desc()).limit(REQUESTS).namedtuples())
    # Attempts are those of DOIs: they say nothing about the other services.
    sending = [row.name for row in rows if rate_limit.service_of(row.name) is Service.DOIS]
    whose = _accounts() if len(sending) > 1 else {}
    return [
        _link(row, now, [one for one in last if row.name in sending and whose.get(one.whose, row.name) == row.name])
        for row in rows
    ]


def _accounts() -> dict[int, str]:
    """By the id of a repository the service its DOIs go to."""
    found: dict[int, str] = {}
    for row in repositories.all_repositories():
        with suppress(Misconfigured):
            found[row.id] = rate_limit.name(repositories.config(row))
    return found


def _link(row: RateLimit, now: datetime, last: list[Any]) -> ServiceLink:
    took = sorted(one.finished_at - one.sent_at for one in last if one.finished_at and one.http_status)
    median = int(took[len(took) // 2] / timedelta(milliseconds=1)) if took else None
    faulty = sum(one.http_status >= 500 or one.outcome in ("ambiguous", "retryable") for one in last)
    state, until = _state(row, now)
    return ServiceLink(row.name, state, until, median, faulty, len(last))


def _state(row: RateLimit, now: datetime) -> tuple[str, datetime | None]:
    if row.opened_at is not None:
        return "out", row.opened_at
    if rate_limit.switched_off(row):
        return "off", row.blocked_at
    if row.blocked_at is not None:
        return "refused", row.blocked_at
    if (paused := rate_limit.paused_until(row, now)) is not None:
        return "paused", paused
    if (slowed := rate_limit.slowed_until(row, now)) is not None:
        return "slowed", slowed
    return "ok", None


#: The section that shows the work of a service.
_SECTIONS = {Service.DOIS: "queue", Service.EVENTS: "events", Service.REPORTS: "reports"}


def _alerts(overview: dict[str, Any], links: list[ServiceLink], alive: int) -> list[Alert]:
    jobs, dois = overview["jobs"], overview["dois"]
    alerts = [
        Alert(
            "FAIL",
            1,
            f"DataCite unavailable: {rate_limit.description(link.name)}",
            "queue held, testing with single requests",
            (_SECTIONS[rate_limit.service_of(link.name)], ""),
            since=link.until,
        )
        for link in links
        if link.state == "out"
    ]
    for row in overview["repositories"]:
        if row["blocked"]:
            message = f"repository {row['code']} blocked: {row['blocked']}"
            alerts.append(_repository_alert("FAIL", row, message, "fix it: `doitui repository set`"))
    no_worker = not alive and jobs["pending"] > 0 and not finished_runs.between_runs()
    if no_worker:
        message = "job waiting, no worker running" if jobs["pending"] == 1 else "jobs waiting, no worker running"
        place = ("queue", "status:pending")
        alerts.append(Alert("FAIL", jobs["pending"], message, "start one: `doitui work`", place))
    alerts += [*_failed(), *_event_alerts(overview["events"], no_worker=no_worker)]
    wrong = Doi.select().where(Doi.verification == str(Verification.MISMATCH)).count()
    alerts += _doi_alert(dois["uncertain"], "uncertain", "outcome unknown (timed out)", "being checked")
    alerts += _doi_alert(wrong, "mismatch", "differ at DataCite or the resolver", ADVICE["mismatch"])
    for row in overview["repositories"]:
        if row["paused"]:
            alerts.append(_repository_alert("WARN", row, f"repository {row['code']} is paused", "P resumes"))
    return alerts + _doi_alert(dois["changed"], "changed", "changed since sent", "U sends them")


def _repository_alert(level: str, row: dict[str, Any], message: str, advice: str) -> Alert:
    return Alert(level, 1, message, advice, ("queue", f"repo:{row['code']}"), repository=row["code"])


def _doi_alert(number: int, state: str, message: str, advice: str) -> list[Alert]:
    return [Alert("WARN", number, message, advice, ("dois", f"state:{state}"))] if number else []


def _event_alerts(counts: dict[str, int], *, no_worker: bool) -> list[Alert]:
    """What keeps events from going out; `no_worker`: that no worker runs is reported already."""
    found = event_health.diagnosis()
    if found is None or found.kept or (no_worker and not counts["failed"]):
        return []
    return [Alert("FAIL", 0, found.message, found.remedy, ("events", ""))]


def _failed() -> list[Alert]:
    """Failed jobs, one alert for each cause group, most first."""
    return [
        Alert(
            "FAIL",
            group.number,
            f"failed: {group.summary}",
            group.advice,
            ("queue", f"status:failed cause:{group.name}"),
            group.name,
            group.last_failed_at,
            command=group.retry,
        )
        for group in causes.groups((Service.DOIS,), limit=CAUSES, examples=1)
    ]

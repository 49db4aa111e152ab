"""What the dashboard tells besides the counters: newest DOIs, pace of the queue, links, what needs a person.

Each costs a bounded number of rows, however large the house is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee

from doitui_core import database, repositories, stats, upstream, windows, workers
from doitui_core.clock import micros
from doitui_core.errors import Misconfigured
from doitui_core.events import health
from doitui_core.filters import Filter
from doitui_core.jobs import Lane
from doitui_core.models import Attempt, Doi, Job, Upstream, Worker
from doitui_core.notices import ADVICE
from doitui_core.queue import Status
from doitui_core.states import Verification

#: The last jobs that are looked at for the pace, the last requests for the link, the causes that are named.
JOBS, REQUESTS, CAUSES = 2_000, 50, 20

#: Minutes of an hour; microseconds of a minute.
HOUR, MINUTE = 60, 60_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """`waiting` jobs, the `oldest` since when; `rate` a minute (None: nothing was done lately); `minutes`: jobs done in
    each of the last 60, oldest first, None where more were done than are looked at.
    """

    waiting: int
    oldest: datetime | None
    rate: float | None
    minutes: tuple[int | None, ...]

    @property
    def left(self) -> timedelta | None:
        """How long the queue will take at this rate; None when nobody can say."""
        return timedelta(minutes=self.waiting / self.rate) if self.rate and self.waiting else None


@dataclass(frozen=True, slots=True)
class Link:
    """A service we send to. `state`: ok, out, refused, paused or slowed; of the last `requests` that were looked at
    `faulty` went wrong, and `milliseconds` is what they took (median).
    """

    name: str
    state: str
    until: datetime | None
    milliseconds: int | None
    faulty: int
    requests: int


@dataclass(frozen=True, slots=True)
class Need:
    """Something a person has to look at. `level`: FAIL or WARN; `number`: of how many, 0 where `what` says it.

    `leads_to`: (section, filter) where it can be seen. `cause`: that of failed jobs; all of them can be put back at
    once. `repository`: the code of the one it is about.
    """

    level: str
    number: int
    what: str
    advice: str
    leads_to: tuple[str, str]
    cause: str = ""
    since: datetime | None = None
    repository: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """All of it, as it was in one moment."""

    now: datetime
    overview: dict[str, Any]
    newest: list[windows.Row]
    pace: Pace
    links: list[Link]
    workers: int
    needs: list[Need]
    paused: list[str]


def board() -> Board:
    """The dashboard. One consistent view."""
    with database.read():
        now, overview = database.now(), stats.overview()
        alive = Worker.select().where(workers.alive()).count()
        links = _links(now)
        return Board(
            now,
            overview,
            windows.dois(Filter()).after(None, 10),
            _pace(overview["jobs"], now),
            links,
            alive,
            _needs(overview, links, alive),
            [row["code"] for row in overview["repositories"] if row["paused"]],
        )


def _pace(counts: dict[str, int], now: datetime) -> Pace:
    waiting = counts["pending"] + counts["processing"] + counts["uncertain"]
    ours = Job.lane == str(Lane.DOIS)
    first = Job.select(Job.created_at).where(ours, Job.status == str(Status.PENDING)).order_by(Job.id).limit(1)
    ages = _ages_of_the_last(ours & (Job.status == str(Status.COMPLETED)), now)
    within = {age: number for age, number in ages.items() if age < HOUR}
    # Where the last jobs do not reach back an hour, older minutes are not known, and the oldest one is cut.
    known = HOUR if sum(ages.values()) < JOBS or len(within) < len(ages) else max(within, default=0)
    minutes = tuple(within.get(age, 0) if age < known else None for age in reversed(range(HOUR)))
    lately = min(5, known or 1)
    recent = sum(number for age, number in within.items() if age < lately)
    return Pace(waiting, first.scalar(), recent / lately if recent else None, minutes)


def _ages_of_the_last(done: Any, now: datetime) -> dict[int, int]:
    """How many of the last `JOBS` jobs that are `done` ended how many minutes ago. The database groups them: rows of
    their own would cost more than all else on the dashboard.
    """
    last = Job.select(Job.finished_at.alias("ended")).where(done).order_by(Job.id.desc()).limit(JOBS).alias("last")
    age = (peewee.Value(micros(now)) - last.c.ended) / MINUTE
    grouped = peewee.Select([last], [age, peewee.fn.COUNT(last.c.ended)]).group_by(peewee.SQL("1"))
    return {max(minutes, 0): number for minutes, number in grouped.bind(database.proxy).tuples()}


def _links(now: datetime) -> list[Link]:
    rows = list(Upstream.select().order_by(Upstream.name))
    found: Any = Attempt.select(
        *(Attempt.sent_at, Attempt.finished_at, Attempt.http_status, Attempt.outcome, Doi.repository.alias("whose"))
    ).join(Doi)
    last = list(found.order_by(Attempt.id.desc()).limit(REQUESTS).namedtuples())
    # Attempts are those of DOIs: they say nothing about the other services.
    sending = [row.name for row in rows if upstream.lane(row.name) is Lane.DOIS]
    whose = _accounts() if len(sending) > 1 else {}
    return [
        _link(row, now, [one for one in last if row.name in sending and whose.get(one.whose, row.name) == row.name])
        for row in rows
    ]


def _accounts() -> dict[int, str]:
    """By the id of a repository the service its DOIs go to."""
    found: dict[int, str] = {}
    for row in repositories.listed():
        with suppress(Misconfigured):
            found[row.id] = upstream.name(repositories.config(row))
    return found


def _link(row: Upstream, now: datetime, last: list[Any]) -> Link:
    took = sorted(one.finished_at - one.sent_at for one in last if one.finished_at and one.http_status)
    median = int(took[len(took) // 2] / timedelta(milliseconds=1)) if took else None
    faulty = sum(one.http_status >= 500 or one.outcome in ("ambiguous", "retryable") for one in last)
    state, until = _state(row, now)
    return Link(row.name, state, until, median, faulty, len(last))


def _state(row: Upstream, now: datetime) -> tuple[str, datetime | None]:
    if row.opened_at is not None:
        return "out", row.opened_at
    if row.blocked_at is not None:
        return "refused", row.blocked_at
    if (paused := upstream.paused_until(row, now)) is not None:
        return "paused", paused
    if (slowed := upstream.slowed_until(row, now)) is not None:
        return "slowed", slowed
    return "ok", None


#: Where the work of a lane can be seen.
_SECTIONS = {Lane.DOIS: "queue", Lane.EVENTS: "events", Lane.REPORTS: "reports"}


def _needs(overview: dict[str, Any], links: list[Link], alive: int) -> list[Need]:
    jobs, dois = overview["jobs"], overview["dois"]
    needs = [
        Need(
            "FAIL",
            1,
            f"DataCite is out: {upstream.in_words(link.name)}",
            "what is queued stays queued; a canary tries",
            (_SECTIONS[upstream.lane(link.name)], ""),
            since=link.until,
        )
        for link in links
        if link.state == "out"
    ]
    for row in overview["repositories"]:
        if row["blocked"]:
            told = f"repository {row['code']} rests: {row['blocked']}"
            mend, place = "mend it with `doitui repository set`", ("queue", f"repo:{row['code']}")
            needs.append(Need("FAIL", 1, told, mend, place, repository=row["code"]))
    if jobs["pending"] and not alive:
        needs.append(
            Need(
                "FAIL",
                jobs["pending"],
                "job waits, and no worker runs" if jobs["pending"] == 1 else "jobs wait, and no worker runs",
                "`doitui work` starts one",
                ("queue", "status:pending"),
            )
        )
    needs += [*_failed(), *_events(overview["events"], told=not alive and jobs["pending"] > 0)]
    unsure = dois["uncertain"]
    if unsure:
        needs.append(
            Need(
                "WARN",
                unsure,
                "uncertain: did their write arrive?",
                "asked about by itself",
                ("dois", "state:uncertain"),
            )
        )
    wrong = Doi.select().where(Doi.verification == str(Verification.MISMATCH)).count()
    if wrong:
        needs.append(
            Need(
                "WARN",
                wrong,
                "DataCite or the resolver differs from what we want",
                ADVICE["mismatch"],
                ("dois", "state:mismatch"),
            )
        )
    for row in overview["repositories"]:
        if row["paused"]:
            told, place = f"repository {row['code']} is paused", ("queue", f"repo:{row['code']}")
            needs.append(Need("WARN", 1, told, "P sends again", place, repository=row["code"]))
    if dois["changed"]:
        needs.append(
            Need(
                "WARN",
                dois["changed"],
                "changed here since they were sent",
                "U sends them again",
                ("dois", "state:changed"),
            )
        )
    return needs


def _events(counts: dict[str, int], *, told: bool) -> list[Need]:
    """What keeps events from going out; `told`: that no worker runs is told already."""
    found = health.diagnosis()
    if found is None or (told and not counts["failed"]):
        return []
    return [Need("FAIL", 0, found.told, found.mend, ("events", ""))]


def _failed() -> list[Need]:
    """Failed jobs, one need for each cause, most first."""
    number, newest = peewee.fn.COUNT(Job.id), peewee.fn.MAX(Job.finished_at)
    failed = Job.select(Job.cause, number.alias("number"), newest.alias("newest")).where(
        Job.lane == str(Lane.DOIS), Job.status == str(Status.FAILED)
    )
    found: Any = failed.group_by(Job.cause).order_by(number.desc()).limit(CAUSES).dicts()
    return [
        Need(
            "FAIL",
            row["number"],
            f"failed: {row['cause'].replace('_', ' ') or 'no cause was noted'}",
            ADVICE.get(row["cause"]) or "see its error",
            ("queue", f"status:failed cause:{row['cause']}" if row["cause"] else "status:failed"),
            row["cause"],
            row["newest"],
        )
        for row in found
    ]

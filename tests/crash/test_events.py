"""Events sent by several processes that are killed: the other side holds each once, with the right total."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi, Event
from doitui_core.dois import doi_rows
from doitui_core.domain import states
from doitui_core.domain.event import EventValue, Origin
from doitui_core.domain.job_kinds import Service
from doitui_core.events import store
from doitui_core.operations import change_settings
from doitui_core.queue import rate_limit

#: 10,000 where nobody waits for it: DOITUI_PACE_EVENTS=10000.
EVENTS = int(os.environ.get("DOITUI_CRASH_EVENTS", "120"))
PACED = int(os.environ.get("DOITUI_PACE_EVENTS", "200"))

#: Events a second in the test of the pace.
RATE = 100

#: Growth of a process's memory that is no growth, in bytes.
FLAT = 24_000_000


@pytest.fixture
def told(trial: Any) -> Any:
    """A sandbox that takes events, DOIs it knows nothing of, and `told(number)`: so many events of them, queued."""
    trial.sandbox_options = ("--events-writable", "--all-events")
    trial.jobs = 20
    trial.begin(event_rate_limit="1000000")
    with database.write():
        for row in Doi.select():
            locked = doi_rows.lock(row.id)
            findable = states.answered(doi_rows.facts(locked), states.Remote.FINDABLE)
            doi_rows.write(locked, findable, actor="test", action="mint", url="https://archive.example.org/1")

    def tell(number: int) -> dict[str, int]:
        rows = list(Doi.select().order_by(Doi.id))
        made = [
            store.NewEvent(
                EventValue(f"https://doi.org/{row.folded}", "is-cited-by", f"https://example.org/{at}", "test", at + 1),
                row.id,
                row.repository_id,
            )
            for at in range(number)
            for row in [rows[at % len(rows)]]
        ]
        store.save(made, Origin.HAND, actor="test", max_attempts=5)
        return {one.event.uuid: one.event.total for one in made}

    return tell


def held(trial: Any) -> dict[str, int]:
    """What the sandbox has: totals by UUID. Fails where it has one twice."""
    found: list[dict[str, Any]] = []
    cursor = "1"
    while cursor:
        asked = {"page[cursor]": cursor, "page[size]": "1000"}
        page = requests.get(f"{trial.api}/events", params=asked, timeout=60).json()
        found += page["data"]
        after = parse_qs(urlsplit(page.get("links", {}).get("next", "")).query)
        cursor = after.get("page[cursor]", [""])[0] if page["data"] else ""
    assert set(Counter(one["id"] for one in found).values()) <= {1}
    return {one["id"]: one["attributes"]["total"] for one in found}


def flush(trial: Any) -> Any:
    return trial.run("event", "flush", "--limit", "0", "--json")


def states_of(rows: Any) -> Counter[str]:
    return Counter(state for (state,) in rows.select(rows.state).tuples())


def test_two_flushes_that_are_killed_at_random_tell_each_event_once(trial: Any, told: Any) -> None:
    expected = told(EVENTS)
    trial.faults("PUT /events/* latency seconds=0.02")
    dice = random.Random(11)
    flushes = [flush(trial) for _ in range(2)]
    for portion in range(1, 9):
        trial.wait_for(EVENTS * portion // 12)
        victim = dice.randrange(2)
        trial.kill(flushes[victim])
        flushes[victim] = flush(trial)
    trial.faults()
    trial.end_whatever(*flushes)
    trial.end(flush(trial))
    assert held(trial) == expected
    assert states_of(Event) == {"submitted": EVENTS}


def test_a_server_that_takes_events_and_hangs_holds_each_once(trial: Any, told: Any) -> None:
    expected = told(60)
    trial.faults("PUT /events/* hang every=10 seconds=1")
    change_settings.save_repository("h", {"lease_seconds": "2"})
    trial.end_whatever(flush(trial), flush(trial))
    trial.faults()
    with database.write():
        database.current().db.execute_sql("UPDATE job SET scheduled_at = 1 WHERE lane = 'events'")
    trial.end(flush(trial))
    assert held(trial) == expected
    assert states_of(Event) == {"submitted": 60}


def test_three_processes_keep_the_pace_of_events_together(trial: Any, told: Any) -> None:
    expected = told(PACED)
    change_settings.save_repository("h", {"event_rate_limit": str(RATE * 60)})
    name = rate_limit.name(repositories.config(repositories.find("h")), Service.EVENTS)
    while rate_limit.take(name, PACED, RATE).tokens:
        pass  # what may go at once after a rest is gone: from now on nobody is ahead of the clock
    began = datetime.now().astimezone()
    flushes = [flush(trial) for _ in range(3)]
    trial.wait_for(PACED // 5)
    early = [resident(one.pid) for one in flushes]
    trial.wait_for(PACED * 4 // 5)
    grown = [late - before for late, before in zip(map(resident, [one.pid for one in flushes]), early, strict=True)]
    trial.end(*flushes)
    seconds = sorted((datetime.fromisoformat(one["at"]) - began).total_seconds() for one in puts(trial))
    assert [number for number, second in enumerate(seconds, 1) if number > second * RATE * 1.02 + 1] == []
    # How fast at the least is a matter of the machine: with 10,000 events it is told, and read by whoever asks for it.
    print(f"{PACED} events at {RATE} a second took {seconds[-1] - seconds[0]:.1f} s; memory grew by {max(grown)} bytes")
    assert max(grown) < FLAT
    assert held(trial) == expected


def puts(trial: Any) -> list[dict[str, Any]]:
    return [one for one in trial.requests() if one["method"] == "PUT"]


def resident(pid: int) -> int:
    """Bytes of memory a process has; 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0

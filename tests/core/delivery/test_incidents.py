"""Incidents from the outside: each ends by itself, or says in one line what to do, and the doctor names it.

Time moves by the injected clock, one worker's run after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Job, Record
from doitui_core.delivery import verification
from doitui_core.dois import reservations
from doitui_core.domain import job_kinds
from doitui_core.domain.job_kinds import Service
from doitui_core.operations import doi_actions
from doitui_core.queue import blocking, jobs, rate_limit
from doitui_core.views import doctor, doctor_check
from doitui_core.worker import services

GONE = ("* * reset",)


@dataclass(frozen=True)
class Incident:
    """`begins` makes it happen and works until it can be seen; `ends` takes the cause away and works on.

    `check` and `words`: how the doctor names it while it lasts.
    """

    name: str
    begins: Callable[[Any], None]
    ends: Callable[[Any], None]
    check: str
    words: str
    jobs: int


def work_for(house: Any, minutes: int, every: int = 1) -> None:
    """Runs of the worker, as often as cron would start them."""
    for _ in range(0, minutes, every):
        house.later(minutes=every)


def mint(house: Any, number: int) -> None:
    for one in range(number):
        house.mint(str(one))


def clock_was_ahead(house: Any) -> None:
    """A pause, a lease, a retry and a new job are noted three days ahead."""
    house.settings(datacite_rate_limit="300")
    for name in ("2", "3"):  # now, for the year is in the names of the DOIs
        house.record(name)
        reservations.reserve(Record.get(Record.object_id == name))
    mint(house, 2)
    house.clock.forward(days=3)
    house.faults("POST /dois status status=429 seconds=30 count=1", "POST /dois html status=403 count=1")
    house.work(threads=1)
    doi_actions.mint("2")
    house.claimed("2")
    doi_actions.mint("3")
    house.clock.forward(days=-3)


def firewall(house: Any) -> None:
    mint(house, 12)
    house.faults("POST /dois html status=403 count=8")
    house.work()


def outage(number: int) -> Callable[[Any], None]:
    def begins(house: Any) -> None:
        mint(house, number)
        house.faults(*GONE)
        house.work(threads=6)
        work_for(house, 60)

    return begins


def over(house: Any) -> None:
    house.faults()
    work_for(house, 40, every=5)


INCIDENTS = [
    Incident("clock +3 days and back", clock_was_ahead, over, "clock", "stored times are up to 3.0 d ahead", 4),
    Incident("firewall pages for 8 of 12 POSTs", firewall, over, "network", "answered by a firewall", 12),
    Incident("six jobs in an outage of an hour", outage(6), over, "DataCite", "unavailable since", 6),
    Incident("one job in an outage of an hour", outage(1), over, "DataCite", "unavailable since", 1),
]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)
def test_an_incident_is_named_by_the_doctor_and_ends_by_itself(house: Any, incident: Incident) -> None:
    incident.begins(house)
    told = [f"{check.name}: {check.message}" for check in doctor.checks(online=False) if check.level != doctor_check.OK]
    named = [line for line in told if line.startswith(f"{incident.check}: ") and incident.words in line]
    assert named, told
    incident.ends(house)
    writes = Counter(job.status for job in Job.select().where(Job.kind == "write"))
    assert (writes, house.came_in("POST").count(("POST", 201))) == ({"completed": incident.jobs}, incident.jobs)


# Outages.


@pytest.mark.parametrize(
    "fault", ["* * reset", "* * status status=503", "* * status status=500", "* * html", "* * gateway status=502"]
)
@pytest.mark.parametrize("number", [1, 6])
def test_an_outage_of_an_hour_costs_no_attempt(house: Any, number: int, fault: str) -> None:
    mint(house, number)
    house.faults(fault)
    house.work(threads=6)
    work_for(house, 60, every=5)
    spent = max(job.attempts for job in Job.select())
    over(house)
    assert (spent, {(job.status, job.attempts) for job in Job.select().where(Job.kind == "write")}) == (
        0,
        {("completed", 1)},
    )


def test_an_outage_of_mds_alone_costs_no_attempt(house: Any) -> None:
    house.settings(transport="mds")
    house.mint()
    house.faults("* /metadata* reset", "* /doi/* reset")
    house.work()
    work_for(house, 60, every=5)
    spent = house.job().attempts
    over(house)
    assert (spent, house.job().status, house.job().attempts) == (0, "completed", 1)


def test_an_outage_costs_a_verification_no_attempt(house: Any) -> None:
    house.minted()
    house.faults(*GONE)
    verification.queue_due(0, actor="test")
    house.work()
    work_for(house, 60, every=5)
    spent = house.job(kind="verify").attempts
    over(house)
    assert (spent, house.job(kind="verify").attempts) == (0, 1)


def test_the_queue_does_not_spin_in_an_outage(house: Any) -> None:
    mint(house, 6)
    house.faults("* * status status=503")
    house.work(threads=6)
    house.sandbox.requests.clear()
    for _ in range(20):
        house.work(threads=6)
    assert house.came_in() == []


def test_one_get_decides_for_all_that_fail_together(house: Any) -> None:
    mint(house, 6)
    house.faults("POST * latency seconds=0.5", "POST * status status=503")
    house.work(threads=6, limit=6)
    asked = [one for one in house.sandbox.requests.entries() if one["method"] == "GET" and one["path"] == "/dois"]
    assert 1 <= len(asked) < 6


def test_a_document_that_hangs_while_the_service_answers_spends_its_attempts(fast_house: Any) -> None:
    fast_house.settings(max_attempts="2")
    fast_house.mint()
    fast_house.faults("POST /dois hang", "GET /dois/* status status=404")
    fast_house.work()
    for _ in range(4):
        fast_house.later(hours=2)
    assert (fast_house.job().status, fast_house.job().cause) == ("failed", "attempts_spent")


@pytest.mark.parametrize(
    "fault", ["html status=403", "gateway", "html status=302", "html status=404", "gateway status=401"]
)
def test_a_document_that_alone_is_refused_on_the_way_fails_with_that_cause(house: Any, fault: str) -> None:
    house.mint("poison")
    house.faults(f"POST /dois {fault}")
    house.work()
    house.faults(f"PUT * {fault}", f"POST /dois {fault}")
    for minutes in (5, 10, 15, 20, 25):
        house.later(minutes=minutes)
    job = house.job("poison")
    assert (job.status, job.cause, job.attempts) == ("failed", "firewall", 5)
    assert house.repository().blocked_cause == ""


def test_a_page_of_a_proxy_for_one_document_alone_ends_with_that_cause(house: Any) -> None:
    house.settings(max_attempts="2")
    house.mint()
    house.faults("POST /dois html status=502")
    house.work()
    for _ in range(4):
        house.later(hours=2)
    assert (house.job().status, house.job().cause) == ("failed", "proxy")


def test_a_firewall_that_refuses_all_writes_for_three_hours_fails_none(house: Any) -> None:
    mint(house, 8)
    house.faults("POST /dois html status=403")
    house.work(threads=8)
    work_for(house, 180, every=5)
    refused = Counter(job.status for job in Job.select())
    over(house)
    assert (refused, Counter(job.status for job in Job.select())) == ({"pending": 8}, {"completed": 8})


def test_a_login_page_in_place_of_every_answer_ends_when_somebody_has_logged_in(house: Any) -> None:
    mint(house, 3)
    house.faults("* * html status=200")
    house.work()
    work_for(house, 60, every=5)
    assert house.repository().blocked_cause == ""
    over(house)
    assert house.came_in("POST").count(("POST", 201)) == 3


def test_a_404_in_foreign_words_does_not_say_that_a_doi_is_gone(house: Any) -> None:
    house.minted()
    house.faults("GET * html status=404")
    verification.queue_due(0, actor="test")
    house.work()
    assert (house.doi().remote, house.doi().api_check, house.job(kind="verify").cause) == (
        "findable",
        "unverified",
        "firewall",
    )


def test_a_draft_is_not_deleted_by_a_page(house: Any) -> None:
    doi = house.minted(state="draft")
    doi_actions.abandon(doi.doi)
    house.faults("DELETE * html status=404 count=1")
    house.work()
    first = house.there() is not None, house.job().status
    house.later(minutes=5)
    assert (first, house.there(), house.job().status) == ((True, "pending"), None, "completed")


# Clocks.


def paused_by_a_clock_ahead(house: Any) -> str:
    name = services.HANDLERS[Service.DOIS].connection(house.repository()).rate_limit
    house.clock.forward(days=3)
    rate_limit.take(name, 1_000, 1.0)
    rate_limit.pause(name, database.now() + timedelta(minutes=50))
    house.clock.forward(days=-3)
    return name


def test_a_pause_and_a_pace_noted_by_a_clock_ahead_count_for_nothing(house: Any) -> None:
    name = paused_by_a_clock_ahead(house)
    assert rate_limit.take(name, 1, 1.0).tokens == 1


def test_a_clock_a_little_ahead_holds_up_for_no_more_than_the_rule_allows(house: Any) -> None:
    name = services.HANDLERS[Service.DOIS].connection(house.repository()).rate_limit
    waits = []
    for minutes in (1, 5, 30, 61, 24 * 60, 400 * 24 * 60):
        house.clock.forward(minutes=minutes)
        while rate_limit.take(name, 1_000, 1.0).tokens:
            pass
        house.clock.forward(minutes=-minutes)
        waits.append(rate_limit.take(name, 1, 1.0).wait)
    assert max(waits) <= rate_limit.LONGEST_DEBT + rate_limit.BURST_SECONDS


def test_resume_ends_a_pause_whatever_its_cause(house: Any) -> None:
    name = services.HANDLERS[Service.DOIS].connection(house.repository()).rate_limit
    rate_limit.pause(name, database.now() + timedelta(minutes=50))
    before = rate_limit.take(name, 1, None).tokens
    blocking.pause(house.repository(), False)
    assert (before, rate_limit.take(name, 1, None).tokens) == (0, 1)


def test_resume_lets_a_canary_fly_at_once(house: Any) -> None:
    house.mint()
    house.faults(*GONE)
    house.work()
    house.faults()
    blocking.pause(house.repository(), False)
    house.work()
    assert house.job().status == "completed"


def test_a_scheduled_job_stays_scheduled_however_far_ahead(house: Any) -> None:
    house.mint()
    at = database.now() + timedelta(days=400)
    jobs.schedule(house.job().id, at)
    house.later(days=2)
    assert (house.job().status, house.job().scheduled_at) == ("pending", at)


def test_a_lease_of_a_clock_ahead_ends_after_a_whole_lease(house: Any) -> None:
    house.mint()
    house.clock.forward(days=3)
    house.claimed()
    house.clock.forward(days=-3)
    house.work()
    held = house.job().status
    house.later(seconds=301)
    assert (held, house.job().status) == ("processing", "completed")


def test_what_is_within_its_rule_is_left_alone(house: Any) -> None:
    house.mint()
    (lease,) = jobs.claim("w", house.repository().id, jobs.Policy(timedelta(minutes=5), timedelta(minutes=5)), 1)
    at = database.now() + timedelta(minutes=59)
    jobs.finish(lease, job_kinds.JobStatus.PENDING, at=at, cause="throttled")
    house.work()
    assert house.job().scheduled_at == at

"""An outage costs no attempts, ends by itself, and is not mistaken for one poisonous document."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Job, RateLimit
from doitui_core.domain.outcomes import DONE, Outcome, OutcomeKind
from doitui_core.errors import RemoteFailed
from doitui_core.operations import change_settings, doi_actions
from doitui_core.queue import breaker, rate_limit
from doitui_core.worker import worker

NAME = "rest https://api.example.org demo.repo"
FAULT = Outcome(OutcomeKind.AMBIGUOUS, "server_error", "HTTP 500", 500)
HOME = Outcome(OutcomeKind.DONE, http_status=200)

#: What takes a sandbox out of service; the last one is done and then says nothing.
OUTAGES = ["* * status status=503", "* * status status=500", "* * html", "* * reset"]


def faults(number: int, clock: Any, *, jobs: tuple[int, ...] = (7, 6)) -> None:
    """So many, one after the other, of these jobs in turn."""
    for at in range(number):
        clock.forward(seconds=1)
        breaker.note(NAME, FAULT, database.now(), jobs[at % len(jobs)], suspect=True)


def is_open() -> bool:
    return rate_limit.take(NAME, 1, None).open


def statuses() -> Counter[tuple[str, int]]:
    """How many jobs are how far: (status, attempts)."""
    return Counter((job.status, job.attempts) for job in Job.select())


# When it opens and closes.


@pytest.mark.parametrize(("number", "opened"), [(4, False), (5, True)])
def test_five_faults_in_a_row_open_it(store: str, clock: Any, number: int, opened: bool) -> None:
    faults(number, clock)
    assert is_open() is opened


def test_requests_that_were_under_way_together_count_once(store: str, clock: Any) -> None:
    began = database.now()
    for job_id in range(8):
        clock.forward(seconds=1)
        breaker.note(NAME, FAULT, began, job_id, suspect=True)
    assert not is_open()


@pytest.mark.parametrize(
    ("between", "opened"),
    [
        (HOME, False),
        (Outcome(OutcomeKind.PERMANENT, "metadata", "HTTP 422", 422), False),
        (Outcome(OutcomeKind.BLOCKED, "credentials", "who?"), False),
        (Outcome(OutcomeKind.PERMANENT, "metadata", "not sent: no title"), True),
        (Outcome(OutcomeKind.THROTTLED, "throttled", "HTTP 429", 429), True),
        (Outcome(OutcomeKind.RETRYABLE, "lease_lost", "another worker"), True),
        (DONE, True),
    ],
)
def test_what_came_from_a_server_that_works_ends_the_row(
    store: str, clock: Any, between: Outcome, opened: bool
) -> None:
    faults(4, clock)
    breaker.note(NAME, between, database.now(), 8, suspect=True)
    faults(1, clock)
    assert is_open() is opened


def test_faults_are_a_row_however_far_apart_they_are(store: str, clock: Any) -> None:
    for _ in range(5):
        clock.forward(minutes=25)
        faults(1, clock, jobs=(clock.now.minute,))
    assert is_open()


def test_one_job_alone_is_no_row(store: str, clock: Any) -> None:
    faults(50, clock, jobs=(7,))
    assert not is_open()


def test_two_jobs_that_always_fail_together_are_a_row(store: str, clock: Any) -> None:
    for _ in range(5):
        began = database.now()
        clock.forward(minutes=5)
        for job_id in (7, 8):
            breaker.note(NAME, FAULT, began, job_id, suspect=True)
    assert is_open()


def test_a_fault_noted_by_a_clock_that_was_ahead_hides_no_other(store: str, clock: Any) -> None:
    clock.forward(days=3)
    faults(1, clock)
    clock.forward(days=-3)
    faults(4, clock)
    assert is_open()


def test_a_canary_held_back_by_a_clock_that_was_ahead_flies(store: str, clock: Any) -> None:
    clock.forward(days=3)
    faults(5, clock)
    clock.forward(days=-3)
    assert rate_limit.take(NAME, 1, None).probe


def test_opening_and_closing_are_reported_once(store: str, clock: Any) -> None:
    told = [breaker.note(NAME, FAULT, database.now(), job_id, suspect=True) for job_id in range(6)]
    told += [breaker.note(NAME, HOME, database.now(), 7, suspect=True) for _ in range(2)]
    assert [change and change.opened for change in told] == [None] * 4 + [True, None, False, None]


def test_a_repository_whose_address_is_wrong_does_not_keep_it_shut(store: str, clock: Any) -> None:
    change_settings.save_repository("broken", {"datacite_url": "https://api.datacite.org"})
    faults(5, clock)
    assert is_open()


# The canary.


def test_while_it_is_open_one_canary_flies_after_a_minute(store: str, clock: Any) -> None:
    faults(5, clock)
    before = rate_limit.take(NAME, 9, None)
    clock.forward(seconds=60)
    first, second = rate_limit.take(NAME, 9, None), rate_limit.take(NAME, 9, None)
    assert [(grant.tokens, grant.probe) for grant in (before, first, second)] == [(0, False), (1, True), (0, False)]
    assert first.not_job == 7


def test_canaries_wait_as_long_as_the_outage_lasts_and_a_quarter_of_an_hour_at_most(store: str, clock: Any) -> None:
    faults(5, clock)
    waits = []
    for _ in range(8):
        waits.append(rate_limit.take(NAME, 1, None).wait)
        clock.forward(seconds=waits[-1])
        rate_limit.take(NAME, 1, None)
    assert waits == [60, 60, 120, 240, 480, 900, 900, 900]


def test_after_an_outage_the_pace_is_halved_for_five_minutes(store: str, clock: Any) -> None:
    faults(5, clock)
    breaker.note(NAME, HOME, database.now(), 7, suspect=True)
    slow = rate_limit.take(NAME, 1000, 10.0).tokens
    clock.forward(minutes=5)
    assert (slow, rate_limit.take(NAME, 1000, 10.0).tokens) == (20, 40)


# An outage, with jobs.


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_costs_no_attempt_and_drains_by_itself(house: Any, outage: str) -> None:
    for number in range(20):
        house.mint(str(number))
    house.faults(outage)
    house.work()
    for _ in range(6):
        house.later(minutes=10)
    during = statuses()
    house.faults()
    house.later(minutes=15)
    assert {(status, attempts) for status, attempts in during} <= {("pending", 0), ("uncertain", 0)}
    assert (statuses(), {house.there(str(number)).state for number in range(20)}) == (
        {("completed", 1): 20} | recheck_jobs(),
        {"findable"},
    )


def recheck_jobs() -> dict[tuple[str, int], int]:
    waiting = Job.select().where(Job.kind == "recheck", Job.status == "pending").count()
    return {("pending", 0): waiting} if waiting else {}


def test_a_server_that_is_not_there_costs_no_attempt_either(house: Any) -> None:
    for number in range(20):
        house.mint(str(number))
    house.settings(datacite_url="http://127.0.0.1:9")
    for _ in range(6):
        house.later(minutes=15)
    during = statuses()
    assert during == {("pending", 0): 20}


def test_a_server_that_hangs_costs_no_attempt_either(fast_house: Any) -> None:
    for number in range(8):
        fast_house.mint(str(number))
    fast_house.faults("* * hang")
    fast_house.work()
    during = statuses()
    fast_house.faults()
    fast_house.later(minutes=15)
    fast_house.later(minutes=15)
    assert {attempts for _, attempts in during} == {0}
    assert {job.status for job in Job.select().where(Job.kind == "write")} == {"completed"}


def test_jobs_with_one_attempt_only_outlive_an_outage(house: Any) -> None:
    house.settings(max_attempts="1")
    for number in range(10):
        house.mint(str(number))
    house.settings(datacite_url="http://127.0.0.1:9")
    house.work()
    house.settings(datacite_url=house.sandbox.url)
    house.later(minutes=15)
    assert statuses() == {("completed", 1): 10}


def test_during_an_outage_next_to_nothing_is_sent(house: Any) -> None:
    for number in range(50):
        house.mint(str(number))
    house.faults("* * status status=503")
    house.work()
    first = len(house.came_in())
    for _ in range(10):
        house.later(minutes=15)
    assert (first < 40, len(house.came_in()) - first) == (True, 10)


def test_a_run_that_drains_does_not_wait_for_the_end_of_an_outage(house: Any) -> None:
    for number in range(30):
        house.mint(str(number))
    house.faults("* * status status=503")
    summary = house.work()
    assert (summary.blocked["h"].cause, "unavailable" in summary.blocked["h"].message) == ("unreachable", True)
    assert Job.select().where(Job.status == "pending").count() > 0


def test_the_canary_first_only_asks(house: Any) -> None:
    for number in range(20):
        house.mint(str(number))
    house.faults("* * status status=503")
    house.work()
    house.sandbox.requests.clear()
    house.later(seconds=60)
    assert house.came_in() == [("GET", 503)]


def test_what_waits_for_the_breaker_is_not_done_here_and_now(house: Any) -> None:
    for number in range(20):
        house.mint(str(number))
    house.faults("* * status status=503")
    house.work()
    house.record("now")
    with pytest.raises(RemoteFailed, match="unavailable"):
        doi_actions.mint("now", now=True)
    assert (house.job("now").status, house.job("now").attempts) == ("pending", 0)


def test_another_account_is_not_held_up(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "other")
    house.settings(
        "g",
        datacite_prefix="10.5072",
        datacite_repository_id="OTHER.REPO",
        datacite_url=house.sandbox.url,
        datacite_password="env:OTHER",
        landing_page="https://other.example.org/{object_id}",
    )
    house.record("g1", code="g")
    for number in range(20):
        house.mint(str(number))
    house.faults("* * status status=503")
    house.work()
    house.faults()
    doi_actions.mint("g1")
    house.work()
    assert Job.select().where(Job.repository == house.repository("g"), Job.status == "completed").count() == 1


# One poisonous document.


def updates(house: Any, number: int) -> None:
    for each in range(number):
        house.mint(str(each))
    house.work()
    for each in range(number):
        house.record(str(each), titles=[{"title": "second"}])
        doi_actions.update(house.doi(str(each)).doi)


def test_one_poisonous_document_does_not_open_it(house: Any) -> None:
    updates(house, 6)
    house.faults("PUT /dois/10.5072/h/2026/0 status status=500")
    house.work()
    for _ in range(12):
        house.later(minutes=5)
    assert house.rate_limit().opened_at is None
    assert statuses()["completed", 1] >= 6 + 5


def test_one_poisonous_document_does_not_hold_it_open(house: Any) -> None:
    updates(house, 12)
    house.faults("* * status status=503")
    house.work()
    house.faults("PUT /dois/10.5072/h/2026/0 status status=500")
    Job.update(scheduled_at=database.now()).where(Job.id == house.job("0").id).execute()
    opened = house.rate_limit().opened_at
    house.later(minutes=15)
    house.later(minutes=15)
    assert (opened is not None, house.rate_limit().opened_at) == (True, None)
    left = [job.subject_id for job in Job.select().where(Job.kind == "write", Job.status != "completed")]
    assert left == [house.doi("0").id]


def test_the_canary_is_another_job_than_the_one_that_met_the_last_fault(house: Any) -> None:
    updates(house, 2)
    poison = house.job("0").id
    now = database.now()
    RateLimit.update(faults=5, fault_job=poison, opened_at=now, canary_at=now).execute()
    house.sandbox.requests.clear()
    house.work(limit=1)
    paths = [one["path"] for one in house.sandbox.requests.entries() if one["method"] == "PUT"]
    assert paths == ["/dois/10.5072/h/2026/1"]


def test_a_job_that_was_asked_for_by_name_closes_it_too(house: Any) -> None:
    for number in range(20):
        house.mint(str(number))
    house.faults("* * status status=503")
    house.work()
    house.faults()
    house.clock.forward(seconds=60)
    worker.run_one(house.job("19").id)
    house.work()
    assert {job.status for job in Job.select().where(Job.kind == "write")} == {"completed"}

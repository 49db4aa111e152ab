"""What becomes of an event that is sent: state, attempts, what is kept of the answer, and when it goes again."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from doitui_core.db import database
from doitui_core.db.models import Event
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.events import event_connection, sending
from doitui_core.queue import jobs, leases
from doitui_core.queue.connection import LOST

A, B = "https://doi.org/10.1234/a", "https://doi.org/10.1234/b"
HTML = "<!DOCTYPE html><html><body><h1>Sorry, not now</h1></body></html>"
MINUTES = 60


def error(title: str) -> str:
    return json.dumps({"errors": [{"status": "4xx", "title": title}]})


class End(NamedTuple):
    """How it stands after one try. `attempts`: what it has cost; `again`: seconds until the next one, None for none."""

    state: str
    job: str
    attempts: int
    cause: str
    message: str
    again: int | None


TABLE: list[tuple[int, str, dict[str, str], End]] = [
    (401, error("Bad credentials."), {}, End(
        "failed", "blocked", 0, "credentials",
        "HTTP 401: Bad credentials.; stale or wrong token: correct datacite_api_token (without one: password)", None)),
    (403, error("You are not authorized."), {}, End(
        "pending", "pending", 0, "forbidden",
        "HTTP 403: You are not authorized.; no right to write events: DataCite gives it to its staff only;"
        " send usage reports instead", 0)),
    (403, HTML, {}, End(
        "pending", "pending", 1, "firewall",
        "HTTP 403: Sorry, not now; not the Events API's own answer: a firewall, proxy or login page on the way, or a"
        " wrong events_url", 5 * MINUTES)),
    (404, error("No such place"), {}, End(
        "failed", "blocked", 0, "configuration",
        "HTTP 404: No such place; no Events API answers at this address: correct events_url", None)),
    (409, error("The resource already exists."), {}, End(
        "pending", "pending", 1, "conflict",
        "HTTP 409: The resource already exists.; another write was faster, or it is there under another UUID; sent"
        " again by itself, under the same UUID", 5 * MINUTES)),
    (422, error("Subj can't be blank"), {}, End(
        "failed", "failed", 1, "event",
        "HTTP 422: Subj can't be blank; see what was sent with `doitui event show`", None)),
    (422, error("Source token can't be blank"), {}, End(
        "failed", "blocked", 0, "configuration",
        "HTTP 422: Source token can't be blank; set event_source_token, then retry", None)),
    (429, HTML, {"retry_after": "120"}, End(
        "pending", "pending", 0, "throttled", "HTTP 429: Sorry, not now; retried automatically", 2 * MINUTES)),
    (429, "", {}, End(
        "pending", "pending", 0, "throttled", "HTTP 429: no reason given; retried automatically", 5 * MINUTES)),
    (500, error("Sorry, not now"), {}, End(
        "uncertain", "uncertain", 1, "server_error",
        "HTTP 500: Sorry, not now; it may have been done: sent again by itself, under the same UUID", 0)),
    (503, "", {"retry_after": "30"}, End(
        "pending", "pending", 0, "throttled", "HTTP 503: no reason given; retried automatically", 30)),
    (200, "{}", {}, End(
        "uncertain", "uncertain", 1, "unreadable",
        "HTTP 200: the answer is not about this event; sent again by itself, under the same UUID", 0)),
    (200, HTML, {}, End(
        "uncertain", "uncertain", 1, "firewall",
        "HTTP 200: Sorry, not now; not the Events API's own answer: a firewall, proxy or login page on the way, or a"
        " wrong events_url", 0)),
    (302, "", {"location": "http://login.invalid/"}, End(
        "pending", "pending", 1, "firewall",
        "HTTP 302: redirect to http://login.invalid/; not the Events API's own answer: a firewall, proxy or login page"
        " on the way, or a wrong events_url", 5 * MINUTES)),
    (301, "", {"location": "/v2/"}, End(
        "failed", "failed", 1, "redirected",
        "HTTP 301: no reason given; a redirect is not followed with credentials: correct events_url", None)),
]  # fmt: skip


def ended(office: Any) -> End:
    row, job = office.event(A), office.job(A)
    waits = job.status in (JobStatus.PENDING, JobStatus.UNCERTAIN)
    again = (job.scheduled_at - database.now()) // timedelta(seconds=1) if waits else None
    assert (row.cause, row.last_error) == (job.cause, job.last_error)
    return End(row.state, job.status, job.attempts, row.cause, row.last_error, again)


@pytest.mark.parametrize(("status", "said", "headers", "expected"), TABLE, ids=lambda one: str(one)[:20])
def test_an_answer_is_what_it_is(
    office: Any, saying: Callable[..., Any], status: int, said: str, headers: dict[str, str], expected: End
) -> None:
    office.reach(saying(status, said, **headers).url)
    office.keep(A)
    office.work(limit=1)

    row = office.event(A)
    assert (ended(office), row.response_status, row.response) == (expected, status, said)


@pytest.mark.parametrize("status", [200, 401, 422, 429, 500])
def test_a_try_is_reported_whether_it_cost_an_attempt_or_not(
    office: Any, saying: Callable[..., Any], status: int
) -> None:
    office.reach(saying(status, "").url)
    office.keep(A)
    office.work(limit=1)

    assert office.event(A).attempts == 1


def test_an_event_that_is_new_there_is_submitted(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.keep(A)
    office.work()

    assert (ended(office), office.event(A).response_status) == (End("submitted", "completed", 1, "", "", None), 201)


def test_an_event_that_is_there_already_is_submitted(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.keep(A)
    office.work()
    office.keep(A, total=2)
    office.work()

    assert (ended(office), office.event(A).response_status) == (End("submitted", "completed", 1, "", "", None), 200)


def test_what_was_taken_is_noted(office: Any, api: Any) -> None:
    office.reach(api.url, event_source_token="brandt-token")
    office.keep(A, total=3)
    office.work()

    row = office.event(A)
    told = row.submitted_total, row.submitted_at, row.source_token, json.loads(row.response)["data"]["id"]
    assert told == (3, database.now(), "brandt-token", row.uuid)


def test_what_goes_out_is_the_event(office: Any, api: Any) -> None:
    office.reach(api.url, event_source_token="brandt-token")
    office.keep(A, total=3)
    office.work()

    held = api.events[office.event(A).uuid]
    names = ("subjId", "relationTypeId", "objId", "sourceId", "sourceToken", "total")
    expected = ["https://doi.org/10.5072/h/2026/ms-1", "cites", A, "doitui", "brandt-token", 3]
    assert [held[name] for name in names] == expected


def test_a_server_that_says_nothing_leaves_it_uncertain(office: Any, silent: Any) -> None:
    office.reach(silent.url)
    office.keep(A)
    office.work(limit=1)

    end = ended(office)
    assert (end.state, end.job, end.attempts, end.cause, end.again) == ("uncertain", "uncertain", 1, "no_answer", 0)


def test_a_server_that_hangs_leaves_it_uncertain(office: Any, stuck: Any) -> None:
    office.reach(stuck.url, lease_seconds="1")
    office.keep(A)
    office.work(limit=1)

    end = ended(office)
    assert (end.state, end.job, end.attempts, end.cause, end.again) == ("uncertain", "uncertain", 1, "no_answer", 0)


def test_a_server_that_is_not_there_leaves_it_pending(office: Any) -> None:
    office.reach("http://127.0.0.1:9")
    office.keep(A)
    office.work(limit=1)

    end = ended(office)
    assert (end.state, end.attempts, end.cause, end.again) == ("pending", 0, "unreachable", 5 * MINUTES)


def test_an_outage_of_an_hour_costs_an_event_no_attempt(office: Any) -> None:
    office.reach("http://127.0.0.1:9")
    office.keep(A)
    spent = set()
    for _ in range(12):
        office.work()
        spent.add(office.job(A).attempts)
        office.clock.forward(minutes=5)
    assert (spent, office.job(A).status) == ({0}, "pending")


def test_what_is_uncertain_is_sent_again_as_the_same_event(office: Any, silent: Any, api: Any) -> None:
    office.reach(silent.url)
    office.keep(A)
    office.work(limit=1)
    sent = list(silent.events)
    office.reach(api.url)
    office.work()

    assert (sent, list(api.events), office.event(A).state) == ([office.event(A).uuid], sent, "submitted")


def test_an_uncertain_event_waits_longer_each_time(office: Any, saying: Callable[..., Any]) -> None:
    office.reach(saying(200, HTML).url)
    office.keep(A)
    waits = []
    for _ in range(3):
        office.work(limit=1)
        waits.append(ended(office).again)
        office.clock.forward(seconds=waits[-1] or 0)

    assert waits == [0, 5 * MINUTES, 10 * MINUTES]


def test_a_throttled_event_holds_up_the_others(office: Any, saying: Callable[..., Any]) -> None:
    api = saying(429, "", retry_after="120")
    office.reach(api.url)
    office.keep(A, B)
    office.work(limit=1)
    office.clock.forward(seconds=119)
    before = len(api.seen)
    with pytest.raises(AssertionError, match="waits"):
        office.work(stop=Waits())

    assert (before, len(api.seen)) == (1, 1)


class Waits:
    """In place of a stop: a run that would wait for the pace says so, for the clock stands still."""

    def is_set(self) -> bool:
        return False

    def set(self) -> None:
        pass

    def wait(self, _seconds: float) -> None:
        raise AssertionError("waits")


# Attempts.


def test_the_last_attempt_fails_it(office: Any, saying: Callable[..., Any]) -> None:
    office.reach(saying(409, error("The resource already exists.")).url)
    office.keep(A)
    for _ in range(5):
        office.later(hours=1)

    end = ended(office)
    assert (end.state, end.job, end.attempts, end.cause) == ("failed", "failed", 5, "conflict")


def test_an_event_whose_workers_died_is_not_tried_for_ever(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.keep(A)
    policy = event_connection.for_repository(office.doi().repository).policy
    for _ in range(5):
        assert jobs.claim_one("gone", office.job(A).id, policy) is not None
        office.clock.forward(hours=1)
    office.work()

    assert (api.seen, ended(office).cause, office.event(A).state) == ([], "attempts_spent", "failed")


def claimed(office: Any, worker: str) -> tuple[leases.Lease, event_connection.EventConnection]:
    at = event_connection.for_repository(office.doi().repository)
    lease = jobs.claim_one(worker, office.job(A).id, at.policy)
    assert lease is not None
    return lease, at


def test_whoever_has_lost_the_lease_sends_nothing(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.keep(A)
    slow, at = claimed(office, "slow")
    office.clock.forward(hours=1)
    claimed(office, "quick")

    assert (sending.send(slow, at), api.seen) == (LOST, [])


def test_an_answer_that_comes_after_the_lease_is_dropped(office: Any, meddling: Callable[..., Any]) -> None:
    def overtake() -> None:
        office.clock.forward(hours=1)
        claimed(office, "quick")

    office.reach(meddling(overtake).url)
    office.keep(A)
    slow, at = claimed(office, "slow")

    assert (sending.send(slow, at), office.job(A).worker, office.event(A).response) == (LOST, "quick", "")


# Grown while it is under way.


@pytest.fixture
def grown(office: Any, meddling: Callable[..., Any]) -> Any:
    """An office whose event has grown from 1 to 2 while it was sent, for the first time only."""
    api = meddling(lambda: office.keep(A, total=2))
    office.reach(api.url)
    office.keep(A)
    office.work(limit=1)
    return office


def test_an_event_that_grows_under_way_is_pending_again(grown: Any) -> None:
    row = grown.event(A)

    assert (row.state, row.total, row.submitted_total, grown.job(A).attempts) == ("pending", 2, 1, 0)


def test_an_event_that_grew_under_way_goes_out_again(grown: Any) -> None:
    grown.work()

    assert (grown.event(A).submitted_total, grown.event(A).state) == (2, "submitted")


def test_an_event_that_grows_while_it_is_refused_is_tried_again(
    office: Any, meddling: Callable[..., Any], reply: Any
) -> None:
    api = meddling(lambda: office.keep(A, total=2), reply(422, text=error("no")))
    office.reach(api.url)
    office.keep(A)
    office.work(limit=1)

    assert (office.event(A).state, office.job(A).status) == ("pending", "pending")


# What must not be kept.


def everything() -> str:
    """All that stands in the database."""
    db = database.current().db
    return "\n".join(str(row) for table in db.get_tables() for row in db.execute_sql(f"SELECT * FROM {table}"))


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("token", [True, False], ids=["token", "password"])
@pytest.mark.parametrize("status", [200, 401, 403, 422, 500])
def test_no_secret_is_kept_of_an_answer_that_repeats_it(
    office: Any,
    saying: Callable[..., Any],
    secrets: dict[str, str],
    logged: pytest.LogCaptureFixture,
    status: int,
    token: bool,
) -> None:
    office.doi()
    uuid = office.told(A)[0].event.uuid
    office.reach(
        saying(status, f'{{"data": {{"id": "{uuid}"}}, "errors": [{{"title": "{{sent}}"}}]}}').url, token=token
    )
    office.keep(A)
    summary = office.work(limit=1)

    kept = everything() + logged.text + repr(summary)
    assert [name for name, secret in secrets.items() if secret in kept] == []


def test_a_body_with_nul_is_kept_without(office: Any, saying: Callable[..., Any]) -> None:
    office.reach(saying(422, error("a") + "\x00b").url)
    office.keep(A)
    office.work(limit=1)

    assert office.event(A).response == error("a") + "b"


def test_a_body_without_end_is_cut(office: Any, saying: Callable[..., Any]) -> None:
    office.reach(saying(422, "x" * 100_000).url)
    office.keep(A)
    office.work(limit=1)

    assert len(Event.get().response) == 65_536

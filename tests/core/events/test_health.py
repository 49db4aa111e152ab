"""Why events do not go out: each cause, provoked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Worker
from doitui_core.events import usage_refresh
from doitui_core.queue import heartbeats
from doitui_core.views.event_health import Diagnosis, diagnosis, overview

A, B, C = (f"https://doi.org/10.1234/{letter}" for letter in "abc")
WORK = "doitui work   # or: doitui event flush"


def error(title: str) -> str:
    return json.dumps({"errors": [{"title": title}]})


def test_nothing_is_wrong_with_no_events(store: str) -> None:
    assert diagnosis() is None


def test_nothing_is_wrong_when_all_are_submitted(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.keep(A)
    office.work()

    assert diagnosis() is None


def test_all_are_pending_and_there_is_no_worker(office: Any) -> None:
    office.keep(A, B)

    assert diagnosis() == Diagnosis("all events are pending and no worker is running", WORK)


def test_some_are_pending_and_there_is_no_worker(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.keep(A)
    office.work()
    office.keep(B, C)
    office.clock.forward(days=2)  # the next run, expected within a day, has not come

    found = diagnosis()
    assert found is not None
    assert found.message == "2 events are pending and no worker is running"


def test_a_worker_that_is_seen_will_see_to_them(office: Any) -> None:
    office.keep(A)
    heartbeats.send_heartbeat("host:1:aa")

    assert diagnosis() is None


def test_a_worker_that_was_not_seen_for_half_a_minute_is_none(office: Any) -> None:
    office.keep(A)
    now = database.now()
    Worker.create(name="w", host="elsewhere", pid=1, started_at=now, seen_at=now)
    office.clock.forward(seconds=31)

    assert diagnosis() is not None


def test_usage_that_waits_for_its_day_needs_no_worker(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.view(3)
    usage_refresh.refresh()
    office.work()
    office.view(4)
    usage_refresh.refresh()

    assert (office.states(), diagnosis()) == (["pending"], None)


def refused(office: Any, api: Any) -> Diagnosis | None:
    office.reach(api.url)
    office.keep(A, B)
    office.work()
    return diagnosis()


def test_a_token_that_is_refused_is_reported(office: Any, saying: Callable[..., Any]) -> None:
    assert refused(office, saying(401, error("Bad credentials."))) == Diagnosis(
        "events are refused: HTTP 401: Bad credentials.; stale or wrong token: correct datacite_api_token (without one:"
        " password) (1 waiting)",
        "doitui setting set datacite_api_token --stdin",
        401,
        "credentials",
    )


def test_a_right_that_is_missing_is_reported(office: Any, saying: Callable[..., Any]) -> None:
    server = saying(403, error("Not authorized."))
    found = refused(office, server)

    assert found is not None
    assert (found.status, found.remedy, found.message) == (
        403,
        "doitui event flush   # tries again",
        f"events are kept, not sent: this account may not write them at {server.url} (2 kept)",
    )


def test_an_address_at_which_nothing_is_is_reported(office: Any, saying: Callable[..., Any]) -> None:
    found = refused(office, saying(404, error("No such place")))

    assert found is not None
    assert (found.status, found.remedy) == (
        404,
        "doitui setting unset events_url   # or set the right address, or event_source_token",
    )


def test_a_refusal_that_is_over_is_not_reported(office: Any, api: Any, reply: Any) -> None:
    api.refuses = reply(401)
    refused(office, api)
    api.refuses = None
    office.later(seconds=61)

    assert diagnosis() is None


def test_all_have_failed_of_one_cause(office: Any, saying: Callable[..., Any]) -> None:
    assert refused(office, saying(422, error("Subj is wrong"))) == Diagnosis(
        "all 2 attempted events failed for one reason: HTTP 422: Subj is wrong; see what was sent with"
        " `doitui event show`",
        "doitui event list --state failed",
        422,
    )


def test_several_causes_are_no_diagnosis(office: Any, in_turn: Callable[..., Any], reply: Any) -> None:
    assert refused(office, in_turn(reply(422, text=error("no")), reply(400, text=error("no")))) is None


def test_some_that_were_taken_speak_against_one_cause(office: Any, api: Any, reply: Any) -> None:
    office.reach(api.url)
    office.keep(C)
    office.work()
    api.refuses = reply(422, text=error("no"))

    assert refused(office, api) is None


@pytest.mark.parametrize("rate", ["30", "600"])
def test_the_overview_says_where_events_go_and_how_fast(office: Any, rate: str) -> None:
    office.reach("http://127.0.0.1:9", event_rate_limit=rate)

    (link,) = overview().links
    assert (link.repository, link.url, link.per_minute) == ("h", "http://127.0.0.1:9", int(rate))


def test_the_overview_says_when_the_last_one_was_taken(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.keep(A)
    office.work()

    assert (overview().last, overview().counts["submitted"]) == (database.now(), 1)

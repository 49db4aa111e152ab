"""Sending now: what is due and what failed; and what would be sent, told without sending it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Audit, Event, Record
from doitui_core.errors import NotFound
from doitui_core.events import retrying, usage_refresh
from doitui_core.operations import flush_events
from doitui_core.queue import jobs

A, B, C, D = (f"https://doi.org/10.1234/{letter}" for letter in "abcd")
NO = json.dumps({"errors": [{"title": "no"}]})


@pytest.fixture
def linked(office: Any, api: Any) -> Any:
    """An office that may send."""
    office.reach(api.url)
    return office


def refuse(office: Any, api: Any, reply: Any, *objects: str, status: int = 422) -> None:
    """These were tried, and refused."""
    api.refuses = reply(status, text=NO)
    office.keep(*objects)
    office.work()
    api.refuses = None
    api.seen.clear()


def test_what_is_due_is_sent(linked: Any) -> None:
    linked.keep(A, B)

    assert (linked.flush().outcomes, linked.states()) == ({"done": 2}, ["submitted"] * 2)


def test_what_was_counted_since_is_sent(linked: Any, api: Any) -> None:
    linked.view(3, requests=1)
    linked.flush()

    assert sorted(held["total"] for held in api.events.values()) == [1, 3]


def test_what_has_failed_is_tried_again(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A)
    linked.flush()

    assert (linked.states(), linked.job(A).attempts) == (["submitted"], 2)


def test_what_has_failed_often_enough_is_not_tried_again(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A)
    linked.flush(max_attempts=1)

    assert (api.seen, linked.states()) == ([], ["failed"])


def test_what_was_tried_often_enough_is_not_sent(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A, status=409)
    linked.clock.forward(hours=1)
    linked.flush(max_attempts=1)

    assert (api.seen, linked.states()) == ([], ["pending"])


def test_more_attempts_than_a_job_was_given_can_be_asked_for(linked: Any, api: Any, reply: Any) -> None:
    linked.settings(max_attempts="1")
    refuse(linked, api, reply, A)
    for _ in range(6):
        api.refuses = reply(422, text=NO)
        linked.flush(max_attempts=4)

    assert (len(api.seen), linked.job(A).attempts, linked.event(A).cause) == (3, 4, "event")


def test_what_was_refused_altogether_is_tried_once(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A, B, C, status=401)
    api.refuses = reply(401, document={"errors": [{"title": "Bad credentials."}]})
    linked.flush()

    assert len(api.seen) == 1


def test_what_is_refused_no_longer_goes_out(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A, B, C, status=401)
    linked.flush()

    assert linked.states() == ["submitted"] * 3


def test_a_limit_holds_for_failed_and_pending_together(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A, B)
    linked.keep(C, D)
    linked.flush(limit=3)

    assert len(api.seen) == 3


def test_usage_that_was_reported_today_is_not_told_again(linked: Any, api: Any) -> None:
    linked.view(3)
    linked.flush()
    linked.view(4)
    linked.clock.forward(hours=23)
    linked.flush()

    assert [held["total"] for held in api.events.values()] == [3]


# What would be sent.


def would(**options: Any) -> list[tuple[str, int]]:
    """(object, total) of what a flush would send."""
    sent = [json.loads(request.body)["data"]["attributes"] for request in flush_events.requests(**options)]
    return [(one["objId"], one["total"]) for one in sent]


def went(api: Any) -> list[tuple[str, int]]:
    sent = [json.loads(seen.body)["data"]["attributes"] for seen in api.seen if seen.method == "PUT"]
    return [(one["objId"], one["total"]) for one in sent]


PAGE = "https://archive.example.org/ms-1"


def failed_and_pending(office: Any, api: Any, reply: Any) -> None:
    refuse(office, api, reply, A, B)
    office.clock.forward(minutes=1)
    office.keep(C, D)
    office.clock.forward(minutes=1)


def blocked(office: Any, api: Any, reply: Any) -> None:
    refuse(office, api, reply, A, B, status=401)
    office.clock.forward(minutes=1)


def waiting_for_their_time(office: Any, api: Any, reply: Any) -> None:
    refuse(office, api, reply, A, status=409)


def counted_and_new(office: Any, api: Any, reply: Any) -> None:
    office.view(3)
    office.keep(A)


def counted_and_told_today(office: Any, api: Any, reply: Any) -> None:
    office.view(3)
    office.flush()
    api.seen.clear()
    office.view(4)


def counted_and_told_yesterday(office: Any, api: Any, reply: Any) -> None:
    counted_and_told_today(office, api, reply)
    office.clock.forward(days=1)


def counted_more_than_is_kept(office: Any, api: Any, reply: Any) -> None:
    office.view(3)
    usage_refresh.refresh()
    office.view(5)


def counted_more_than_has_failed(office: Any, api: Any, reply: Any) -> None:
    office.view(3)
    usage_refresh.refresh()
    refuse(office, api, reply)
    office.view(5)


def counted_for_tomorrow(office: Any, api: Any, reply: Any) -> None:
    counted_and_told_today(office, api, reply)
    usage_refresh.refresh()
    office.view(6)


def not_public(office: Any, api: Any, reply: Any) -> None:
    office.keep(A)
    Record.update(published=False).execute()


CASES = [
    failed_and_pending,
    blocked,
    waiting_for_their_time,
    counted_and_new,
    counted_and_told_today,
    counted_and_told_yesterday,
    counted_more_than_is_kept,
    counted_more_than_has_failed,
    counted_for_tomorrow,
    not_public,
]


@pytest.mark.parametrize("arrange", CASES, ids=lambda act: act.__name__)
def test_what_would_be_sent_is_what_is_sent(
    linked: Any, api: Any, reply: Any, arrange: Callable[[Any, Any, Any], None]
) -> None:
    arrange(linked, api, reply)
    told = would()
    linked.flush()

    assert told == went(api)


def test_the_first_that_would_be_sent_are_the_first_that_are(linked: Any, api: Any, reply: Any) -> None:
    failed_and_pending(linked, api, reply)
    told = would(limit=3)
    linked.flush(limit=3)

    assert (told, len(told)) == (went(api), 3)


def test_what_was_tried_often_enough_would_not_be_sent(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A)

    assert would(max_attempts=1) == []


def test_to_the_letter_it_is_what_goes_out(linked: Any, api: Any) -> None:
    linked.keep(A)
    (told,) = flush_events.requests()
    linked.flush()

    (seen,) = api.seen
    assert (told.method, told.url, told.body.encode()) == (seen.method, api.url + seen.path, seen.body)


def test_to_tell_what_would_be_sent_changes_nothing(linked: Any, api: Any, reply: Any) -> None:
    failed_and_pending(linked, api, reply)
    linked.view(3)
    before = rows()
    would()

    assert (rows(), api.seen) == (before, [])


def rows() -> dict[str, list[Any]]:
    db = database.current().db
    return {table: sorted(map(str, db.execute_sql(f"SELECT * FROM {table}"))) for table in db.get_tables()}


# New attempts.


def test_a_failed_event_gets_new_attempts(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A)

    assert (retrying.retry(), linked.job(A).attempts, linked.states()) == ([linked.event(A).id], 0, ["pending"])


def test_those_of_one_cause_get_new_attempts(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A)
    refuse(linked, api, reply, B, status=400)

    assert retrying.retry(cause="bad_request") == [linked.event(B).id]


def test_one_event_gets_new_attempts(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A, B)
    retrying.retry(ids=[linked.event(A).id])

    assert linked.states().count("pending") == 1


def test_what_has_not_failed_is_left_alone(linked: Any) -> None:
    linked.keep(A)

    assert retrying.retry(ids=[linked.event(A).id]) == []


def test_many_are_put_back_some_at_a_time(linked: Any, api: Any, reply: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(linked, api, reply, A, B)
    monkeypatch.setattr(jobs, "CHUNK", 1)
    steps: list[int] = []
    ids = [linked.event(A).id, linked.event(B).id]

    assert (retrying.retry(ids=ids, step=steps.append), steps) == (ids, [0, 1, 1])
    assert [(row.action, row.subject) for row in Audit.select() if row.action == "retry"] == [
        ("retry", f"2 events: {ids[0]}, {ids[1]}")
    ]


def test_an_event_that_is_not_there_cannot_be_retried(linked: Any) -> None:
    with pytest.raises(NotFound, match="Event 7 does not exist"):
        retrying.retry(ids=[7])


def test_an_event_whose_job_was_cancelled_gets_a_new_one(linked: Any) -> None:
    linked.keep(A)
    jobs.cancel(linked.job(A).id)
    assert retrying.retry() == []
    again = retrying.retry(ids=[linked.event(A).id])
    linked.work()

    assert (again, linked.states()) == ([Event.get().id], ["submitted"])


def test_a_retry_looks_anew_at_a_service_that_refused(linked: Any, api: Any, reply: Any) -> None:
    refuse(linked, api, reply, A, B, status=401)
    retrying.retry()
    linked.work()

    assert linked.states() == ["submitted"] * 2

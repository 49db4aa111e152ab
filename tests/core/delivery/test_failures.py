"""Writes that did not work: tried again later, or left to a person."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db.models import Record
from doitui_core.queue import connection, jobs, rate_limit

# Later.


def test_a_document_that_only_meets_errors_is_tried_again_after_five_minutes_times_the_attempt(house: Any) -> None:
    house.mint()
    house.faults("POST /dois html status=403")
    house.work()
    first = house.job().scheduled_at - house.clock.now
    house.later(minutes=5)
    assert (first.total_seconds(), (house.job().scheduled_at - house.clock.now).total_seconds()) == (300, 600)
    assert (house.job().status, house.doi().certainty, house.job().cause) == ("pending", "confirmed", "firewall")


def test_attempts_that_are_spent_fail_the_job(house: Any) -> None:
    house.settings(max_attempts="2")
    house.faults("POST /dois gateway")
    house.mint()
    house.work()
    house.later(minutes=5)
    assert (house.job().status, house.job().attempts) == ("failed", 2)


def test_a_job_whose_workers_keep_dying_comes_to_an_end(house: Any) -> None:
    house.settings(max_attempts="1")
    house.mint()
    house.claimed()
    house.later(minutes=6)
    assert (house.job().status, house.job().cause) == ("failed", "attempts_spent")


@pytest.mark.parametrize("status", [429, 503])
def test_too_fast_costs_no_attempt_and_stops_everybody(house: Any, status: int) -> None:
    house.mint()
    house.faults(f"POST /dois status status={status} seconds=30 count=1")
    house.work()
    name = connection.for_repository(Record.get().repository).rate_limit
    assert (house.job().status, house.job().attempts, house.job().cause) == ("pending", 0, "throttled")
    assert rate_limit.take(name, 1, None).wait == 30


def test_too_fast_is_over_when_its_time_is(house: Any) -> None:
    house.mint()
    house.faults("POST /dois status status=429 seconds=30 count=1")
    house.work()
    house.later(seconds=30)
    assert house.doi().status == "findable"


def test_a_probe_that_is_too_fast_stops_everybody_too(house: Any) -> None:
    house.mint()
    house.faults("POST /dois reset", "GET * status status=429 seconds=30")
    house.work()
    assert rate_limit.take(connection.for_repository(Record.get().repository).rate_limit, 1, None).wait == 30
    assert house.doi().certainty == "uncertain"


# A person has to do something.


def test_a_wrong_password_blocks_and_costs_no_attempt(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house.mint()
    monkeypatch.setenv("PW", "wrong")
    house.work()
    assert (house.job().status, house.job().cause, house.job().attempts) == ("blocked", "credentials", 0)


def test_a_blocked_job_goes_on_when_it_is_retried(house: Any, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    house.mint()
    monkeypatch.setenv("PW", "wrong")
    house.work()
    monkeypatch.setenv("PW", password)
    jobs.retry(every=True)
    house.work()
    assert house.doi().status == "findable"


def test_wrong_credentials_at_a_probe_prove_nothing(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house.mint()
    house.faults("POST /dois reset")
    house.work(limit=1)
    monkeypatch.setenv("PW", "wrong")
    house.work()
    assert (house.job().status, house.doi().certainty) == ("blocked", "uncertain")
    assert house.came_in("POST") == [("POST", 201)]


def test_a_prefix_that_is_not_ours_fails_at_once(house: Any) -> None:
    house.mint()
    house.faults("POST /dois status status=403")
    house.work()
    assert (house.job().status, house.job().cause, house.came_in()) == ("failed", "forbidden", [("POST", 403)])


def test_metadata_that_datacite_refuses_fails_at_once_and_names_the_field(house: Any, answering_json: Any) -> None:
    house.mint()
    error = {"source": "creators", "title": "Missing child element(s).", "uid": "10.5072/h/2026/1"}
    house.settings(datacite_url=answering_json("422 No", {"errors": [error]}).url)
    house.work()
    assert (house.job().status, house.job().cause, house.job().attempts) == ("failed", "metadata", 1)
    assert "creators: Missing child element(s)." in house.job().last_error
    assert (house.doi().status, house.doi().cause) == ("reserved", "metadata")


def test_a_refusal_keeps_the_answer_to_64k(house: Any, answering_json: Any) -> None:
    house.mint()
    house.settings(datacite_url=answering_json("422 No", {"errors": [{"title": "no " * 100_000}]}).url)
    house.work()
    assert len(house.attempts()[0].response) == 65_536


def test_nul_and_half_characters_in_an_answer_do_no_harm(house: Any, answering_json: Any) -> None:
    house.mint()
    house.settings(datacite_url=answering_json("422 No", {"errors": [{"title": "a\u0000b\ud800c"}]}).url)
    house.work()
    assert "a b?c" in house.job().last_error


def test_no_secret_is_kept(house: Any, answering: Any, password: str) -> None:
    house.mint()
    house.settings(datacite_url=answering("HTTP/1.1 400 No\nConnection: close", f"you sent {password}".encode()).url)
    house.work()
    kept = [
        house.attempts()[0].response,
        house.job().last_error,
        house.doi().last_error,
        *[row.detail for row in house.log()],
    ]
    assert not [text for text in kept if password in text]

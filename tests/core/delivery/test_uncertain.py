"""Nobody knows what became of a write: what is asked, and what is never done twice."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Attempt
from doitui_core.delivery import delivery
from doitui_core.operations import doi_actions


@pytest.mark.parametrize("fault", ["hang", "reset", "status status=500", "status status=502"])
def test_a_write_without_a_clear_answer_is_uncertain(fast_house: Any, fault: str) -> None:
    fast_house.mint()
    fast_house.faults(f"POST /dois {fault}", "GET * status status=503")
    fast_house.work()
    assert (fast_house.job().status, fast_house.doi().certainty) == ("uncertain", "uncertain")
    assert fast_house.doi().status == "reserved"


#: After a fault: does the service answer at all?
DECIDES = ("GET", 200)


@pytest.mark.parametrize("fault", ["hang", "reset"])
def test_an_uncertain_write_that_was_done_is_found_and_not_repeated(fast_house: Any, fault: str) -> None:
    fast_house.mint()
    fast_house.faults(f"POST /dois {fault} count=1")
    fast_house.work()
    assert (fast_house.came_in(), fast_house.doi().status) == ([("POST", 201), DECIDES, ("GET", 200)], "findable")
    assert (fast_house.job().status, fast_house.doi().certainty) == ("completed", "confirmed")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_uncertain_write_that_was_not_done_is_sent_again_at_once(house: Any, status: int) -> None:
    house.mint()
    house.faults(f"POST /dois status status={status} count=1")
    house.work()
    assert house.came_in() == [("POST", status), DECIDES, ("GET", 404), ("POST", 201)]
    assert house.job().status == "completed"


def test_an_update_that_hung_and_was_done_is_not_sent_twice(fast_house: Any) -> None:
    doi = fast_house.minted()
    fast_house.record(titles=[{"title": "second"}])
    doi_actions.update(doi.doi)
    fast_house.faults("PUT * hang count=1")
    fast_house.work()
    assert (fast_house.came_in(), fast_house.doi().changed) == ([("PUT", 200), DECIDES, ("GET", 200)], False)


def test_an_update_that_did_not_arrive_is_sent_again(house: Any) -> None:
    doi = house.minted()
    house.record(titles=[{"title": "second"}])
    doi_actions.update(doi.doi)
    house.faults("PUT * status status=500 count=1")
    house.work()
    assert house.came_in() == [("PUT", 500), DECIDES, ("GET", 200), ("PUT", 200)]
    assert house.there().attributes["titles"] == [{"title": "second"}]


def test_a_tombstone_that_hung_and_was_done_is_one_and_nothing_more_is_sent(fast_house: Any) -> None:
    doi = fast_house.minted()
    fast_house.record(titles=[{"title": "changed, never sent"}])
    doi_actions.deactivate(doi.doi, reason="withdrawn")
    fast_house.faults("PUT * hang count=1")
    fast_house.work()
    assert (fast_house.came_in(), fast_house.doi().status) == ([("PUT", 200), DECIDES, ("GET", 200)], "tombstone")


def test_a_probe_that_fails_asks_again_later_and_sends_nothing(house: Any) -> None:
    house.mint()
    house.faults("POST /dois reset", "GET * status status=500")
    house.work()
    house.later(hours=1)
    assert house.came_in("POST") == [("POST", 201)]
    assert house.job().status == "uncertain"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_html_with_200_in_place_of_json_says_nothing(house: Any, answering: Any, method: str) -> None:
    server = answering(
        "HTTP/1.1 200 OK\nX-Credential-Username: demo.repo\nConnection: close", b"<html>Maintenance</html>"
    )
    house.mint()
    if method == "GET":
        house.faults("POST /dois reset count=1")
        house.work(limit=1)
    house.settings(datacite_url=server.url)
    house.work()
    assert (house.job().status, house.doi().certainty) == ("uncertain", "uncertain")
    assert "Maintenance" in house.job().last_error or house.job().cause == "unreadable"


def test_an_html_answer_can_be_read_later(house: Any, answering: Any) -> None:
    server = answering("HTTP/1.1 200 OK\nConnection: close", b"<html>Maintenance</html>")
    house.mint()
    house.settings(datacite_url=server.url)
    house.work()
    assert house.attempts()[0].response == "<html>Maintenance</html>"


def test_a_create_that_arrives_after_its_probe_is_settled_by_put(house: Any, connect: Any, complete: Any) -> None:
    house.mint()
    house.faults("POST /dois status status=500 count=1")
    house.work(limit=1)
    connect().create({**complete, "doi": "10.5072/h/2026/1"})
    house.faults("GET * status status=404 count=1")
    house.work()
    assert (house.there().state, house.doi().status) == ("findable", "findable")


def test_an_attempt_whose_worker_died_is_asked_about_first(house: Any) -> None:
    house.mint()
    lease, _ = house.claimed()
    Attempt.create(
        doi=lease.subject_id, job_id=lease.job_id, worker="dead", method="POST", target="x", sent_at=database.now()
    )
    house.later(minutes=6)
    assert house.came_in() == [("GET", 404), ("POST", 201)]
    assert house.attempts()[0].cause == "probe: none"


def test_a_worker_whose_lease_is_lost_does_not_settle_somebody_elses_attempt(house: Any) -> None:
    house.mint()
    lost, at = house.claimed()
    house.clock.forward(minutes=6)
    house.claimed()
    Attempt.create(
        doi=lost.subject_id, job_id=lost.job_id, worker="other", method="POST", target="x", sent_at=database.now()
    )
    delivery.write(lost, at)
    assert house.attempts()[0].finished_at is None


@pytest.mark.parametrize("died_before", [True, False])
def test_the_first_ambiguous_end_is_asked_about_at_once_also_after_a_worker_died(house: Any, died_before: bool) -> None:
    house.mint()
    house.faults("POST /dois reset count=1")
    if died_before:
        lease, _ = house.claimed()
        Attempt.create(
            doi=lease.subject_id, job_id=lease.job_id, worker="x", method="POST", target="x", sent_at=database.now()
        )
        house.clock.forward(minutes=6)
    house.work()
    assert house.job().status == "completed"


def test_a_server_that_fails_again_and_again_is_not_hammered(house: Any) -> None:
    house.mint()
    house.faults("POST /dois status status=500")
    house.work()
    assert (house.came_in("POST"), house.job().status) == ([("POST", 500)] * 2, "uncertain")
    assert (house.job().scheduled_at - house.clock.now).total_seconds() == 300

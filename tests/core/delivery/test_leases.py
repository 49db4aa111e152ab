"""Whose job it is: a lease that is lost, in other hands, or let go."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Attempt, Record
from doitui_core.delivery import delivery, finishing
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.errors import Refused
from doitui_core.operations import doi_actions
from doitui_core.queue import connection


def test_a_result_is_dropped_when_the_lease_is_lost_during_the_request(house: Any, clock: Any) -> None:
    house.mint()
    with house.in_flight() as ended:
        clock.forward(minutes=6)
        house.claimed()
    assert (ended, house.came_in()) == ([connection.LOST], [("POST", 201)])
    assert (house.job().status, house.doi().remote, house.attempts()[0].finished_at) == ("processing", "none", None)


def test_nothing_is_sent_when_the_lease_is_lost_before(house: Any, clock: Any) -> None:
    house.mint()
    lease, at = house.claimed()
    clock.forward(minutes=6)
    house.claimed()
    assert (delivery.write(lease, at), house.came_in(), house.attempts()) == (connection.LOST, [], [])


def test_a_request_is_half_a_lease_at_most(house: Any) -> None:
    house.settings(lease_seconds="40")
    house.mint()
    assert connection.for_repository(Record.get().repository).client.deadline == 20


def test_a_job_in_other_hands_cannot_be_done_here(house: Any) -> None:
    house.mint()
    house.claimed()
    with pytest.raises(Refused, match="another worker"):
        doi_actions.mint("1", now=True)


@pytest.mark.parametrize(("sent", "status"), [(True, JobStatus.UNCERTAIN), (False, JobStatus.PENDING)])
def test_a_job_that_is_let_go_is_uncertain_only_if_it_was_sent(house: Any, sent: bool, status: JobStatus) -> None:
    house.mint()
    lease, _ = house.claimed()
    if sent:
        Attempt.create(
            doi=lease.subject_id, job_id=lease.job_id, worker="x", method="POST", target="x", sent_at=database.now()
        )
    finishing.release(lease)
    assert (house.job().status, house.job().attempts) == (status, 0)

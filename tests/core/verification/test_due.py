"""Which DOIs a nightly run verifies: old enough, and not verified since."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db.models import Attempt, Job
from doitui_core.delivery import verification
from doitui_core.domain.states import Verification
from doitui_core.errors import NotFound
from doitui_core.operations import change_settings, doi_actions


def due(hours: int = 24, **options: Any) -> int:
    return len(verification.queue_due(hours, actor="cron", **options))


@pytest.mark.parametrize(("age", "queued"), [(23, 0), (24, 1), (1000, 1)])
def test_a_doi_is_due_a_while_after_its_mint(house: Any, age: int, queued: int) -> None:
    house.minted()
    house.clock.forward(hours=age)
    assert due() == queued


def test_a_run_over_many_can_be_stopped(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        house.minted(name)
    monkeypatch.setattr(verification, "CHUNK", 1)
    assert (due(0, step=lambda many: not many), Job.select().where(Job.kind == "verify").count()) == (1, 1)


@pytest.mark.parametrize(("age", "queued"), [(23, 0), (24, 1)])
def test_a_doi_is_due_a_while_after_its_last_write(house: Any, age: int, queued: int) -> None:
    doi = house.minted().doi
    house.clock.forward(days=300)
    doi_actions.update(doi, now=True)
    house.clock.forward(hours=age)
    assert due() == queued


@pytest.mark.parametrize(("age", "queued"), [(23, 0), (24, 1)])
def test_a_doi_that_was_taken_over_and_never_sent_is_due_a_while_after_that(house: Any, age: int, queued: int) -> None:
    house.minted()
    Attempt.delete().execute()
    house.clock.forward(hours=age)
    assert due() == queued


def test_a_write_that_was_refused_changed_nothing_and_does_not_put_it_off(house: Any) -> None:
    doi = house.minted()
    house.clock.forward(days=2)
    at = house.clock.now
    Attempt.create(
        doi=doi.id, job_id=1, worker="x", method="PUT", target="x", sent_at=at, finished_at=at, outcome="permanent"
    )
    assert due() == 1


@pytest.mark.parametrize("outcome", ["ambiguous", ""])
def test_a_write_that_may_have_arrived_puts_it_off(house: Any, outcome: str) -> None:
    doi = house.minted()
    house.clock.forward(days=2)
    Attempt.create(doi=doi.id, job_id=1, worker="x", method="PUT", target="x", sent_at=house.clock.now, outcome=outcome)
    assert due() == 0


def test_what_is_verified_since_is_not_due(house: Any) -> None:
    house.minted()
    house.clock.forward(days=2)
    house.verify()
    assert due() == 0


def test_what_was_a_mismatch_is_looked_at_again(house: Any) -> None:
    house.minted()
    house.site.page("/1", 404)
    house.clock.forward(days=2)
    house.verify()
    assert due() == 1


def test_without_delay_all_are_due_the_new_and_the_verified_too(house: Any) -> None:
    house.minted("1")
    house.minted("2", state="registered")
    house.verify("1")
    assert due(0) == 2


def test_what_was_never_registered_is_not_due(house: Any) -> None:
    house.minted(state="draft")
    house.clock.forward(days=2)
    assert (due(), due(0)) == (0, 0)


def test_a_tombstone_is_due_like_any_other(house: Any) -> None:
    doi = house.minted().doi
    doi_actions.deactivate(doi, reason="withdrawn", now=True)
    house.clock.forward(days=2)
    assert due() == 1


def test_the_oldest_are_queued_first_and_no_more_than_asked_for(house: Any, verification_jobs: Any) -> None:
    for object_id in ("c", "a", "b"):
        house.minted(object_id)
    house.clock.forward(days=2)
    assert (due(limit=2), verification_jobs()) == (2, ["c", "a"])


@pytest.mark.parametrize("limit", [0, 4, 5])
def test_more_than_one_transaction_full_are_all_queued(house: Any, monkeypatch: Any, limit: int) -> None:
    monkeypatch.setattr(verification, "CHUNK", 2)
    for number in range(5):
        house.minted(str(number))
    house.clock.forward(days=2)
    assert due(limit=limit) == (limit or 5)


def test_only_one_repositorys_if_that_is_asked_for(house: Any) -> None:
    house.minted()
    change_settings.save_repository("other", {})
    house.clock.forward(days=2)
    assert (due(repository="other"), due(repository="h")) == (0, 1)


def test_a_repository_that_is_none_is_named(house: Any) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        due(repository="nowhere")


def test_a_repository_at_rest_is_left_alone(house: Any) -> None:
    house.minted()
    change_settings.save_repository("h", {}, active=False)
    house.clock.forward(days=2)
    assert due() == 0


def test_asking_twice_makes_one_job(house: Any) -> None:
    house.minted()
    house.clock.forward(days=2)
    assert (due(), due(), Job.select().where(Job.kind == "verify").count()) == (1, 1, 1)


def test_who_asked_stands_in_the_job_and_its_attempts_are_the_repositorys(house: Any) -> None:
    house.minted()
    house.settings(max_attempts="9")
    house.clock.forward(days=2)
    due()
    assert (house.job().actor, house.job().max_attempts) == ("cron", 9)


def test_a_run_verifies_what_was_queued(house: Any) -> None:
    house.minted("1")
    house.minted("2")
    house.clock.forward(days=2)
    due()
    house.later()
    assert [house.checks(object_id)[2] for object_id in "12"] == [Verification.VERIFIED] * 2

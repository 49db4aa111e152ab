"""Repositories that rest: paused by a person, or blocked by a wrong setup, which is told once and ends by itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db.models import Job, Repository
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import Refused
from doitui_core.operations import change_settings, doi_actions
from doitui_core.queue import blocking
from doitui_core.views import dashboard_counts
from doitui_core.worker import repository_setups, worker

THREADS = 2
WRONG = Outcome(OutcomeKind.BLOCKED, "credentials", "mend them")

OTHER = {
    "datacite_prefix": "10.5072",
    "datacite_repository_id": "OTHER.REPO",
    "datacite_password": "env:OTHER",
    "landing_page": "https://other.example.org/{object_id}",
}


@pytest.fixture
def wrong_password(house: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A house with 30 mints queued and a wrong password."""
    for number in range(30):
        house.mint(str(number))
    monkeypatch.setenv("PW", "wrong")
    return house


def statuses() -> Counter[tuple[str, int]]:
    return Counter((job.status, job.attempts) for job in Job.select())


# Blocked.


def test_a_wrong_password_blocks_the_repository_and_not_its_jobs(wrong_password: Any) -> None:
    wrong_password.work(threads=THREADS)
    assert wrong_password.repository().blocked_cause == "credentials"
    assert statuses()["pending", 0] >= 30 - THREADS * worker.AHEAD
    assert {attempts for _, attempts in statuses()} == {0}


def test_a_wrong_password_is_reported_to_datacite_by_what_was_in_hand_and_no_more(wrong_password: Any) -> None:
    wrong_password.work(threads=THREADS)
    assert 1 <= len(wrong_password.came_in("POST")) <= THREADS * worker.AHEAD


def test_a_blocked_repository_is_reported_once(wrong_password: Any, caplog: pytest.LogCaptureFixture) -> None:
    summaries = [wrong_password.work() for _ in range(3)]
    assert [summary.blocked["h"].cause for summary in summaries] == ["credentials"] * 3
    assert caplog.text.count("repository h is blocked") == 1


def test_a_blocked_repository_costs_one_question_a_run(wrong_password: Any) -> None:
    wrong_password.work()
    wrong_password.sandbox.requests.clear()
    wrong_password.work()
    assert wrong_password.came_in() == [("GET", 200)]


def test_other_repositories_go_on(wrong_password: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "other")
    wrong_password.settings("g", **OTHER, datacite_url=wrong_password.sandbox.url)
    for number in range(10):
        wrong_password.record(f"g{number}", code="g")
        doi_actions.mint(f"g{number}")
    wrong_password.work()
    done = Job.select().where(Job.status == "completed")
    assert {job.repository.code for job in done} == {"g"}
    assert done.count() == 10


def test_a_mended_password_lets_all_drain_without_spent_attempts(
    wrong_password: Any, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    wrong_password.work()
    monkeypatch.setenv("PW", password)
    summary = wrong_password.work()
    assert (statuses(), summary.blocked) == ({("completed", 1): 30}, {})
    assert wrong_password.repository().blocked_cause == ""


def test_a_repository_with_one_job_goes_on_by_itself_too(
    house: Any, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    house.mint()
    monkeypatch.setenv("PW", "wrong")
    house.work()
    monkeypatch.setenv("PW", password)
    house.work()
    assert (house.job().status, house.job().attempts) == ("completed", 1)


def test_a_worker_without_end_goes_on_when_a_setting_was_mended(
    wrong_password: Any, monkeypatch: pytest.MonkeyPatch, password: str, working: Any, wait_until: Any
) -> None:
    monkeypatch.setenv("RIGHT", password)
    with working():
        wait_until(lambda: wrong_password.came_in("GET") and not Job.select().where(Job.status == "processing").count())
        wrong_password.settings(datacite_password="env:RIGHT")
        wait_until(lambda: Job.select().where(Job.status == "completed").count() == 30)
    assert statuses() == {("completed", 1): 30}


def test_a_worker_looks_again_after_a_while(
    wrong_password: Any, monkeypatch: pytest.MonkeyPatch, password: str, working: Any, wait_until: Any
) -> None:
    monkeypatch.setattr(repository_setups, "RETRY_SECONDS", 0.1)
    with working():
        wait_until(lambda: wrong_password.came_in("GET"))
        monkeypatch.setenv("PW", password)
        wait_until(lambda: Job.select().where(Job.status == "completed").count() == 30)
    assert wrong_password.repository().blocked_cause == ""


def test_a_worker_takes_a_replaced_password_file_at_once(
    house: Any, password: str, working: Any, wait_until: Any, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("revoked")
    house.settings(datacite_password=f"file:{file}")
    house.mint()
    with working():
        wait_until(lambda: house.came_in("GET") and house.repository().blocked_cause == "credentials")
        file.write_text(f"{password}\n")
        wait_until(lambda: house.job().status == "completed")
    assert (house.repository().blocked_cause, house.job().attempts) == ("", 1)


def test_a_worker_takes_a_password_file_that_was_missing_at_once(
    house: Any, password: str, working: Any, wait_until: Any, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    house.settings(datacite_password=f"file:{file}")
    house.mint()
    with working():
        wait_until(lambda: house.repository().blocked_cause == "configuration")
        file.write_text(password)
        wait_until(lambda: house.job().status == "completed")
    assert house.repository().blocked_cause == ""


def test_a_worker_does_not_ask_all_the_time(wrong_password: Any, working: Any, wait_until: Any) -> None:
    with working(every=0.01):
        wait_until(lambda: wrong_password.came_in("GET"))
        wrong_password.settings("g", **OTHER)  # a sign of life: the loop has gone round
        wait_until(lambda: wrong_password.repository("g"))
    assert len(wrong_password.came_in("GET")) == 1


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"datacite_repository_id": ""}, "--account"),
        ({"datacite_password": "env:NOT_THERE"}, "NOT_THERE"),
        ({"datacite_url": "https://api.datacite.org"}, "production"),
    ],
)
def test_a_repository_that_is_not_set_up_rests_and_says_what_to_do(
    house: Any, values: dict[str, str], word: str
) -> None:
    house.mint()
    house.settings(**values)
    house.work()
    assert (house.repository().blocked_cause, word in house.repository().blocked_error) == ("configuration", True)
    assert statuses() == {("pending", 0): 1}


def test_a_server_that_is_down_while_it_is_asked_keeps_the_repository_blocked(wrong_password: Any) -> None:
    wrong_password.work()
    wrong_password.faults("GET * status status=503")
    summary = wrong_password.work()
    assert (summary.blocked["h"].cause, wrong_password.repository().blocked_cause) == ("server_error", "credentials")


# What unblocks.


@pytest.fixture
def blocked(archive: Repository) -> Repository:
    blocking.block(archive.id, WRONG)
    return archive


def cause(repository: Repository) -> str:
    return repositories.find(repository.code).blocked_cause


def test_blocking_is_news_once(archive: Repository) -> None:
    assert [blocking.block(archive.id, WRONG) for _ in range(2)] == [True, False]


def test_a_setting_of_its_own_unblocks(blocked: Repository) -> None:
    change_settings.set_setting("datacite_password", "env:NEW", blocked.id)
    assert cause(blocked) == ""


def test_a_setting_for_all_unblocks(blocked: Repository) -> None:
    change_settings.set_setting("datacite_rate_limit", "300")
    assert cause(blocked) == ""


def test_forgetting_a_setting_unblocks(blocked: Repository) -> None:
    change_settings.unset_setting("datacite_url", blocked.id)
    assert cause(blocked) == ""


def test_a_setting_of_another_repository_does_not(blocked: Repository) -> None:
    change_settings.save_repository("g", {"datacite_prefix": "10.5072"})
    assert cause(blocked) == "credentials"


def test_resuming_unblocks(blocked: Repository) -> None:
    blocking.pause(blocked, False)
    assert cause(blocked) == ""


def test_pausing_does_not(blocked: Repository) -> None:
    blocking.pause(blocked, True)
    assert cause(blocked) == "credentials"


def test_what_is_blocked_paused_or_out_of_order_is_shown(blocked: Repository) -> None:
    blocking.pause(blocked, True)
    assert dashboard_counts.overview()["repositories"] == [
        {"code": "h", "active": True, "paused": True, "blocked": "mend them"}
    ]


# Paused.


def test_a_paused_repository_sends_nothing(house: Any) -> None:
    house.mint()
    blocking.pause(house.repository(), True)
    summary = house.work()
    assert (summary.taken, house.came_in(), statuses()) == (0, [], {("pending", 0): 1})


def test_a_paused_repository_sends_nothing_here_and_now_either(house: Any) -> None:
    house.record()
    blocking.pause(house.repository(), True)
    with pytest.raises(Refused, match="queue resume --repository h"):
        doi_actions.mint("1", now=True)
    assert house.came_in() == []


def test_a_resumed_repository_sends_what_has_waited(house: Any) -> None:
    house.mint()
    blocking.pause(house.repository(), True)
    house.work()
    blocking.pause(house.repository(), False)
    house.work()
    assert house.doi().status == "findable"


def test_others_go_on_while_one_is_paused(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "other")
    house.settings("g", **OTHER, datacite_url=house.sandbox.url)
    house.record("g1", code="g")
    doi_actions.mint("g1")
    house.mint()
    blocking.pause(house.repository(), True)
    house.work()
    assert {job.repository.code: job.status for job in Job.select()} == {"g": "completed", "h": "pending"}

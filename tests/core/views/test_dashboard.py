"""The dashboard: each thing that needs a person is there, with where to look, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Attempt, Doi, RateLimit, Repository
from doitui_core.dois import reservations
from doitui_core.domain.cause_groups import cause_group
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.operations import change_settings
from doitui_core.queue import blocking, breaker, heartbeats, jobs, rate_limit
from doitui_core.queue.leases import Lease
from doitui_core.views import dashboard


def needs() -> list[str]:
    return [need.what for need in dashboard.load().alerts]


def test_a_house_in_order_needs_nobody(a_minted_doi: Callable[..., Doi]) -> None:
    a_minted_doi()
    assert needs() == []


def test_jobs_without_a_worker_need_one(a_job: Callable[..., int]) -> None:
    a_job()
    assert needs() == ["job waiting, no worker running"]


def test_a_worker_is_enough(a_job: Callable[..., int]) -> None:
    a_job()
    heartbeats.send_heartbeat("host:1:ab")
    assert (needs(), dashboard.load().workers) == ([], 1)


def test_a_silent_worker_is_none(a_job: Callable[..., int], clock: Any) -> None:
    a_job()
    heartbeats.send_heartbeat("host:1:ab")
    clock.forward(minutes=1)
    assert dashboard.load().workers == 0


def test_what_failed_is_reported_by_cause_group_with_its_number(
    a_job: Callable[..., int], claim: Callable[..., list[Lease]]
) -> None:
    error = "HTTP 422: creators: Can't be blank; fix the record, then retry"
    for object_id, cause in (("a", "metadata"), ("b", "forbidden"), ("c", "metadata")):
        a_job(object_id)
        jobs.finish(claim()[0], JobStatus.FAILED, cause=cause, error=error)
    found = [(need.number, need.what, need.leads_to, need.advice, need.command) for need in dashboard.load().alerts]
    groups = cause_group("metadata", error).name, cause_group("forbidden", error).name
    advice = "fix the record, then retry", "the account has no permission for this DOI or prefix"
    whats = (2, "failed: creators required"), (1, "failed: forbidden")
    assert found == [
        (*what, ("queue", f"status:failed cause:{name}"), text, f"doitui queue retry --cause {name}")
        for what, name, text in zip(whats, groups, advice, strict=True)
    ]


def test_a_paused_repository_is_reported(archive: Repository) -> None:
    blocking.pause(archive, True)
    assert (needs(), dashboard.load().paused) == (["repository h is paused"], ["h"])


def test_a_blocked_repository_is_reported_with_its_reason(archive: Repository) -> None:
    blocking.block(archive.id, Outcome(OutcomeKind.BLOCKED, "credentials", "the password is wrong"))
    assert needs() == ["repository h blocked: the password is wrong"]


def test_an_outage_is_reported(archive: Repository) -> None:
    breaker.silent("rest x y", 1)
    board = dashboard.load()
    assert (board.links[0].state, board.alerts[0].level) == ("out", "FAIL")


def test_a_pause_that_datacite_asked_for_is_reported(archive: Repository, clock: Any) -> None:
    rate_limit.pause("rest x y", clock() + timedelta(minutes=1))
    assert dashboard.load().links[0].state == "paused"


def test_the_pace_is_that_of_the_last_minutes(a_job: Callable[..., int], claim: Callable[..., list[Lease]]) -> None:
    for number in range(10):
        a_job(f"n-{number}")
        jobs.finish(claim()[0], JobStatus.COMPLETED)
    a_job("left")
    pace = dashboard.load().pace
    assert (pace.rate, pace.waiting, pace.left, pace.minutes[-1]) == (2.0, 1, timedelta(seconds=30), 10)


def test_the_newest_ten_are_named(a_minted_doi: Callable[..., Doi], clock: Any) -> None:
    for number in range(12):
        clock.forward(seconds=1)
        a_minted_doi(f"n-{number}")
    assert [row.object_id for row in dashboard.load().newest] == [f"n-{number}" for number in range(11, 1, -1)]


def test_a_doi_that_differs_is_reported(a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi()
    with database.write():
        Doi.update(verification="mismatch").where(Doi.id == row.id).execute()
    assert dashboard.load().alerts[0].leads_to == ("dois", "state:mismatch")


def test_a_credential_that_the_events_api_refuses_is_reported(archive: Repository, clock: Any) -> None:
    name = "events http://127.0.0.1:1 demo.repo"
    RateLimit.create(name=name, blocked_at=clock(), blocked_cause="credentials", blocked_error="HTTP 401: stale token")
    board = dashboard.load()
    assert (board.links[0].state, board.alerts[0].leads_to) == ("refused", ("events", ""))
    assert "HTTP 401: stale token" in board.alerts[0].what


def test_an_outage_of_another_service_leads_to_its_own_screen(archive: Repository, clock: Any) -> None:
    RateLimit.create(name="events http://127.0.0.1:1 demo.repo", opened_at=clock())
    assert dashboard.load().alerts[0].leads_to == ("events", "")


def test_each_account_is_reported_its_own_faults(
    archive: Repository, a_minted_doi: Callable[..., Doi], a_record: Callable[..., Any], clock: Any
) -> None:
    account = {
        "datacite_prefix": "10.82433",
        "datacite_repository_id": "DEMO.MAPS",
        "datacite_url": "http://127.0.0.1:1",
    }
    change_settings.save_repository("maps", {**account, "datacite_password": "env:PW"})
    for row, status in ((a_minted_doi(), 201), (reservations.reserve(a_record("m-1", repository="maps")), 503)):
        RateLimit.create(name=rate_limit.name(repositories.config(row.repository)))
        Attempt.create(
            doi=row.id,
            job_id=1,
            worker="w",
            method="POST",
            target="/dois",
            sent_at=clock(),
            finished_at=clock(),
            http_status=status,
        )
    found = {link.name.split()[-1]: (link.faulty, link.requests) for link in dashboard.load().links}
    assert found == {"demo.repo": (0, 1), "demo.maps": (1, 1)}

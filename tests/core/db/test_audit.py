"""Who did what stays known: every act of a person that no DOI's own log tells of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from doitui_core.db import audit, database
from doitui_core.db.models import Audit, Doi, Repository
from doitui_core.delivery import verification
from doitui_core.dois import reservations
from doitui_core.domain import job_kinds
from doitui_core.errors import RemoteFailed
from doitui_core.events import retrying
from doitui_core.operations import change_settings, doi_actions, flush_events, sync
from doitui_core.queue import blocking, jobs, leases, pruning
from doitui_core.text import MASK

Told = tuple[str, str, str, str]


def told() -> list[Told]:
    """(actor, action, subject, detail) of what ana did, oldest first."""
    rows = Audit.select().where(Audit.actor == "ana").order_by(Audit.id)
    return [(row.actor, row.action, row.subject, row.detail) for row in rows]


def failed(a_job: Callable[..., int], claim: Callable[..., list[leases.Lease]], *object_ids: str) -> list[int]:
    ids = [a_job(object_id) for object_id in object_ids]
    jobs.finish_all(claim(len(ids)), job_kinds.JobStatus.FAILED, cause="metadata", error="creators: missing")
    return ids


def test_a_retry(a_job: Callable[..., int], claim: Callable[..., Any]) -> None:
    (number,) = failed(a_job, claim, "ms-1")
    jobs.retry(ids=[number], actor="ana")
    assert told() == [("ana", "retry", f"job {number}", "")]


def test_a_retry_of_many_by_their_cause(a_job: Callable[..., int], claim: Callable[..., Any]) -> None:
    one, two = failed(a_job, claim, "ms-1", "ms-2")
    jobs.retry(cause="metadata", actor="ana")
    assert told() == [("ana", "retry", f"2 jobs: {one}, {two}", "metadata")]


def test_a_retry_of_many_is_one_act_that_tells_how_many(
    a_job: Callable[..., int], claim: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 2)
    ids = failed(a_job, claim, *"abcde")
    jobs.retry(every=True, actor="ana")
    assert told() == [("ana", "retry", f"5 jobs: {', '.join(map(str, ids))}", "")]


def test_a_retry_of_nothing_is_no_act(archive: Repository) -> None:
    jobs.retry(every=True, actor="ana")
    retrying.retry(actor="ana")
    assert told() == []


def test_pause_and_resume(archive: Repository) -> None:
    blocking.pause(archive, True, actor="ana")
    blocking.pause(archive, False, actor="ana")
    assert told() == [("ana", "pause", "repository h", ""), ("ana", "resume", "repository h", "")]


def test_a_setting_of_all_and_of_one_repository(archive: Repository) -> None:
    change_settings.set_setting("lease_seconds", "120", actor="ana")
    change_settings.set_setting("event_rate_limit", "60", archive.id, actor="ana")
    change_settings.unset_setting("event_rate_limit", archive.id, actor="ana")
    change_settings.unset_setting("event_rate_limit", archive.id, actor="ana")  # there is none any more
    assert told() == [
        ("ana", "set", "lease_seconds", "120"),
        ("ana", "set", "event_rate_limit of h", "60"),
        ("ana", "unset", "event_rate_limit of h", ""),
    ]


def test_a_secret_stays_one(archive: Repository) -> None:
    change_settings.set_setting("smtp_url", "env:SMTP_PASSWORD_OF_ANA", actor="ana")
    assert told() == [("ana", "set", "smtp_url", MASK)]


def test_a_refused_setting_is_no_act(archive: Repository) -> None:
    with pytest.raises(Exception, match="lease_seconds"):
        change_settings.set_setting("lease_seconds", "soon", actor="ana")
    assert told() == []


def test_a_repository_that_comes_rests_and_goes(store: str) -> None:
    change_settings.save_repository("maps", {"datacite_prefix": "10.5072"}, active=False, actor="ana")
    change_settings.remove_repository("maps", actor="ana")
    assert told() == [
        ("ana", "set", "datacite_prefix of maps", "10.5072"),
        ("ana", "inactivate", "repository maps", ""),
        ("ana", "remove", "repository maps", ""),
    ]


def test_a_job_put_off(a_job: Callable[..., int]) -> None:
    number, at = a_job(), database.now() + timedelta(days=1)
    jobs.schedule(number, at, actor="ana")
    assert told() == [("ana", "schedule", f"job {number}", "for 2027-01-01T23:59:00Z")]


def test_jobs_forgotten(a_minted_doi: Callable[..., Doi], clock: Any) -> None:
    a_minted_doi()
    clock.forward(days=1)
    pruning.prune(database.now(), actor="ana")
    assert told() == [("ana", "prune", "1 job", "ended before 2027-01-01T23:59:00Z")]


def test_a_verification_of_one_and_of_all(a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi()
    doi_actions.verify(row.doi, actor="ana")
    verification.queue_due(0, actor="ana")
    assert [entry[1:3] for entry in told()] == [("verify", row.doi), ("verify", "1 DOI")]


def test_another_landing_page_of_a_doi_that_datacite_does_not_have(a_record: Callable[..., Any]) -> None:
    row = reservations.reserve(a_record())
    doi_actions.set_url(row.doi, "https://archive.example.org/new", actor="ana")
    assert told() == [("ana", "set-url", row.doi, "https://archive.example.org/new")]


def test_a_sync_that_datacite_did_not_answer(a_minted_doi: Callable[..., Doi], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "correct-horse")
    row = a_minted_doi()
    with pytest.raises(RemoteFailed):
        sync.sync_one(row.doi, actor="ana")
    assert told() == [("ana", "sync", row.doi, "")]


def test_a_flush(archive: Repository) -> None:
    flush_events.flush(limit=7, actor="ana")
    assert told() == [("ana", "flush", "events", "at most 7")]


def test_an_act_that_is_undone_leaves_nothing(archive: Repository) -> None:
    def pause_and_fail() -> None:
        with database.write():
            blocking.pause(archive, True, actor="ana")
            raise LookupError

    with pytest.raises(LookupError):
        pause_and_fail()
    assert told() == []


def test_the_newest_acts_are_those_on_dois_and_all_others_in_one_order(
    a_record: Callable[..., Any], archive: Repository, clock: Any
) -> None:
    blocking.pause(archive, True, actor="ana")
    clock.forward(seconds=1)
    row = reservations.reserve(a_record(), actor="bo")
    clock.forward(seconds=1)
    blocking.pause(archive, False, actor="ana")

    acts = audit.newest(3)
    assert [(act["actor"], act["action"], act["subject"], act["detail"]) for act in acts] == [
        ("ana", "resume", "repository h", ""),
        ("bo", "reserve", row.doi, "reserved"),
        ("ana", "pause", "repository h", ""),
    ]
    assert len(audit.newest(2)) == 2

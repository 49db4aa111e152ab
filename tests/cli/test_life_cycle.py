"""Pause and resume, abandon, set-url, and the output of a worker that cannot send."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db import dialects

Doitui = Callable[..., Any]


@pytest.fixture
def queued(archive: Doitui, write: Callable[..., Path]) -> Doitui:
    """`doitui` with three mints in the queue."""
    archive("record", "import", write("a", "b", "c"))
    archive("batch", "mint", "--all")
    return archive


def test_a_paused_repository_sends_nothing_until_it_is_resumed(queued: Doitui) -> None:
    result = [queued("queue", "pause", "--repository", "h", "--json").json]
    held = queued("work", "--drain", "--json").json["taken"]
    result.append(queued("queue", "resume", "--json").json)
    sent = queued("work", "--drain", "--json").json["taken"]
    assert result == [{"repositories": ["h"], "paused": True}, {"repositories": ["h"], "paused": False}]
    assert (held, sent) == (0, 3)


def test_a_dry_run_pauses_nothing(queued: Doitui) -> None:
    queued("queue", "pause", "--dry-run")
    assert queued("status", "--json").json["repositories"][0]["paused"] is False


def test_a_repository_that_is_not_there_cannot_be_paused(queued: Doitui) -> None:
    done = queued("queue", "pause", "--repository", "nobody")
    assert (done.code, "nobody" in done.complaint) == (2, True)


def test_a_paused_repository_does_nothing_here_and_now(queued: Doitui) -> None:
    queued("queue", "pause")
    done = queued("doi", "mint", "a", "--now")
    assert (done.code, "queue resume" in done.complaint) == (1, True)


def test_status_shows_what_is_blocked_and_why(queued: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_OF_H", "another")
    done = queued("work", "--drain")
    (result,) = queued("status", "--json").json["repositories"]
    assert (done.code, "repository h is blocked until this is fixed" in done.complaint, "401" in result["blocked"]) == (
        3,
        True,
        True,
    )


def test_status_shows_an_outage(queued: Doitui, sandbox: Any, write: Callable[..., Path]) -> None:
    queued("record", "import", write(*map(str, range(30))))
    queued("batch", "mint", "--all")
    sandbox.faults.replace(["* * status status=503"])
    done = queued("work", "--drain")
    (result,) = queued("status", "--json").json["upstreams"]
    assert (done.code, "unavailable" in done.err, result["out_since"] is not None) == (4, True, True)


def test_an_abandoned_doi_is_shown_as_one(queued: Doitui, doi_of: Callable[[str], str]) -> None:
    doi = doi_of("a")
    done = queued("doi", "abandon", doi)
    assert (done.code, queued("doi", "show", doi, "--json").json["status"]) == (0, "abandoned")


def test_a_minted_doi_is_not_abandoned(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    done = minted("doi", "abandon", doi_of("a"))
    assert (done.code, "doitui doi deactivate" in done.complaint) == (1, True)


def test_a_new_landing_page_goes_out(minted: Doitui, doi_of: Callable[[str], str], sandbox: Any) -> None:
    doi = doi_of("a")
    done = minted("doi", "set-url", doi, "https://new.example.org/a", "--now")
    assert (done.code, sandbox.store.find(doi).attributes["url"]) == (0, "https://new.example.org/a")


def test_a_landing_page_that_is_none_is_2(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    done = minted("doi", "set-url", doi_of("a"), "nonsense")
    assert (done.code, "landing page" in done.complaint) == (2, True)


def test_a_drain_gives_up_on_a_database_that_stays_locked(
    queued: Doitui, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "LOCK_SECONDS", 0.01)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = queued("work", "--drain")
    assert (done.code, "Traceback" in done.err) == (3, False)


def test_pruning_deletes_jobs_and_keeps_the_history(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    assert minted("queue", "prune", "--json").json == {"pruned": 0}
    assert minted("queue", "prune", "--days", 0, "--dry-run", "--json").json == {"pruned": 3}
    assert minted("queue", "prune", "--days", 0, "--json").json == {"pruned": 3}

    assert minted("queue", "list", "--json").json["jobs"] == []
    assert set(minted("status", "--json").json["jobs"].values()) == {0}
    assert len(minted("doi", "history", doi_of("a"), "--json").json["attempts"]) == 1


def test_a_scheduled_job_waits_for_its_time(queued: Doitui) -> None:
    first = queued("queue", "list", "--json").json["jobs"][0]["id"]
    done = queued("queue", "schedule", first, "--at", "2999-12-01T06:00+01:00", "--json")

    assert done.json["results"] == [{"id": first, "scheduled_at": "2999-12-01T05:00:00Z"}]
    assert queued("work", "--drain", "--json").json["taken"] == 2
    assert queued("cron", "register-local", "--json").json["processed"] == 0


def test_schedule_needs_a_time_with_a_zone(queued: Doitui) -> None:
    done = queued("queue", "schedule", 1, "--at", "2999-12-01T06:00")

    assert (done.code, "zone" in done.complaint) == (2, True)


def test_only_a_pending_job_can_be_scheduled(minted: Doitui) -> None:
    assert minted("queue", "schedule", 1, "--at", "2999-12-01T06:00Z").code == 1

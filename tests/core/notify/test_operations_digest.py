"""One digest a run or an hour to operations, whatever the number of DOIs."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db.models import Notice, NoticeItem
from doitui_core.notify import operations_digest
from doitui_core.notify.digest import DigestLine
from doitui_core.operations import change_settings


@pytest.fixture
def noted(house: Any) -> Any:
    """A mint and a failure of the DOI, for operations only."""
    house.settings(doi_failure_notify_mode="digest")
    house.record.owner_email = ""
    assert (house.minted(), house.failed()) == (True, True)
    return house


def test_results_wait_for_the_digest(noted: Any) -> None:
    assert (Notice.select().count(), operations_digest.waiting()) == (0, 2)


def test_each_result_is_noted_once(noted: Any) -> None:
    assert (noted.minted(), noted.failed(), operations_digest.waiting()) == (False, False, 2)


def test_the_digest_is_written_at_the_end_of_a_run(noted: Any) -> None:
    assert (operations_digest.report_due(ended=True), operations_digest.report_due(ended=True)) == (1, 0)
    told = noted.told()
    assert (told.subject, told.recipients) == (
        "DOIs: 1 failed (1 cause), 1 registered",
        "ops@example.org, night@example.org",
    )
    assert "Details: doitui record check --all" in told.body
    assert operations_digest.waiting() == 0


def test_a_service_writes_it_once_an_hour(noted: Any, clock: Any) -> None:
    assert operations_digest.report_due(ended=False) == 0
    clock.forward(hours=1)
    assert operations_digest.report_due(ended=False) == 1


def test_the_owner_gets_a_mail_at_once(house: Any) -> None:
    house.settings(doi_failure_notify_mode="digest")
    house.minted()
    assert (house.told().recipients, operations_digest.waiting()) == ("jo@example.org", 1)


def test_without_addresses_nothing_waits(house: Any) -> None:
    house.settings(doi_failure_notify_mode="digest", doi_failure_notify="")
    house.minted()
    assert operations_digest.waiting() == 0


def test_addresses_that_are_gone_leave_nothing_behind(noted: Any) -> None:
    noted.settings(doi_failure_notify="")
    assert (operations_digest.report_due(ended=True), Notice.select().count(), operations_digest.waiting()) == (0, 0, 0)


@pytest.mark.parametrize(("addresses", "left"), [("ops@example.org night@example.org", 0), ("ops@example.org", 2)])
def test_what_a_run_reports_to_the_same_people_is_not_reported_twice(noted: Any, addresses: str, left: int) -> None:
    noted.settings(notification_email_enabled="1", notification_email=addresses)
    noted.digest(DigestLine(noted.row.doi, noted.row.url, "registered"), doi_ids=[noted.row.id])
    assert operations_digest.waiting() == left


def test_repositories_with_the_same_addresses_share_a_digest(noted: Any) -> None:
    other = change_settings.save_repository(
        "other", {"smtp_url": "smtp://127.0.0.1:9", "doi_failure_notify": "night@example.org, ops@example.org"}
    )
    NoticeItem.create(topic="x", repository_id=other.id, created_at=noted.row.created_at)
    assert operations_digest.report_due(ended=True) == 1
    assert noted.told().subject == "DOIs: 1 failed (1 cause), 2 registered"

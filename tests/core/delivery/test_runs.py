"""Runs over many DOIs for cron: what they do, tell, and mail."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db.models import Notice
from doitui_core.dois import reservations
from doitui_core.operations import change_settings, cron_runs, doi_actions
from doitui_core.records import publish_rules, record_lookup

REFUSE_ONE = "POST /dois status status=422 count=1"


@pytest.fixture
def mailing(house: Any) -> Any:
    """A house whose runs are told by mail, with three records that have DOIs."""
    for name, value in (
        ("smtp_url", "smtp://127.0.0.1:9"),
        ("notification_email_enabled", "1"),
        ("notification_email", "ops@example.org"),
    ):
        change_settings.set_setting(name, value)
    for number in "123":
        house.record(number)
        reservations.reserve(record_lookup.find(number))
    return house


def digests() -> list[str]:
    return [notice.subject for notice in Notice.select().where(Notice.topic.contains("digest")).order_by(Notice.id)]


def test_a_run_is_reported_in_one_mail(mailing: Any) -> None:
    mailing.faults(REFUSE_ONE)
    cron_runs.register(threads=1)

    assert digests() == ["DOI registration: 1 failed (1 cause), 2 succeeded"]


def test_what_failed_before_and_is_well_now_is_reported_as_such(mailing: Any) -> None:
    mailing.faults(REFUSE_ONE)
    cron_runs.register(threads=1)
    mailing.clock.forward(hours=24)
    cron_runs.register(threads=1)

    assert digests()[1:] == ["DOI registration of 10.5072/h/2026/1 1: 1 recovered"]


def test_a_run_that_found_nothing_is_not_reported(mailing: Any) -> None:
    cron_runs.register()
    cron_runs.register()

    assert len(digests()) == 1


def test_a_verification_is_reported_in_one_mail(mailing: Any) -> None:
    cron_runs.register()
    cron_runs.verify(0)

    assert digests()[1:] == ["DOI verification: 3 succeeded"]


def test_unpublished_abandoned_and_deactivated_ones_are_left_alone(mailing: Any) -> None:
    mailing.minted("4")
    doi_actions.deactivate("10.5072/h/2026/4", reason="withdrawn", now=True)
    publish_rules.publish(record_lookup.find("1"), on=False)
    doi_actions.abandon("10.5072/h/2026/2")
    result = cron_runs.register()

    assert [line.object_id for line in result.lines] == ["3"]


def test_a_document_that_cannot_be_built_is_reported_with_its_reason(mailing: Any) -> None:
    mailing.record("1", creators=[])
    result = cron_runs.register()

    assert result.documents["1"]["error"]
    assert "creator" in result.documents["1"]["msg"]
    assert mailing.there("1") is None


def test_an_inactive_repository_is_left_alone(mailing: Any) -> None:
    change_settings.save_repository("h", {}, active=False)

    assert cron_runs.register().lines == []


def test_a_repository_alone(mailing: Any) -> None:
    mailing.settings("other", datacite_prefix="10.80225")

    assert cron_runs.register(repository="other").lines == []
    assert [line.object_id for line in cron_runs.register(repository="h").lines] == ["1", "2", "3"]

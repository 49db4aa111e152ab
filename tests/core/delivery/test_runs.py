"""Runs over many DOIs for cron: what they do, tell, and mail."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core import dois, publishing, records, repositories, runs, settings
from doitui_core.models import Notice

REFUSE_ONE = "POST /dois status status=422 count=1"


@pytest.fixture
def mailing(house: Any) -> Any:
    """A house whose runs are told by mail, with three records that have DOIs."""
    for name, value in (
        ("smtp_url", "smtp://127.0.0.1:9"),
        ("notification_email_enabled", "1"),
        ("notification_email", "ops@example.org"),
    ):
        settings.put(name, value)
    for number in "123":
        house.record(number)
        dois.reserve(records.find(number))
    return house


def digests() -> list[str]:
    return [notice.subject for notice in Notice.select().where(Notice.topic.contains("digest")).order_by(Notice.id)]


def test_a_run_is_told_in_one_mail(mailing: Any) -> None:
    mailing.faults(REFUSE_ONE)
    runs.register(threads=1)

    assert digests() == ["DOI registration: 1 failed (1 cause), 2 well"]


def test_what_failed_before_and_is_well_now_is_told_as_such(mailing: Any) -> None:
    mailing.faults(REFUSE_ONE)
    runs.register(threads=1)
    mailing.clock.forward(hours=24)
    runs.register(threads=1)

    assert digests()[1:] == ["DOI registration of 10.5072/h/2026/1 1: 1 fixed themselves"]


def test_a_run_that_found_nothing_is_not_told(mailing: Any) -> None:
    runs.register()
    runs.register()

    assert len(digests()) == 1


def test_a_verification_is_told_in_one_mail(mailing: Any) -> None:
    runs.register()
    runs.verify(0)

    assert digests()[1:] == ["DOI verification: 3 well"]


def test_unpublished_abandoned_and_deactivated_ones_are_left_alone(mailing: Any) -> None:
    mailing.minted("4")
    dois.deactivate("10.5072/h/2026/4", reason="withdrawn", now=True)
    publishing.publish(records.find("1"), on=False)
    dois.abandon("10.5072/h/2026/2")
    result = runs.register()

    assert [line.object_id for line in result.lines] == ["3"]


def test_a_document_that_cannot_be_built_is_told_with_its_reason(mailing: Any) -> None:
    mailing.record("1", creators=[])
    result = runs.register()

    assert result.documents["1"]["error"]
    assert "creator" in result.documents["1"]["msg"]
    assert mailing.there("1") is None


def test_an_inactive_repository_is_left_alone(mailing: Any) -> None:
    repositories.put("h", {}, active=False)

    assert runs.register().lines == []


def test_a_repository_alone(mailing: Any) -> None:
    mailing.settings("other", datacite_prefix="10.80225")

    assert runs.register(repository="other").lines == []
    assert [line.object_id for line in runs.register(repository="h").lines] == ["1", "2", "3"]

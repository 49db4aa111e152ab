"""The list of reports: newest month first, with what the queue knows of each."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.errors import BadInput
from doitui_core.queue import jobs
from doitui_core.usage_reports import report_list, submitting


@pytest.fixture
def three(house: Any) -> Any:
    """Reports of August, September and October."""
    house.dois(["a"])
    for month in ("2026-08", "2026-10", "2026-09"):
        submitting.request(house.repository, house.report(month), actor="test")
    return house


def test_the_newest_month_comes_first(three: Any) -> None:
    assert [row["month"] for row in report_list.reports().rows] == ["2026-10", "2026-09", "2026-08"]


def test_pages_follow_each_other(three: Any) -> None:
    first = report_list.reports(limit=2)
    assert first.next
    second = report_list.reports(limit=2, after=first.next)
    assert ([row["month"] for row in second.rows], second.next) == (["2026-08"], None)


def test_all_are_one_page(three: Any) -> None:
    assert (len(report_list.reports(limit=0).rows), report_list.reports(limit=3).next) == (3, None)


@pytest.mark.parametrize("key", ["x", "0", "-1", "99999999999999999999", "1 OR 1=1"])
def test_a_key_that_is_none_is_refused(three: Any, key: str) -> None:
    with pytest.raises(BadInput, match="Invalid cursor"):
        report_list.reports(after=key)


def test_a_report_that_waits_is_pending(three: Any) -> None:
    assert report_list.reports().rows[0]["state"] == "pending"


def test_a_report_that_went_through_is_submitted(house: Any) -> None:
    house.dois(["a"])
    house.submitted()
    (row,) = report_list.reports().rows
    assert (row["state"], row["datasets"], row["submitted_at"]) == ("submitted", 1, "2026-12-31T23:59:00Z")


def test_a_report_that_was_refused_says_why(house: Any, sandbox: Any) -> None:
    house.dois(["a"])
    sandbox.faults("PUT /reports/* status status=422")
    house.submitted()
    (row,) = report_list.reports().rows
    assert (row["state"], row["cause"], row["response_status"]) == ("failed", "report", 422)


def test_a_report_that_was_given_up_is_cancelled(house: Any) -> None:
    house.dois(["a"])
    jobs.cancel(house.request())
    assert report_list.reports().rows[0]["state"] == "cancelled"

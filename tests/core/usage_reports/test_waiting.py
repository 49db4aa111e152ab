"""A report store that validates later: its 202 is no submission, and nothing is sent twice to find out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from doitui_core.usage_reports import report_list


@pytest.fixture
def store_says(house: Any, saying: Callable[..., Any]) -> Callable[..., Any]:
    """`store_says("waiting", "valid")`: a store that answers a request after the other so, the last for ever."""

    def start(*states: str) -> Any:
        house.dois(["a"])
        replies = []
        for state in states:
            exceptions = [{"message": "report-datasets/0: bad"}] if state == "not_valid" else []
            report = {"id": house.report().uuid, "state": state, "exceptions": exceptions}
            replies.append((202 if not replies else 200, json.dumps({"report": report})))
        told = saying(*replies)
        house.settled("h", told.url)
        return told

    return start


def methods(told: Any) -> list[str]:
    return [request[0] for request in told.seen]


def test_what_is_validated_at_once_is_submitted(house: Any, store_says: Callable[..., Any]) -> None:
    told = store_says("waiting", "valid")
    assert (house.submitted().status, methods(told)) == ("completed", ["PUT", "GET"])
    assert (house.row().parts, house.row().datasets, house.row().cause) == (1, 1, "")


def test_what_waits_is_asked_about_and_not_sent_again(house: Any, store_says: Callable[..., Any]) -> None:
    told = store_says("waiting", "waiting", "valid")
    assert house.submitted().status == "pending"
    (row,) = report_list.reports().rows
    assert (row["state"], row["cause"], row["submitted_at"], row["datasets"]) == ("pending", "waiting", None, 1)
    house.clock.now += timedelta(minutes=6)
    house.work()
    assert methods(told) == ["PUT", "GET", "GET"]
    assert (report_list.reports().rows[0]["state"], house.row().parts) == ("submitted", 1)


def test_what_proves_invalid_is_not_called_submitted(house: Any, store_says: Callable[..., Any]) -> None:
    store_says("waiting", "not_valid")
    assert house.submitted().status == "failed"
    (row,) = report_list.reports().rows
    assert (row["state"], row["cause"], row["submitted_at"]) == ("failed", "report", None)
    assert "report-datasets/0: bad" in row["last_error"]


def test_what_is_requested_again_is_sent_again(house: Any, store_says: Callable[..., Any]) -> None:
    told = store_says("waiting", "waiting", "waiting", "valid")
    house.submitted()
    house.submitted()
    assert methods(told) == ["PUT", "GET", "PUT", "GET"]

"""A report store rejects our credentials: `doctor` reports it, and `submit` tries again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]


MONTH = ("--month", "2025-05")


@pytest.fixture
def refused(minted: Doitui, sandbox: Any, tmp_path: Path, doi_of: Callable[[str], str], status: int) -> Doitui:
    """A counted month whose report the store rejected."""
    rows = f"doi,month,metric_type,access_method,count\n{doi_of('a')},2025-05,total-dataset-requests,machine,7\n"
    (tmp_path / "counts.csv").write_text(rows, encoding="utf-8")
    assert minted("usage", "import-counts", tmp_path / "counts.csv").code == 0
    sandbox.faults.replace([f"* /reports* status status={status}"])
    done = minted("usage-report", "submit", *MONTH)
    assert f"HTTP {status}" in done.complaint
    return minted


@pytest.mark.parametrize("status", [401, 403])
def test_the_doctor_says_that_reports_are_refused(refused: Doitui, status: int) -> None:
    checks = [check for check in refused("doctor", "--json").json["checks"] if check["name"] == "reports"]
    assert [(check["level"], f"HTTP {status}" in check["message"], bool(check["fix"])) for check in checks] == [
        ("FAIL", True, True)
    ]


@pytest.mark.parametrize("status", [401, 403])
def test_submit_asks_again_and_is_let_in(refused: Doitui, sandbox: Any, status: int) -> None:
    sandbox.faults.replace([])
    done = refused("usage-report", "submit", *MONTH)
    assert (done.code, " submitted: " in done.out) == (0, True)
    checks = [check["level"] for check in refused("doctor", "--json").json["checks"] if check["name"] == "reports"]
    assert checks == ["OK"]


@pytest.mark.parametrize("status", [401])
def test_submit_tells_what_the_report_store_says_now(refused: Doitui, sandbox: Any, status: int) -> None:
    sandbox.faults.replace(["* /reports* status status=403"])
    done = refused("usage-report", "submit", *MONTH)
    assert (done.code != 0, "HTTP 403" in done.complaint, "HTTP 401" in done.complaint) == (True, True, False)


@pytest.mark.parametrize("status", [401])
def test_a_queued_submission_and_a_retry_ask_again_too(refused: Doitui, sandbox: Any, status: int) -> None:
    sandbox.faults.replace([])
    job = refused("queue", "list", "--service", "reports", "--json").json["jobs"][0]
    assert (job["status"], refused("queue", "retry", job["id"]).code) == ("blocked", 0)
    refused("work", "--drain")
    assert refused("queue", "list", "--service", "reports", "--json").json["jobs"][0]["status"] == "completed"


@pytest.mark.parametrize("status", [401])
def test_events_that_are_refused_are_a_fault_of_the_doctor_and_asked_about_again(
    refused: Doitui, sandbox: Any, doi_of: Callable[[str], str], status: int
) -> None:
    refused("event", "add", "--subject", doi_of("a"), "--relation", "is-cited-by", "--object", "10.1000/182")
    sandbox.faults.replace([f"* /events* status status={status}"])
    refused("event", "flush")
    levels = [check["level"] for check in refused("doctor", "--json").json["checks"] if check["name"] == "events"]
    sandbox.faults.replace(["* /events* status status=403"])
    done = refused("event", "flush")
    assert (levels, "HTTP 403" in done.err, "HTTP 401" in done.err) == (["FAIL"], True, False)

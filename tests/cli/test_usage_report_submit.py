"""`doitui usage-report submit`, `list` and `reconcile`, against a sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

MONTH = ("--month", "2025-05")
HEAD = "doi,month,metric_type,access_method,count\n"


@pytest.fixture
def count(minted: Any, tmp_path: Path, doi_of: Callable[[str], str]) -> Callable[..., None]:
    """`count(a=7)`: 7 requests by machines in May 2025 for record a."""

    def make(**numbers: int) -> None:
        path = tmp_path / "counts.csv"
        rows = [f"{doi_of(name)},2025-05,total-dataset-requests,machine,{number}\n" for name, number in numbers.items()]
        path.write_text(HEAD + "".join(rows), encoding="utf-8")
        assert minted("usage", "import-counts", path).code == 0

    return make


@pytest.fixture
def counted(minted: Any, count: Callable[..., None]) -> Any:
    """`doitui` with counts of May 2025 for the findable records a and b."""
    count(a=7, b=8)
    return minted


def writes(sandbox: Any) -> list[tuple[str, int]]:
    return [(one["method"], one["status"]) for one in sandbox.requests.entries() if "/reports" in one["path"]]


def test_submit_sends_here_and_now(counted: Any, sandbox: Any) -> None:
    done = counted("usage-report", "submit", *MONTH)
    assert (done.code, done.err, writes(sandbox)) == (0, "", [("PUT", 201)])
    assert done.out.startswith("h: 2025-05 submitted: 2 datasets in 1 part, as ")


def test_submit_prints_its_result_as_json(counted: Any) -> None:
    (row,) = counted("usage-report", "submit", *MONTH, "--json").json["reports"]
    assert {name: row[name] for name in ("repository", "parts", "datasets")} == {
        "repository": "h",
        "parts": 1,
        "datasets": 2,
    }


def test_a_queued_report_is_sent_by_the_worker(counted: Any, sandbox: Any) -> None:
    done = counted("usage-report", "submit", *MONTH, "--queue")
    assert (done.code, done.out, writes(sandbox)) == (
        0,
        "h: the report of 2025-05 is queued: `doitui work` sends it\n",
        [],
    )
    counted("work", "--drain")
    assert writes(sandbox) == [("PUT", 201)]


def test_a_dry_submission_changes_nothing(counted: Any, sandbox: Any) -> None:
    done = counted("usage-report", "submit", *MONTH, "--dry-run")
    assert (done.code, done.out, writes(sandbox)) == (
        0,
        f"h: the report of 2025-05 would be sent to {sandbox.url}\n",
        [],
    )
    assert counted("usage-report", "list", "--json").json == {"reports": [], "next": None}


def test_the_list_shows_what_was_submitted(counted: Any) -> None:
    (sent,) = counted("usage-report", "submit", *MONTH, "--json").json["reports"]
    (row,) = counted("usage-report", "list", "--json").json["reports"]
    assert {name: row[name] for name in ("month", "repository", "state", "uuid", "datasets")} == {
        "month": "2025-05",
        "repository": "h",
        "state": "submitted",
        "uuid": sent["uuid"],
        "datasets": 2,
    }


def test_reconcile_finds_both_sides_the_same(counted: Any) -> None:
    counted("usage-report", "submit", *MONTH)
    done = counted("usage-report", "reconcile", *MONTH)
    assert (done.code, done.out.splitlines()[0]) == (0, "h, 2025-05: no differences")


def test_reconcile_names_the_dois_that_differ(counted: Any, count: Any, doi_of: Any) -> None:
    counted("usage-report", "submit", *MONTH)
    count(a=9)
    done = counted("usage-report", "reconcile", *MONTH)
    assert (done.code, done.out.splitlines()[-1]) == (
        1,
        f"{doi_of('a')}: total-dataset-requests-machine 9 here, 7 stored",
    )


def test_reconcile_prints_the_totals_as_json(counted: Any) -> None:
    counted("usage-report", "submit", *MONTH)
    (row,) = counted("usage-report", "reconcile", *MONTH, "--json").json["reports"]
    totals = {"total-dataset-requests-machine": 15}
    assert (row["same"], row["totals"], row["datasets"]) == (
        True,
        {"ours": totals, "theirs": totals},
        {"ours": 2, "theirs": 2},
    )


def test_reconcile_says_that_no_report_is_stored(counted: Any) -> None:
    done = counted("usage-report", "reconcile", *MONTH)
    assert (done.code, "no stored report" in done.out) == (1, True)


def test_a_second_submission_replaces_the_first(counted: Any, count: Any) -> None:
    counted("usage-report", "submit", *MONTH)
    count(a=9)
    counted("usage-report", "submit", *MONTH)
    assert counted("usage-report", "reconcile", *MONTH).code == 0


@pytest.mark.parametrize(
    ("fault", "code", "complaint"),
    [
        ("PUT /reports/* status status=401", 3, "datacite_api_token"),
        ("PUT /reports/* status status=403", 1, "no right to write usage reports"),
        ("PUT /reports/* status status=500", 4, "HTTP 500"),
        ("PUT /reports/* status status=422", 1, "HTTP 422"),
        ("PUT /reports/* status status=429 seconds=60", 4, "HTTP 429"),
    ],
)
def test_a_submission_that_fails_says_why(counted: Any, sandbox: Any, fault: str, code: int, complaint: str) -> None:
    sandbox.faults.replace([fault])
    done = counted("usage-report", "submit", *MONTH, "--json")
    assert (done.code, complaint in done.json["reports"][0]["error"], complaint in done.err) == (code, True, True)


def test_a_missing_password_is_a_configuration_error(
    counted: Any, monkeypatch: pytest.MonkeyPatch, sandbox: Any
) -> None:
    monkeypatch.delenv("PASSWORD_OF_H")
    done = counted("usage-report", "submit", *MONTH)
    assert (done.code, "PASSWORD_OF_H" in done.complaint, writes(sandbox)) == (3, True, [])


def test_reports_of_a_test_system_never_go_to_production(counted: Any) -> None:
    counted("setting", "set", "reports_url", "https://api.datacite.org")
    done = counted("usage-report", "submit", *MONTH)
    assert (done.code, "change reports_url" in done.complaint) == (3, True)


def test_a_paused_repository_sends_no_report(counted: Any, sandbox: Any) -> None:
    counted("queue", "pause")
    done = counted("usage-report", "submit", *MONTH)
    assert (done.code, "was not sent now" in done.complaint, writes(sandbox)) == (1, True, [])


def test_the_token_is_used_where_there_is_one(counted: Any, sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "correct-horse-battery")
    counted("setting", "set", "datacite_api_token", "env:TOKEN")
    monkeypatch.setenv("PASSWORD_OF_H", "wrong")
    assert counted("usage-report", "submit", *MONTH).code == 0


def test_a_month_without_counts_is_wrong_usage(counted: Any) -> None:
    done = counted("usage-report", "submit", "--month", "2025-06")
    assert (done.code, "no usage of 2025-06 was counted" in done.complaint) == (2, True)


def test_no_secret_is_shown(counted: Any, sandbox: Any) -> None:
    sandbox.faults.replace(["PUT /reports/* status status=401"])
    done = counted("usage-report", "submit", *MONTH, "--json")
    assert "correct-horse-battery" not in done.out + done.err + json.dumps(
        counted("usage-report", "list", "--json").json
    )


def test_the_last_month_is_submitted_by_its_name(minted: Any, doi_of: Callable[[str], str], tmp_path: Path) -> None:
    last = (date.today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    path = tmp_path / "counts.csv"
    path.write_text(f"{HEAD}{doi_of('a')},{last},total-dataset-requests,machine,7\n", encoding="utf-8")
    minted("usage", "import-counts", path)
    assert [row["doi"] for row in minted("usage", "show", "--month", "last", "--json").json["counts"]] == [doi_of("a")]
    assert minted("usage-report", "submit", "--month", "last").out.startswith(f"h: {last} submitted: 1 dataset")


@pytest.mark.parametrize("extra", [(), ("--dry-run",), ("--queue",)])
def test_a_month_that_is_not_over_is_refused(counted: Any, sandbox: Any, extra: tuple[str, ...]) -> None:
    done = counted("usage-report", "submit", "--month", "current", *extra)
    assert (done.code, "is not over" in done.complaint, writes(sandbox)) == (2, True, [])


def test_a_month_that_is_not_over_is_submitted_if_that_is_asked_for(minted: Any) -> None:
    done = minted("usage-report", "submit", "--month", "current", "--partial")
    assert "no usage of" in done.complaint

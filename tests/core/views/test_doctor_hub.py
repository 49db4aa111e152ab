"""What the doctor says of a hub on the database, on both databases."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db import database_identity
from doitui_core.hub_store import body_storage, hub_database, tokens
from doitui_core.hub_store.report_record import ReportState, StoredPart, StoredReport
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.operations import change_settings
from doitui_core.views import doctor, doctor_hub
from doitui_core.views.doctor_check import FAIL, OK, WARN


@pytest.fixture
def place(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub that was used: a token, and a place of its own with a report that waits."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    tokens.issue("archive-a", actor="ida")
    change_settings.set_setting("hub_reports", str(tmp_path / "reports"))
    hub, storage = hub_database.archive(), body_storage.at(tmp_path / "reports")
    body_storage.claim(storage, "reports", database_identity.identity(hub.db, hub.dialect))
    report = StoredReport(0, "u", "archive-a", "a", 2026, 5, "http://h/reports/u", {})
    ReportStore(hub, storage).create(report, StoredPart(0, 0, True, "x.json.gz", "", "", ReportState.WAITING))
    return tmp_path / "reports"


def found() -> list[tuple[str, str]]:
    assert set(doctor_hub.checks()) <= set(doctor.checks(online=False))
    return [(one.level, one.message) for one in doctor_hub.checks()]


def test_where_no_hub_is_in_use_nothing_is_said(store: str) -> None:
    assert found() == []


def test_a_hub_without_faults_is_ok_and_says_its_address(place: Path) -> None:
    assert found() == [
        (OK, "1 report, 1 valid token; no hub_url: reports are only taken on this machine or through a proxy")
    ]
    change_settings.set_setting("hub_url", "https://hub.example.org")
    assert found()[0][1].endswith("; https://hub.example.org")


def test_a_report_that_waits_for_long_says_that_no_hub_runs(place: Path, clock: Any) -> None:
    clock.forward(minutes=11)
    ((level, message),) = found()
    assert (level, message.startswith("1 report waiting for validation since 2026-12-31T23:59:00")) == (WARN, True)


def test_a_place_that_is_gone_or_another_s_fails(place: Path) -> None:
    (place / body_storage.CLAIM).write_text("/srv/other.db, made 2026-01-01")
    assert found() == [(FAIL, f"{place} has the reports of another database ('/srv/other.db, made 2026-01-01')")]
    shutil.rmtree(place)
    assert found() == [(FAIL, f"{place} does not exist, and it has the bodies of 1 report")]


def test_without_the_secret_its_tokens_would_be_refused(place: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "config")
    ((level, message),) = found()
    assert (level, message.startswith("no secret here, so 1 valid token would be refused")) == (WARN, True)

"""The doctor: each trouble is found, at its level, with a command that mends it; and health is told as health."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from doitui_core.clock import system
from doitui_core.db import database
from doitui_core.db.models import Doi, Notice, RateLimit, Repository
from doitui_core.domain.answer import Answer
from doitui_core.domain.cause_groups import cause_group
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.operations import change_settings
from doitui_core.queue import blocking, heartbeats, jobs
from doitui_core.queue.leases import Lease
from doitui_core.views import clock_health, doctor, doctor_check, doctor_setup
from doitui_middleware import losses


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "correct-horse")


def found(name: str) -> list[tuple[str, str]]:
    """(level, mend) of the checks of that name."""
    return [(check.level, check.remedy) for check in doctor.checks(online=False) if check.name == name]


@pytest.mark.parametrize("name", ["database", "counters", "queue", "mail", "spool", "repository h"])
def test_what_is_right_is_reported_as_right(archive: Repository, name: str) -> None:
    assert found(name) == [("OK", "")]


def test_an_empty_house_is_reported_its_next_step(store: str) -> None:
    ((level, mend),) = found("repositories")
    assert (level, mend.startswith("doitui repository set")) == ("WARN", True)


def test_jobs_without_a_worker_fail(a_job: Callable[..., int]) -> None:
    a_job()
    assert found("workers") == [("FAIL", "doitui work")]


def test_a_worker_is_reported_by_name(archive: Repository) -> None:
    heartbeats.send_heartbeat("host:1:ab")
    assert found("workers") == [("OK", "")]


def test_failed_jobs_are_reported(a_job: Callable[..., int], claim: Callable[..., list[Lease]]) -> None:
    a_job()
    jobs.finish(claim()[0], JobStatus.FAILED, cause="metadata", error="no")
    assert found("queue") == [("WARN", f"doitui queue retry --cause {cause_group('metadata', 'no').name}")]


def test_only_the_largest_groups_of_failed_jobs_are_named(
    a_job: Callable[..., int], claim: Callable[..., list[Lease]]
) -> None:
    for object_id in "abcdefg":
        a_job(object_id)
        jobs.finish(claim()[0], JobStatus.FAILED, cause=f"cause_{object_id}", error="no")
    assert [remedy.split(" --cause")[0] for _, remedy in found("queue")] == [
        *["doitui queue retry"] * 5,
        "doitui report causes",
    ]


def test_jobs_that_are_long_due_are_reported(a_job: Callable[..., int], clock: Any) -> None:
    a_job()
    clock.forward(minutes=11)
    assert found("queue") == [("WARN", "doitui work --drain")]


def test_jobs_of_a_repository_at_rest_are_not_late(a_job: Callable[..., int], archive: Repository, clock: Any) -> None:
    a_job()
    blocking.pause(archive, True)
    clock.forward(minutes=11)
    assert found("queue") == [("OK", "")]


def test_a_missing_password_fails_without_telling_one(archive: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PW")
    assert found("repository h") == [("FAIL", "doitui setting set datacite_password --stdin --repository h")]


def test_a_blocked_repository_fails(archive: Repository) -> None:
    blocking.block(archive.id, Outcome(OutcomeKind.BLOCKED, "credentials", "the password is wrong"))
    fix = "doitui setting set datacite_password --stdin --repository h   # once it is corrected"
    assert ("FAIL", fix) in found("repository h")


def test_a_test_set_up_that_points_at_production_fails(archive: Repository) -> None:
    change_settings.save_repository("h", {"datacite_url": "https://api.datacite.org"})
    assert found("repository h") == [("FAIL", "doitui setting unset datacite_url --repository h")]


def test_people_to_tell_and_no_mail_server_is_reported(archive: Repository) -> None:
    change_settings.set_setting("doi_failure_notify", "a@example.org")
    assert found("mail") == [("WARN", "doitui setting set smtp_url smtp://localhost:25")]


def test_counters_that_lie_fail(archive: Repository) -> None:
    with database.write():
        database.count("doi.findable", 1)
    assert found("counters")[0][0] == "FAIL"
    with database.write():
        database.count("doi.findable", -1)


def test_hits_that_a_site_could_not_store_are_reported(
    archive: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o700)
    for _ in range(2):
        losses.Losses(str(spool)).note(OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setenv("DOITUI_SPOOL", str(spool))
    assert found("spool") == [("WARN", f"tail {spool}/dropped.log; rm {spool}/dropped.log")]


def test_a_spool_that_everybody_can_read_is_reported(
    archive: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o755)
    monkeypatch.setenv("DOITUI_SPOOL", str(spool))
    assert found("spool") == [("WARN", f"chmod o-rwx {spool}")]


def test_a_server_that_is_not_there_is_reported_as_such(archive: Repository) -> None:
    told = [check for check in doctor.checks(online=True) if check.name == "repository h"]
    assert ([check.level for check in told], "did not answer" in told[0].message) == (["WARN"], True)


def test_a_place_that_cannot_be_looked_at_fails_alone(
    archive: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / ("x" * 300)  # longer than any file system takes
    monkeypatch.setenv("DOITUI_SPOOL", str(place))
    found = {check.name: check for check in doctor.checks(online=False)}
    assert (found["spool"].level in (doctor_check.WARN, doctor_check.FAIL), found["terminal"].level) == (
        True,
        doctor_check.OK,
    )


def test_that_datacite_has_asked_us_to_wait_is_reported(archive: Any, clock: Any) -> None:
    RateLimit.create(name="rest http://127.0.0.1:1 demo.repo", paused_until=clock() + timedelta(minutes=2))
    found = {check.name: check for check in doctor.checks(online=False)}
    assert (
        found["rate limit"].level,
        "paused by DataCite until 2027-01-01T00:01:00Z" in found["rate limit"].message,
    ) == (
        doctor_check.WARN,
        True,
    )


@pytest.mark.parametrize(("days", "words"), [(3, "behind"), (-3, "ahead of")])
def test_a_clock_that_is_not_the_remotes_is_reported(days: int, words: str) -> None:
    date = format_datetime(system() + timedelta(days=days), usegmt=True)
    (found,) = clock_health.check_remote(Answer(200, {"date": date}, "", "https://api.example.org/dois"))
    assert found.message == f"the clock of this host is 3.0 d {words} that of api.example.org"


@pytest.mark.parametrize("date", ["", "soon", None])
def test_a_clock_that_is_the_remotes_is_not_reported(date: str | None) -> None:
    date = format_datetime(system(), usegmt=True) if date is None else date
    assert clock_health.check_remote(Answer(200, {"date": date}, "", "https://api.example.org/dois")) == []


def test_mail_that_nobody_sends_is_reported_with_its_age(archive: Repository, clock: Any) -> None:
    change_settings.set_setting("doi_failure_notify", "a@example.org")
    change_settings.set_setting("smtp_url", "smtp://127.0.0.1:1")
    now = database.now()
    for topic in ("a", "b"):
        Notice.create(topic=topic, recipients="a@example.org", subject="s", body="b", created_at=now, due_at=now)
    clock.forward(hours=24)
    assert found("mail") == [("OK", "")]
    clock.forward(hours=2)
    assert found("mail") == [("WARN", "doitui work --drain")]


def test_the_log_is_reported_with_its_size_and_rotation(archive: Repository, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("DOITUI_LOG", str(tmp_path / "doi.log"))
    (tmp_path / "doi.log").write_bytes(b"x" * 1_200_000)
    (check,) = doctor_setup.log()
    assert check.message == f"{tmp_path}/doi.log, 1.2 MB (rotated at 10 MB, 5 files kept)"


def test_why_events_take_their_time_is_said() -> None:
    slow = "; at most 30 a minute are sent (event_rate_limit)"
    expected = {(0, (30,)): "", (30, (30,)): "", (31, (30,)): slow, (31, (60, 30)): slow, (31, ()): "", (31, (0,)): ""}
    for (pending, per_minute), message in expected.items():
        assert doctor.event_pace(pending, per_minute) == message


def test_names_of_many_dois_are_looked_at_when_asked(a_job: Callable[..., int], monkeypatch: Any) -> None:
    a_job()
    monkeypatch.setattr(doctor, "QUICKLY_COUNTED", 0)
    quick, thorough = ({check.name for check in doctor.checks(online=False, thorough=how)} for how in (False, True))
    assert ("DOIs" in quick, "DOIs" in thorough) == (True, False)


def test_dois_that_differ_at_datacite_are_reported_with_one_of_them(a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi()
    with database.write():
        Doi.update(verification="mismatch", last_error="the landing page is gone").where(Doi.id == row.id).execute()
    (check,) = (check for check in doctor.checks(online=False) if check.name == "DOIs")
    message = f"1 DOI differs at DataCite or the resolver, such as {row.doi}: the landing page is gone"
    assert (check.level, check.message, check.remedy) == ("WARN", message, "doitui doi list --state mismatch")

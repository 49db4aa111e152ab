"""An ordinary account may not write events: they are kept, and nothing is sent until that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.db import database
from doitui_core.db.models import Notice, RateLimit
from doitui_core.queue import blocking, jobs
from doitui_core.views import dashboard, doctor, event_health

A, B, C = (f"https://doi.org/10.1234/{letter}" for letter in "abc")


@pytest.fixture
def ordinary() -> Iterator[Sandbox]:
    """The sandbox, where as at DataCite only staff writes events."""
    with running_sandbox([Account("DEMO.REPO", "s3cret-Pässword", frozenset(("10.5072",)))]) as sandbox:
        yield sandbox


@pytest.fixture
def kept(office: Any, ordinary: Sandbox) -> Any:
    """Three events of an ordinary account, after the worker has tried to send them."""
    office.reach("", token=False, datacite_url=ordinary.url)
    office.keep(A, B, C)
    office.summary = office.work()
    office.writes = lambda: [one["status"] for one in ordinary.requests.entries() if one["method"] == "PUT"]
    return office


def test_one_event_is_sent_and_all_stay_pending(kept: Any) -> None:
    answers = sorted(kept.event(obj).response_status for obj in (A, B, C))
    assert (kept.writes(), kept.states(), answers) == ([403], ["pending"] * 3, [0, 0, 403])


def test_time_changes_nothing(kept: Any) -> None:
    kept.later(days=2)
    assert (kept.writes(), kept.states()) == ([403], ["pending"] * 3)


def test_the_doctor_says_so_and_is_not_worried(kept: Any) -> None:
    (check,) = [one for one in doctor.checks(online=False) if one.name == "events"]
    assert (check.level, check.message) == (doctor.OK, f"{event_health.KEPT} (3 kept)")


def test_the_dashboard_raises_no_alert(kept: Any) -> None:
    found = dashboard.load()
    states = [link.state for link in found.links if link.name.startswith("events")]
    assert ([alert for alert in found.alerts if alert.leads_to[0] == "events"], states) == ([], ["off"])


def test_nobody_gets_a_mail(office: Any, ordinary: Sandbox) -> None:
    office.reach("", token=False, datacite_url=ordinary.url, smtp_url="smtp://127.0.0.1:9")
    office.settings(doi_failure_notify="ops@example.org")
    office.keep(A)
    office.work()
    assert Notice.select().count() == 0


def test_a_flush_tries_again_with_one_event(kept: Any) -> None:
    summary = kept.flush()
    assert (kept.writes(), summary.blocked["h"].cause, kept.states()) == ([403] * 2, "forbidden", ["pending"] * 3)


@pytest.mark.parametrize(
    ("change", "tried"),
    [
        (lambda office: office.settings(default_publisher="Hollin Archive"), 1),
        (lambda office: blocking.pause(office.doi().repository, paused=False), 1),
        (lambda office: office.settings(datacite_password="env:PW"), 2),
        (lambda office: office.settings(events_url=""), 2),
        (lambda office: office.settings(datacite_api_token="env:TOKEN"), 2),
    ],
    ids=["another setting", "resume", "password", "events_url", "token"],
)
def test_only_a_new_credential_or_address_is_tried(kept: Any, change: Callable[[Any], None], tried: int) -> None:
    change(kept)
    kept.work()
    assert len(kept.writes()) == tried


def test_once_the_right_is_there_all_are_sent(kept: Any, api: Any) -> None:
    kept.reach(api.url)
    kept.work()
    assert kept.states() == ["submitted"] * 3


def test_events_that_an_older_version_blocked_are_kept_too(kept: Any) -> None:
    job = jobs.find(kept.job(A).id)
    with database.write():
        jobs.count_move(job, jobs.JobStatus.PENDING, jobs.JobStatus.BLOCKED)
        job.status = "blocked"
        job.save()
    assert RateLimit.select().where(RateLimit.blocked_cause == "forbidden").count() == 1
    kept.later(seconds=10)
    assert (kept.states(), kept.writes()) == (["pending"] * 3, [403])

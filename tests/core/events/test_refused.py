"""A service that refuses our credential is probed now and then, and holds nothing else up. Without the right to write,
events are kept: `test_no_right`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_core.db import database
from doitui_core.db.models import Doi, Notice, RateLimit, Record, Repository
from doitui_core.operations import doi_actions
from doitui_core.queue import blocking
from doitui_core.worker import worker

A, B, C = (f"https://doi.org/10.1234/{letter}" for letter in "abc")


def error(title: str) -> str:
    return json.dumps({"errors": [{"title": title}]})


@pytest.fixture
def refused(office: Any, api: Any, reply: Any) -> Any:
    """An office with three events; the first was refused. `.cause` is why."""
    office.cause = "credentials"
    api.refuses = reply(401, text=error("No."))
    office.reach(api.url)
    office.keep(A, B, C)
    office.summary = office.work()
    return office


def upstream() -> RateLimit:
    return RateLimit.get(RateLimit.name.startswith("events"))


def test_no_second_event_is_sent(refused: Any, api: Any) -> None:
    assert len(api.seen) == 1


def test_the_others_wait_untried(refused: Any) -> None:
    waiting = sorted((refused.job(obj).status, refused.job(obj).attempts) for obj in (A, B, C))

    assert waiting == [("blocked", 0), ("pending", 0), ("pending", 0)]


def test_the_service_is_noted_as_refusing(refused: Any) -> None:
    row = upstream()

    assert (row.blocked_at, row.blocked_cause) == (database.now(), refused.cause)


def test_the_run_says_why_nothing_goes_out(refused: Any) -> None:
    assert refused.summary.blocked["h"].cause == refused.cause


def test_the_repository_itself_is_not_blocked(refused: Any) -> None:
    assert Repository.get(Repository.code == "h").blocked_cause == ""


@pytest.mark.parametrize("mend", [
    lambda office: office.settings(event_source_token="another"),
    lambda office: blocking.retry_services([office.doi().repository_id]),
    lambda office: blocking.pause(office.doi().repository, paused=False),
], ids=["a setting", "a look", "resume"])  # fmt: skip
def test_what_was_refused_goes_on_when_that_is_mended(refused: Any, api: Any, mend: Callable[[Any], None]) -> None:
    api.refuses = None
    mend(refused)
    refused.work()

    assert refused.states() == ["submitted"] * 3


def test_a_token_that_was_renewed_where_it_is_kept_mends_it(
    refused: Any, api: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was set: the same reference gives another token."""
    monkeypatch.setenv("TOKEN", "a-new-one")
    api.refusal = lambda given: None if given == "Bearer a-new-one" else reply(401)
    refused.work()

    assert refused.states() == ["submitted"] * 3


def test_nothing_is_sent_before_the_canary(refused: Any, api: Any) -> None:
    refused.later(seconds=59)

    assert len(api.seen) == 1


def test_then_one_event_is_sent(refused: Any, api: Any) -> None:
    refused.later(seconds=61)

    assert len(api.seen) == 2


def test_each_canary_waits_as_long_as_the_trouble_has_lasted(refused: Any, api: Any) -> None:
    refused.later(minutes=10)

    assert upstream().canary_at == database.now() + timedelta(minutes=10)


def test_when_the_canary_comes_home_all_go_on(refused: Any, api: Any) -> None:
    api.refuses = None
    refused.later(seconds=61)

    assert (refused.states(), upstream().blocked_at) == (["submitted"] * 3, None)


@pytest.mark.parametrize("status", [409, 422])
def test_a_canary_that_is_refused_for_what_it_says_is_home_too(refused: Any, api: Any, reply: Any, status: int) -> None:
    api.refuses = reply(status, text=error("No."))
    refused.later(seconds=61)

    assert (upstream().blocked_at, len(api.seen)) == (None, 4)


def test_an_event_that_was_refused_alone_is_its_own_canary(office: Any, api: Any, reply: Any) -> None:
    api.refuses = reply(401, text=error("No."))
    office.reach(api.url)
    office.keep(A)
    office.work()
    office.later(seconds=61)
    again = len(api.seen)
    api.refuses = None
    office.later(minutes=5)

    assert (again, office.states()) == (2, ["submitted"])


def test_a_wrong_source_token_is_refused_like_a_wrong_token(office: Any, api: Any, reply: Any) -> None:
    api.refuses = reply(422, text=error("Source token can't be blank"))
    office.reach(api.url)
    office.keep(A, B)
    office.work()

    assert (len(api.seen), upstream().blocked_cause) == (1, "configuration")


def test_who_is_to_be_reported_is_told_once(office: Any, api: Any, reply: Any) -> None:
    api.refuses = reply(401, text=error("No."))
    office.reach(api.url, smtp_url="smtp://127.0.0.1:9", doi_failure_notify="ops@example.org")
    office.keep(A, B, C)
    office.work()
    office.later(minutes=5)

    assert Notice.select().count() == 1


def test_a_missing_password_leaves_events_where_they_are(office: Any, api: Any) -> None:
    office.reach(api.url, token=False, datacite_password="env:NOWHERE")
    office.keep(A)
    summary = office.work()

    assert (office.states(), office.job(A).attempts, summary.blocked["h"].cause) == (["pending"], 0, "configuration")


# The lane of DOIs.


@pytest.fixture
def minting(office: Any, sandbox: Sandbox, api: Any, reply: Any, a_record: Callable[..., Record]) -> Any:
    """DOIs go to a sandbox, events to an Events API that refuses them."""
    api.refuses = reply(401)
    office.reach(api.url, datacite_url=sandbox.url)
    office.keep(A, B)
    for number in range(3):
        a_record(f"new-{number}")
        doi_actions.mint(f"new-{number}")
    return office


def findable() -> int:
    return Doi.select().where(Doi.doi.startswith("10.5072/h/2026/new-"), Doi.status == "findable").count()


def test_dois_are_minted_while_events_are_refused(minting: Any) -> None:
    summary = worker.run(drain=True, threads=2)

    assert (findable(), summary.outcomes, summary.blocked) == (3, {"done": 3}, {})


def test_a_doi_with_a_wrong_password_does_not_stop_events(minting: Any, api: Any, monkeypatch: Any) -> None:
    api.refuses = None
    monkeypatch.setenv("PW", "wrong")
    minting.settings(datacite_prefix="10.5072")
    worker.run(drain=True, threads=2)

    assert (findable(), minting.states()) == (0, ["submitted"] * 2)

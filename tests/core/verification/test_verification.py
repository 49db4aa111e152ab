"""The verification job: two checks, two facts, one word; and what a transport error leaves alone."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from doitui_core.clock import iso
from doitui_core.db import database
from doitui_core.db.models import Attempt, Job
from doitui_core.dois import doi_rows
from doitui_core.domain import states
from doitui_core.domain.states import Remote
from doitui_core.operations import doi_actions
from doitui_core.records import records
from doitui_core.views import lists


def test_both_checks_together_verify_a_doi(house: Any) -> None:
    house.minted()
    row = house.verify()
    assert house.checks() == ("verified", "verified", "verified")
    assert (row.api_checked_at, row.resolver_checked_at, row.unreachable) == (house.clock.now, house.clock.now, 0)


def test_the_resolver_is_asked_after_datacite_and_the_page_last(house: Any) -> None:
    doi = house.minted().doi
    house.sandbox.requests.clear()
    house.verify()
    asked = [(one["method"], one["path"]) for one in house.sandbox.requests.entries()]
    assert (asked, house.site.asked) == ([("GET", f"/dois/{doi}"), ("GET", f"/{doi}")], ["/1"])


def test_one_row_of_the_log_says_both(house: Any) -> None:
    house.minted()
    house.verify()
    last = house.log()[-1]
    assert (last.action, last.http_status, last.cause) == ("verify", 200, "")
    page = f"{house.site.url}/1"
    assert last.detail == f"API: verified (findable, {page}); resolver: verified ({page} answers 200)"


def test_a_verified_doi_shows_no_error(house: Any) -> None:
    house.minted()
    row = house.verify()
    assert (row.cause, row.last_error, house.job().last_error) == ("", "", "")


def test_a_registered_doi_is_verified_as_one(house: Any) -> None:
    house.minted(state="registered")
    house.verify()
    assert house.checks() == ("verified", "verified", "verified")


def test_what_has_the_wrong_address_at_datacite_is_a_mismatch_of_both(house: Any) -> None:
    doi = house.minted().doi
    house.client.replace(doi, {"url": house.site.page("/elsewhere")})
    house.verify()
    assert house.checks() == ("mismatch", "mismatch", "mismatch")


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_a_mismatch_of_the_resolver_alone(house: Any, status: int) -> None:
    house.minted()
    house.verify()
    house.site.page("/1", status)
    row = house.verify()
    assert (house.checks(), row.cause) == (("verified", "mismatch", "mismatch"), "mismatch")
    assert str(status) in row.last_error


def test_a_doi_hidden_behind_our_back_is_a_mismatch_of_the_api_alone(house: Any) -> None:
    doi = house.minted().doi
    house.verify()
    house.client.replace(doi, {"event": "hide"})
    row = house.verify()
    assert (house.checks(), row.remote) == (("mismatch", "verified", "mismatch"), "registered")


def test_a_doi_that_the_resolver_does_not_know_is_a_mismatch(house: Any) -> None:
    house.minted()
    house.settings(resolver_url=house.site.url)
    house.verify()
    assert house.checks() == ("verified", "mismatch", "mismatch")


def test_a_mismatch_that_was_mended_is_verified_again(house: Any) -> None:
    house.minted()
    house.site.page("/1", 404)
    house.verify()
    house.site.page("/1", 200)
    house.verify()
    assert house.checks() == ("verified", "verified", "verified")


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_wall_for_robots_proves_that_something_is_there(house: Any, status: int) -> None:
    house.minted()
    house.site.page("/1", status)
    house.verify()
    assert house.checks() == ("verified", "verified", "verified")


@pytest.mark.parametrize(
    ("before", "checks"),
    [
        (200, ("verified", "verified", "verified")),
        (404, ("verified", "mismatch", "mismatch")),
        (503, ("verified", "unverified", "unverified")),
    ],
)
def test_a_page_that_is_down_changes_no_verdict_and_is_counted(
    house: Any, before: int, checks: tuple[str, str, str]
) -> None:
    house.minted()
    house.site.page("/1", before)
    house.verify()
    at, counted = house.doi().resolver_checked_at, house.doi().unreachable
    house.site.page("/1", 503)
    house.clock.forward(hours=1)
    row = house.verify()
    assert (house.checks(), row.resolver_checked_at, row.unreachable) == (checks, at, counted + 1)


def test_a_page_that_hangs_proves_nothing(house: Any) -> None:
    house.minted()
    house.verify()
    house.settings(lease_seconds="1")
    house.site.page("/1", 0)
    begun = time.monotonic()
    house.verify()
    assert (house.checks(), house.doi().unreachable) == (("verified", "verified", "verified"), 1)
    assert time.monotonic() - begun < 5


def test_a_page_that_is_down_is_asked_again_later(house: Any) -> None:
    house.minted()
    house.site.page("/1", 503)
    house.verify()
    assert (house.job().status, house.job().cause) == ("pending", "resolver_unreachable")
    house.site.page("/1")
    house.later(minutes=6)
    assert (house.checks(), house.doi().unreachable) == (("verified", "verified", "verified"), 0)


def test_a_page_that_is_down_all_the_time_is_given_up_after_the_attempts(house: Any) -> None:
    house.minted()
    house.site.page("/1", 503)
    doi_actions.verify(house.doi().doi)
    for _ in range(6):
        house.later(hours=1)
    assert (house.job().status, house.doi().unreachable, house.doi().verification) == ("failed", 5, "unverified")


@pytest.mark.parametrize("fault", ["reset", "status status=500", "status status=502", "html status=503"])
def test_where_datacite_cannot_be_asked_no_check_changes_and_the_resolver_is_not_asked(house: Any, fault: str) -> None:
    house.minted()
    house.verify()
    at = house.doi().api_checked_at
    house.sandbox.faults.replace([f"GET /dois/* {fault}"])
    house.site.requests.clear()
    house.clock.forward(hours=1)
    row = house.verify()
    assert (house.checks(), row.api_checked_at, row.unreachable) == (("verified", "verified", "verified"), at, 1)
    assert house.site.asked == []


def test_being_reported_to_slow_down_is_not_counted(house: Any) -> None:
    house.minted()
    house.sandbox.faults.replace(["GET /dois/* status status=429 seconds=9"])
    assert house.verify().unreachable == 0


def test_the_resolver_that_is_down_does_not_keep_the_other_check_from_being_kept(house: Any) -> None:
    house.minted()
    house.sandbox.faults.replace(["GET /10.5072/* status status=503"])
    house.verify()
    assert house.checks() == ("verified", "unverified", "unverified")


def test_a_mismatch_is_reported_though_the_page_does_not_answer(house: Any) -> None:
    doi = house.minted().doi
    house.client.replace(doi, {"event": "hide"})
    house.site.page("/1", 503)
    row = house.verify()
    assert (house.checks(), row.unreachable, house.job().status) == (
        ("mismatch", "unverified", "mismatch"),
        1,
        "completed",
    )


def test_a_new_write_has_to_be_verified_anew(house: Any) -> None:
    doi = house.minted().doi
    house.verify()
    doi_actions.update(doi, now=True)
    assert house.checks() == ("unverified", "unverified", "unverified")


def test_a_changed_landing_page_is_verified_after_it_was_sent(house: Any) -> None:
    house.minted()
    house.verify()
    house.minted(url=house.site.page("/new"))
    house.verify()
    assert (house.checks(), house.doi().url) == (("verified", "verified", "verified"), f"{house.site.url}/new")


def test_a_tombstone_is_verified_as_one(house: Any) -> None:
    doi = house.minted().doi
    doi_actions.deactivate(doi, reason="withdrawn", now=True)
    house.verify()
    assert (house.checks(), house.doi().status) == (("verified", "verified", "verified"), "tombstone")


def test_a_tombstone_that_somebody_brought_back_is_a_mismatch(house: Any) -> None:
    doi = house.minted().doi
    doi_actions.deactivate(doi, reason="withdrawn", now=True)
    house.client.replace(doi, {"event": "publish"})
    house.verify()
    assert (house.checks()[2], house.doi().wanted) == ("mismatch", "tombstone")


def test_a_resolver_behind_the_fence_is_never_asked_and_named(house: Any) -> None:
    house.minted()
    house.settings(resolver_url="https://doi.org")
    row = house.verify()
    assert (row.cause, house.job().status, house.checks()[1]) == ("configuration", "failed", "unverified")
    assert "resolver_url" in row.last_error


def test_a_write_that_comes_while_the_page_is_looked_at_makes_the_verdict_void(house: Any) -> None:
    house.minted()
    house.site.page("/1", 0)
    doi = house.doi()
    checking = threading.Thread(target=lambda: (doi_actions.verify(doi.doi, now=True), database.close_thread()))
    checking.start()
    while "/1" not in house.site.asked:
        threading.Event().wait(0.01)
    with database.write():
        row = doi_rows.lock(doi.id)
        doi_rows.write(row, states.answered(doi_rows.facts(row), Remote.REGISTERED), actor="x", action="x")
    house.site.over.set()
    checking.join()
    assert (house.checks()[2], house.job().cause, house.doi().remote) == ("unverified", "in_flight", "registered")


def test_opus_calls_verified_only_what_both_checks_prove(house: Any) -> None:
    house.minted("1")
    house.minted("2")
    house.verify("1")
    house.site.page("/2", 503)
    house.verify("2")
    assert (database.counts("opus."), [row.object_id for row in lists.dois(state="verified").rows]) == (
        {"registered": 1, "verified": 1},
        ["1"],
    )


def test_both_facts_are_shown(house: Any) -> None:
    house.minted()
    house.site.page("/1", 404)
    row = lists.doi(house.verify().id)
    assert (row.api_check, row.resolver_check, row.unreachable) == ("verified", "mismatch", 0)
    assert iso(row.api_checked_at) == iso(row.resolver_checked_at) == "2026-12-31T23:59:00Z"


def test_a_sandbox_proves_what_leads_out_of_this_machine_by_its_own_word(house: Any) -> None:
    house.minted(url="https://archive.example.org/1")
    house.verify()
    assert house.checks() == ("verified", "verified", "verified")


def test_a_record_whose_page_was_changed_here_and_not_sent_is_a_mismatch(house: Any) -> None:
    house.minted()
    record = house.doi().record
    records.save(record.object_id, metadata={**json.loads(record.metadata)}, repository="h", url="https://x.org/")
    house.verify()
    assert house.checks()[2] == "mismatch"


def test_an_attempt_without_an_end_makes_the_verdict_void(house: Any) -> None:
    doi = house.minted()
    Attempt.create(doi=doi.id, job_id=1, worker="x", method="PUT", target="x", sent_at=database.now())
    house.verify()
    assert (house.checks()[2], house.job().cause) == ("unverified", "in_flight")


def overtaken(house: Any, begun: Any) -> None:
    """Work off a verification whose job another worker takes as soon as `begun()`."""
    job_id = doi_actions.verify(house.doi().doi).job_id

    def overtake() -> None:
        while not begun():
            threading.Event().wait(0.01)
        Job.update(lease_token="another").where(Job.id == job_id).execute()
        database.close_thread()

    overtaking = threading.Thread(target=overtake)
    overtaking.start()
    house.later()
    overtaking.join()


def test_a_lease_that_was_lost_writes_nothing(house: Any) -> None:
    house.minted()
    house.settings(lease_seconds="1")
    house.site.page("/1", 0)
    overtaken(house, lambda: "/1" in house.site.asked)
    assert (house.doi().api_check, house.log()[-1].action) == ("unverified", "mint")


def test_a_lease_that_was_lost_while_datacite_was_asked_asks_no_resolver(house: Any) -> None:
    house.minted()
    house.sandbox.faults.replace(["GET /dois/* latency seconds=0.5"])
    job = Job.select().where(Job.kind == "verify", Job.status == "processing")
    overtaken(house, job.exists)
    assert (house.site.asked, house.log()[-1].action) == ([], "mint")

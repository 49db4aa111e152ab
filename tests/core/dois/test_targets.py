"""What one can ask of a DOI, and what is queued for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core.db import database
from doitui_core.db.models import Doi, DoiLog, Job, Record
from doitui_core.dois import doi_rows, reservations, targets
from doitui_core.domain.states import Remote, Wanted, answered, timed_out
from doitui_core.errors import BadInput, DoituiError, InvalidDoi, InvalidMetadata, NotFound, Refused, TombstoneStays
from doitui_core.operations import change_settings, doi_actions
from doitui_core.queue import jobs

Save = Callable[..., Record]
Minted = Callable[..., Doi]
Check = Callable[..., None]
Facts = Callable[[Doi], tuple[Wanted, Remote]]

RECORDS = {
    "published": {},
    "unpublished": {"published": False},
    "foreign": {"metadata": {"doi": "10.1594/x"}},
    "broken": {"metadata": {"titles": None, "creators": None}},
}


def made_a_tombstone(row: Doi) -> None:
    with database.write():
        locked = doi_rows.lock(row.id)
        doi_rows.write(locked, answered(doi_rows.facts(locked), Remote.REGISTERED), actor="test", action="deactivate")


@pytest.mark.parametrize("state", ["draft", "registered", "findable"])
def test_a_mint_reserves_wants_and_queues(a_record: Save, assert_jobs: Check, assert_log: Check, state: str) -> None:
    a_record("ms-1")
    queued = doi_actions.mint("ms-1", state=state)
    assert (queued.doi.doi, queued.doi.wanted, queued.doi.status) == ("10.5072/h/2026/ms-1", state, "reserved")
    assert_jobs(pending=1)
    assert_log(queued.doi.doi, "reserve", "mint")


def test_a_second_mint_adds_neither_a_job_nor_a_transition(
    a_record: Save, assert_jobs: Check, assert_log: Check
) -> None:
    a_record("ms-1")
    first, second = doi_actions.mint("ms-1"), doi_actions.mint("ms-1")
    assert first.job_id == second.job_id
    assert_jobs(pending=1)
    assert_log(first.doi.doi, "reserve", "mint")


def test_a_higher_wish_changes_the_facts_and_not_the_number_of_jobs(a_record: Save, assert_jobs: Check) -> None:
    a_record("ms-1")
    doi_actions.mint("ms-1", state="draft")
    assert doi_actions.mint("ms-1", state="findable").doi.wanted == "findable"
    assert_jobs(pending=1)


@pytest.mark.parametrize(
    ("record", "state", "cause"),
    [
        ("unpublished", "findable", "unpublished"),
        ("unpublished", "registered", "unpublished"),
        ("unpublished", "draft", ""),
        ("foreign", "findable", "foreign_doi"),
        ("foreign", "draft", "foreign_doi"),
        ("broken", "findable", "metadata"),
        ("broken", "registered", "metadata"),
        ("broken", "draft", ""),
    ],
)
def test_what_must_be_so_before_a_mint(a_record: Save, record: str, state: str, cause: str) -> None:
    a_record("ms-1", **RECORDS[record])
    try:
        told = doi_actions.mint("ms-1", state=state).note
    except Refused as refused:
        told = refused.cause
    assert (told, Job.select().count(), Doi.select().count()) == (cause, int(not cause), int(not cause))


def test_a_refused_mint_carries_opuss_codes(a_record: Save) -> None:
    a_record("ms-1", **RECORDS["broken"])
    with pytest.raises(InvalidMetadata) as raised:
        doi_actions.mint("ms-1")
    assert [finding.code for finding in raised.value.findings] == ["creator_missing", "title_missing"]


def test_a_record_without_a_landing_page_cannot_be_minted(a_record: Save) -> None:
    change_settings.save_repository("h", {"landing_page": ""})
    a_record("ms-1")
    with pytest.raises(InvalidMetadata, match="url_missing"):
        doi_actions.mint("ms-1")


def test_a_doi_that_is_as_wanted_is_not_queued_again(a_minted_doi: Minted, assert_jobs: Check) -> None:
    a_minted_doi("ms-1")
    queued = doi_actions.mint("ms-1")
    assert (queued.job_id, queued.note) == (0, "is findable already")
    assert_jobs(completed=1)


def test_a_mint_of_changed_content_is_queued(a_record: Save, a_minted_doi: Minted, assert_jobs: Check) -> None:
    a_minted_doi("ms-1")
    a_record("ms-1", metadata={"titles": [{"title": "New"}]})
    doi_actions.mint("ms-1")
    assert_jobs(completed=1, pending=1)


@pytest.mark.parametrize("state", ["draft", "registered"])
def test_nothing_leads_back_down(a_minted_doi: Minted, told_facts: Facts, state: str) -> None:
    row = a_minted_doi("ms-1")
    with pytest.raises(Refused, match="cannot go back") as raised:
        doi_actions.mint("ms-1", state=state)
    assert (raised.value.cause, told_facts(row)) == ("no_way_back", (Wanted.FINDABLE, Remote.FINDABLE))


def test_an_update_is_queued_and_logged(a_minted_doi: Minted, assert_jobs: Check) -> None:
    row = a_minted_doi("ms-1")
    doi_actions.update(f"https://doi.org/{row.doi.upper()}")
    assert_jobs(completed=1, pending=1)
    assert DoiLog.select().where(DoiLog.action == "update").count() == 1


@pytest.mark.parametrize(
    "act", [doi_actions.update, doi_actions.verify, lambda doi: doi_actions.deactivate(doi, reason="x")]
)
def test_what_was_never_minted_is_reported_to_mint_first(a_record: Save, act: Callable[[str], object]) -> None:
    row = reservations.reserve(a_record("ms-1"))
    with pytest.raises(Refused) as raised:
        act(row.doi)
    assert (raised.value.cause, Job.select().count()) == ("not_minted", 0)


@pytest.mark.parametrize(
    "act", [doi_actions.update, doi_actions.verify, lambda doi: doi_actions.deactivate(doi, reason="x")]
)
@pytest.mark.parametrize("text", ["10.5072/nobody", "", "nonsense", "10.5072/\x00", "10.5072/\udc80"])
def test_a_doi_that_is_not_here_is_not_found(a_record: Save, act: Callable[[str], object], text: str) -> None:
    with pytest.raises(NotFound, match="there is no DOI"):
        act(text)


def test_a_deactivation_keeps_reason_and_successor(a_minted_doi: Minted, told_facts: Facts) -> None:
    row = a_minted_doi("ms-1")
    doi_actions.deactivate(row.doi, reason=" withdrawn ", successor="https://doi.org/10.5072/next")
    told = Doi.get_by_id(row.id)
    assert (told.reason, told.successor, told.status) == ("withdrawn", "10.5072/next", "findable")
    assert told_facts(row) == (Wanted.TOMBSTONE, Remote.FINDABLE)


@pytest.mark.parametrize(
    ("reason", "successor", "error"), [("", "", BadInput), (" \n", "", BadInput), ("x", "nonsense", InvalidDoi)]
)
def test_a_deactivation_without_reason_or_with_a_wrong_successor_is_refused(
    a_minted_doi: Minted, told_facts: Facts, reason: str, successor: str, error: type[DoituiError]
) -> None:
    row = a_minted_doi("ms-1")
    with pytest.raises(error):
        doi_actions.deactivate(row.doi, reason=reason, successor=successor)
    assert told_facts(row) == (Wanted.FINDABLE, Remote.FINDABLE)


@pytest.mark.parametrize("state", ["draft", "registered", "findable"])
def test_no_mint_brings_a_tombstone_back(a_minted_doi: Minted, told_facts: Facts, state: str) -> None:
    row = a_minted_doi("ms-1")
    doi_actions.deactivate(row.doi, reason="x")
    with pytest.raises(TombstoneStays, match="doitui doi restore"):
        doi_actions.mint("ms-1", state=state)
    assert told_facts(row)[0] is Wanted.TOMBSTONE


@pytest.mark.parametrize("act", [doi_actions.update, doi_actions.verify])
def test_no_other_act_brings_a_tombstone_back(
    a_minted_doi: Minted, told_facts: Facts, act: Callable[[str], object]
) -> None:
    row = a_minted_doi("ms-1")
    doi_actions.deactivate(row.doi, reason="x")
    made_a_tombstone(row)
    act(row.doi)
    assert told_facts(row) == (Wanted.TOMBSTONE, Remote.REGISTERED)


def test_a_tombstone_that_is_one_needs_no_job(a_minted_doi: Minted) -> None:
    row = a_minted_doi("ms-1")
    doi_actions.deactivate(row.doi, reason="x")
    made_a_tombstone(row)
    assert doi_actions.deactivate(row.doi, reason="x").note == "is a tombstone already"


def test_a_verification_is_a_job_of_its_own_kind(a_minted_doi: Minted) -> None:
    row = a_minted_doi("ms-1")
    doi_actions.update(row.doi)
    assert Job.get_by_id(doi_actions.verify(row.doi).job_id).kind == "verify"


def test_a_cancelled_mint_is_no_longer_wanted(a_record: Save, told_facts: Facts, assert_jobs: Check) -> None:
    a_record("ms-1")
    queued = doi_actions.mint("ms-1")
    targets.cancel(queued.job_id, actor="curie")
    assert told_facts(queued.doi) == (Wanted.NONE, Remote.NONE)
    assert_jobs(cancelled=1)


def test_a_cancelled_deactivation_leaves_the_doi_findable(a_minted_doi: Minted, told_facts: Facts) -> None:
    row = a_minted_doi("ms-1")
    queued = doi_actions.deactivate(row.doi, reason="x")
    targets.cancel(queued.job_id)
    assert told_facts(row) == (Wanted.FINDABLE, Remote.FINDABLE)


def test_a_cancelled_verification_changes_no_wish(a_minted_doi: Minted, told_facts: Facts) -> None:
    row = a_minted_doi("ms-1")
    targets.cancel(doi_actions.verify(row.doi).job_id)
    assert told_facts(row) == (Wanted.FINDABLE, Remote.FINDABLE)


def test_a_wish_is_not_taken_back_while_nobody_knows_whether_it_was_granted(
    a_minted_doi: Minted, told_facts: Facts
) -> None:
    row = a_minted_doi("ms-1")
    queued = doi_actions.deactivate(row.doi, reason="x")
    with database.write():
        locked = doi_rows.lock(row.id)
        doi_rows.write(locked, timed_out(doi_rows.facts(locked)), actor="test", action="deactivate")
    with pytest.raises(Refused, match="wait until the worker has checked it"):
        targets.cancel(queued.job_id)
    assert told_facts(row)[0] is Wanted.TOMBSTONE


def test_a_job_under_way_is_not_withdrawn(a_record: Save, told_facts: Facts, claim: Callable[..., object]) -> None:
    a_record("ms-1")
    queued = doi_actions.mint("ms-1")
    claim()
    with pytest.raises(Refused):
        targets.cancel(queued.job_id)
    assert told_facts(queued.doi)[0] is Wanted.FINDABLE


def test_max_attempts_are_those_of_the_repository(a_record: Save) -> None:
    change_settings.save_repository("h", {"max_attempts": "2"})
    a_record("ms-1")
    assert Job.get_by_id(doi_actions.mint("ms-1").job_id).max_attempts == 2


def test_a_look_at_the_findings_changes_nothing(a_record: Save) -> None:
    found = targets.check(a_record("ms-1", **RECORDS["broken"]))
    assert ([finding.code for finding in found][:1], Doi.select().count()) == (["creator_missing"], 0)


def test_every_act_is_logged_with_who_did_it(a_record: Save) -> None:
    a_record("ms-1")
    queued = doi_actions.mint("ms-1", actor="curie")
    targets.cancel(queued.job_id, actor="marie")
    assert [row.actor for row in DoiLog.select().order_by(DoiLog.id)] == ["curie", "curie", "marie"]


def test_the_queue_knows_a_dois_job(a_record: Save) -> None:
    a_record("ms-1")
    assert jobs.find(doi_actions.mint("ms-1").job_id).subject_id == Doi.get().id

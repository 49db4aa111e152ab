"""Acts on a DOI beside minting: abandon it, give it another landing page; what they refuse and what they leave."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core.db import database
from doitui_core.db.models import Doi, DoiLog, Job, Record
from doitui_core.dois import doi_rows, reservations, targets
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.domain.states import Remote, Wanted, answered, timed_out
from doitui_core.errors import BadInput, DoiTaken, NotFound, Refused
from doitui_core.operations import change_settings, doi_actions
from doitui_core.queue import jobs, leases

Save = Callable[..., Record]
Minted = Callable[..., Doi]
Check = Callable[..., None]
Facts = Callable[[Doi], tuple[Wanted, Remote]]


def at_datacite(row: Doi, remote: Remote) -> None:
    with database.write():
        locked = doi_rows.lock(row.id)
        doi_rows.write(locked, answered(doi_rows.facts(locked), remote), actor="test", action="mint")


@pytest.fixture
def a_draft(a_record: Save, claim: Callable[..., list[leases.Lease]]) -> Doi:
    """A DOI that is a draft at DataCite; nothing is queued."""
    a_record("ms-1")
    row = doi_actions.mint("ms-1", state="draft").doi
    at_datacite(row, Remote.DRAFT)
    jobs.finish(claim()[0], JobStatus.COMPLETED)
    return row


# Abandoning.


def test_a_reserved_doi_is_abandoned_at_once(a_record: Save, told_facts: Facts, assert_log: Check) -> None:
    row = reservations.reserve(a_record("ms-1"))
    queued = doi_actions.abandon(row.doi)
    assert (queued.job_id, Doi.get_by_id(row.id).status, Job.select().count()) == (0, "abandoned", 0)
    assert told_facts(row)[0] is Wanted.ABANDONED
    assert_log(row.doi, "reserve", "abandon")


def test_a_mint_that_waits_goes_with_it(a_record: Save, assert_jobs: Check) -> None:
    a_record("ms-1")
    doi_actions.abandon(doi_actions.mint("ms-1").doi.doi)
    assert_jobs(cancelled=1)


def test_a_mint_that_failed_goes_with_it(a_record: Save, claim: Callable[..., list[leases.Lease]]) -> None:
    a_record("ms-1")
    row = doi_actions.mint("ms-1").doi
    jobs.finish(claim()[0], JobStatus.FAILED, cause="metadata")
    doi_actions.abandon(row.doi)
    assert [job.status for job in Job.select()] == ["cancelled"]


def test_a_draft_is_abandoned_by_a_job(a_draft: Doi, assert_jobs: Check) -> None:
    queued = doi_actions.abandon(a_draft.doi)
    assert Job.get_by_id(queued.job_id).action == "abandon"
    assert_jobs(completed=1, pending=1)


def test_to_abandon_twice_is_to_abandon_once(a_draft: Doi) -> None:
    assert doi_actions.abandon(a_draft.doi).job_id == doi_actions.abandon(a_draft.doi).job_id


@pytest.mark.parametrize("remote", [Remote.REGISTERED, Remote.FINDABLE])
def test_what_was_registered_is_for_ever(a_draft: Doi, told_facts: Facts, remote: Remote) -> None:
    at_datacite(a_draft, remote)
    with pytest.raises(Refused, match="doitui doi deactivate") as raised:
        doi_actions.abandon(a_draft.doi)
    assert (raised.value.cause, told_facts(a_draft)) == ("minted", (Wanted(remote), remote))


def test_what_is_uncertain_cannot_be_abandoned(a_draft: Doi, told_facts: Facts) -> None:
    with database.write():
        locked = doi_rows.lock(a_draft.id)
        doi_rows.write(locked, timed_out(doi_rows.facts(locked)), actor="test", action="mint")
    with pytest.raises(Refused, match="uncertain") as raised:
        doi_actions.abandon(a_draft.doi)
    assert (raised.value.cause, told_facts(a_draft)[0]) == ("uncertain", Wanted.DRAFT)


def test_what_is_being_sent_cannot_be_abandoned(
    a_record: Save, claim: Callable[..., object], told_facts: Facts
) -> None:
    a_record("ms-1")
    row = doi_actions.mint("ms-1").doi
    claim()
    with pytest.raises(Refused, match="is being sent") as raised:
        doi_actions.abandon(row.doi)
    assert (raised.value.cause, told_facts(row)[0]) == ("busy", Wanted.FINDABLE)


def test_an_abandoned_string_is_never_reserved_again(a_record: Save) -> None:
    record = a_record("ms-1")
    doi_actions.abandon(reservations.reserve(record).doi)
    with pytest.raises(DoiTaken, match="never used again"):
        reservations.reserve(record)


def test_nor_can_a_record_bring_it(a_record: Save) -> None:
    row = reservations.reserve(a_record("ms-1"))
    doi_actions.abandon(row.doi)
    with pytest.raises(DoiTaken):
        a_record("ms-2", metadata={"doi": row.doi.upper()})


def test_the_record_may_have_another_doi(a_record: Save) -> None:
    record = a_record("ms-1")
    doi_actions.abandon(reservations.reserve(record).doi)
    change_settings.save_repository("h", {"suffix_pattern": "new/{object_id}"})
    assert doi_actions.mint("ms-1").doi.doi == "10.5072/new/ms-1"


def test_an_abandoned_doi_is_not_minted_updated_or_given_a_page(a_draft: Doi) -> None:
    doi_actions.abandon(a_draft.doi)
    at_datacite(a_draft, Remote.NONE)
    for act in (doi_actions.update, doi_actions.verify, lambda doi: doi_actions.set_url(doi, "https://a.org/x")):
        with pytest.raises(Refused):
            act(a_draft.doi)


def test_to_abandon_a_draft_is_not_taken_back(a_draft: Doi, told_facts: Facts) -> None:
    """Else the draft would stay at DataCite, and nobody would know it."""
    queued = doi_actions.abandon(a_draft.doi)
    with pytest.raises(Refused, match="deletion of its draft"):
        targets.cancel(queued.job_id)
    assert Job.get_by_id(queued.job_id).status == "pending"


# Another landing page.


@pytest.mark.parametrize(
    "url", ["", "nonsense", "/relative", "javascript:alert(1)", "https://a b", "https://", "ftp:x"]
)
def test_what_is_no_landing_page_is_refused(a_minted_doi: Minted, url: str) -> None:
    row = a_minted_doi("ms-1")
    with pytest.raises(BadInput, match="landing page"):
        doi_actions.set_url(row.doi, url)
    assert Doi.get_by_id(row.id).url == row.url


@pytest.mark.parametrize(
    "url", ["https://a.org/\x00", "https://a.org/\udc80", "https://a.org/\x1b[31m", "https://a.org/x\n"]
)
def test_a_landing_page_has_no_control_characters(a_minted_doi: Minted, url: str) -> None:
    with pytest.raises(BadInput, match=r"landing page|cannot be stored"):
        doi_actions.set_url(a_minted_doi("ms-1").doi, url)


def test_a_new_landing_page_is_queued(a_minted_doi: Minted, assert_jobs: Check) -> None:
    row = a_minted_doi("ms-1")
    doi_actions.set_url(row.doi, "https://new.example.org/1")
    told = Doi.get_by_id(row.id)
    assert (told.url, told.changed, told.record.url) == ("https://new.example.org/1", True, "https://new.example.org/1")
    assert_jobs(completed=1, pending=1)


def test_a_new_landing_page_of_a_reserved_doi_goes_with_its_mint(a_record: Save) -> None:
    row = reservations.reserve(a_record("ms-1"))
    queued = doi_actions.set_url(row.doi, "https://new.example.org/1")
    assert (queued.job_id, queued.doi.url, Job.select().count()) == (0, "https://new.example.org/1", 0)


def test_a_doi_without_a_record_has_no_landing_page_to_change(a_minted_doi: Minted) -> None:
    row = a_minted_doi("ms-1")
    Doi.update(record=None).where(Doi.id == row.id).execute()
    with pytest.raises(Refused) as raised:
        doi_actions.set_url(row.doi, "https://new.example.org/1")
    assert raised.value.cause == "no_record"


@pytest.mark.parametrize("act", [doi_actions.abandon, lambda doi: doi_actions.set_url(doi, "https://a.org")])
def test_a_doi_that_is_not_here_is_not_found(store: str, act: Callable[[str], object]) -> None:
    with pytest.raises(NotFound):
        act("10.5072/nobody")


def test_who_did_it_stands_in_the_log(a_minted_doi: Minted, a_record: Save) -> None:
    doi_actions.set_url(a_minted_doi("ms-1").doi, "https://new.example.org/1", actor="curie")
    doi_actions.abandon(reservations.reserve(a_record("ms-2")).doi, actor="curie")
    told = DoiLog.select().where(DoiLog.action.in_(("update", "abandon")))
    assert [row.actor for row in told] == ["curie", "curie"]

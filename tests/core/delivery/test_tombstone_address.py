"""Where a tombstone leads: to its own page, if there is one, and back to the landing page when it is restored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doitui_core.delivery import verification
from doitui_core.dois import targets
from doitui_core.domain import job_kinds
from doitui_core.operations import doi_actions

PAGE = "https://archive.example.org/gone/10.5072/h/2026/1"
LANDING = "https://archive.example.org/1"


@pytest.fixture
def paged(house: Any) -> Any:
    house.settings(tombstone_page_base="https://archive.example.org/gone/")
    return house


def deactivated(house: Any) -> Any:
    doi = house.minted()
    doi_actions.deactivate(doi.doi, reason="withdrawn")
    house.work()
    return house


def addresses(house: Any) -> tuple[str, str]:
    """(at DataCite, here)."""
    return house.there().attributes["url"], house.doi().url


def test_it_leads_to_its_page(paged: Any) -> None:
    deactivated(paged)

    assert addresses(paged) == (PAGE, PAGE)
    assert (paged.there().state, paged.doi().status, paged.doi().changed) == ("registered", "tombstone", False)


def test_without_a_page_it_goes_on_to_lead_to_the_landing_page(house: Any) -> None:
    deactivated(house)

    assert addresses(house) == (LANDING, LANDING)


def test_an_update_leads_it_to_a_page_that_was_set_up_later(house: Any) -> None:
    deactivated(house)
    house.settings(tombstone_page_base="https://archive.example.org/gone")
    doi_actions.update("10.5072/h/2026/1")
    house.work()

    assert (addresses(house), house.there().state, house.doi().status) == ((PAGE, PAGE), "registered", "tombstone")


@pytest.mark.parametrize("blocked", [False, True], ids=["written", "in the way"])
def test_the_page_is_kept_as_the_doi_is_and_never_stops_it(paged: Any, tmp_path: Path, blocked: bool) -> None:
    paged.settings(tombstone_page_directory=str(tmp_path))
    if blocked:
        (tmp_path / "10.5072").write_text("in the way")
    deactivated(paged)
    page = tmp_path / "10.5072/h/2026/1/index.html"
    assert (page.is_file(), paged.doi().status) == (not blocked, "tombstone")
    doi_actions.restore("10.5072/h/2026/1", reason="found again")
    paged.work()

    assert (page.exists(), paged.doi().status) == (False, "findable")


def test_until_it_is_hidden_the_old_address_is_the_true_one(paged: Any) -> None:
    doi_actions.deactivate(paged.minted().doi, reason="withdrawn")

    assert addresses(paged) == (LANDING, LANDING)


def test_restored_it_leads_to_the_landing_page(paged: Any) -> None:
    deactivated(paged)
    doi_actions.restore("10.5072/h/2026/1", reason="found again")
    paged.work()

    assert addresses(paged) == (LANDING, LANDING)
    assert (paged.there().state, paged.doi().status, paged.doi().changed) == ("findable", "findable", False)


def test_a_restore_that_is_taken_back_leaves_it_at_its_page(paged: Any) -> None:
    deactivated(paged)
    queued = doi_actions.restore("10.5072/h/2026/1", reason="found again")
    targets.cancel(queued.job_id)
    paged.work()

    assert (addresses(paged), paged.doi().status) == ((PAGE, PAGE), "tombstone")


def test_a_page_that_comes_later_is_sent_by_an_update(house: Any) -> None:
    deactivated(house)
    house.settings(tombstone_page_base="https://archive.example.org/gone")
    doi_actions.update("10.5072/h/2026/1")
    house.work()

    assert (addresses(house), house.there().state) == ((PAGE, PAGE), "registered")


def test_a_changed_record_does_not_move_it(paged: Any) -> None:
    deactivated(paged)
    paged.record(titles=[{"title": "Another title"}])

    assert addresses(paged) == (PAGE, PAGE)
    assert not paged.doi().changed


def test_its_page_is_what_is_verified(paged: Any) -> None:
    deactivated(paged)
    verification.queue_due(0, actor="test")
    paged.work()

    assert paged.doi().api_check == "verified"
    assert paged.job(kind="verify").status == job_kinds.JobStatus.COMPLETED


def test_what_is_sent_can_be_read(paged: Any) -> None:
    deactivated(paged)
    attempt = paged.attempts()[-1]

    assert (attempt.event, bool(attempt.fingerprint)) == ("hide", True)

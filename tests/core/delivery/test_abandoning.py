"""A draft that is given up, and a landing page that moves, against a sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.errors import Refused
from doitui_core.operations import change_settings, doi_actions


@pytest.fixture
def draft(house: Any) -> Any:
    house.minted(state="draft")
    return house


def abandoned(house: Any, *faults: str) -> None:
    house.faults(*faults)
    doi_actions.abandon("10.5072/h/2026/1")
    house.work()


def test_an_abandoned_draft_is_deleted(draft: Any) -> None:
    abandoned(draft)
    assert (draft.there(), draft.came_in()) == (None, [("DELETE", 204)])
    assert (draft.doi().status, draft.doi().remote, draft.job().status) == ("abandoned", "none", "completed")


def test_it_can_be_done_here_and_now(draft: Any) -> None:
    assert doi_actions.abandon("10.5072/h/2026/1", now=True).doi.status == "abandoned"
    assert draft.there() is None


def test_a_draft_that_is_gone_already_is_as_good(draft: Any) -> None:
    draft.sandbox.store.delete(draft.there())
    abandoned(draft)
    assert (draft.came_in(), draft.job().status, draft.doi().remote) == ([("DELETE", 404)], "completed", "none")


@pytest.mark.parametrize("event", ["register", "publish"])
def test_a_draft_that_somebody_registered_is_for_ever_and_known_as_it_is(
    draft: Any, connect: Any, complete: Any, event: str
) -> None:
    connect().replace("10.5072/h/2026/1", {"event": event})
    abandoned(draft)
    state = draft.there().state
    assert (draft.job().status, draft.job().cause) == ("failed", "not_a_draft")
    assert (draft.doi().status, draft.doi().wanted, draft.doi().remote) == (state, state, state)


def test_what_turned_out_to_be_for_ever_can_be_deactivated(draft: Any, connect: Any) -> None:
    connect().replace("10.5072/h/2026/1", {"event": "publish"})
    abandoned(draft)
    doi_actions.deactivate("10.5072/h/2026/1", reason="a mistake")
    draft.work()
    assert (draft.doi().status, draft.there().state) == ("tombstone", "registered")


def test_a_record_with_another_doi_keeps_it_when_the_first_is_for_ever(draft: Any, connect: Any) -> None:
    connect().replace("10.5072/h/2026/1", {"event": "publish"})
    doi_actions.abandon("10.5072/h/2026/1")
    change_settings.save_repository("h", {"suffix_pattern": "new/{object_id}"})
    doi_actions.mint("1")
    draft.work()
    assert (draft.doi().wanted, draft.doi().remote) == ("abandoned", "findable")
    assert draft.sandbox.store.find("10.5072/new/1").state == "findable"


@pytest.mark.parametrize("fault", ["reset", "status status=500"])
def test_a_deletion_nobody_knows_of_is_asked_about(draft: Any, fault: str) -> None:
    abandoned(draft, f"DELETE * {fault} count=1")
    assert (draft.there(), draft.doi().remote, draft.doi().certainty) == (None, "none", "confirmed")
    assert draft.job().status == "completed"


def test_while_a_deletion_is_uncertain_nothing_else_is_done(draft: Any) -> None:
    abandoned(draft, "DELETE * reset", "GET * status status=503")
    assert draft.doi().certainty == "uncertain"
    with pytest.raises(Refused):
        doi_actions.abandon("10.5072/h/2026/1")


def test_a_create_that_arrives_after_the_deletion_is_deleted_too(draft: Any, connect: Any, complete: Any) -> None:
    abandoned(draft, "DELETE * reset count=1")
    connect().create({**complete, "doi": "10.5072/h/2026/1"})
    draft.later(minutes=5)
    draft.work()
    assert (draft.there(), draft.doi().status) == (None, "abandoned")


def test_an_abandoned_string_that_another_account_takes_is_left_alone(draft: Any, connect: Any, complete: Any) -> None:
    abandoned(draft, "DELETE * reset count=1")
    connect("OTHER.REPO", "other").create({**complete, "doi": "10.5072/h/2026/1"})
    draft.later(minutes=5)
    draft.work()
    assert (draft.there() is not None, draft.came_in("DELETE")) == (True, [("DELETE", 204)])


# Another landing page.


def test_a_new_landing_page_reaches_datacite(house: Any) -> None:
    doi = house.minted()
    doi_actions.set_url(doi.doi, "https://new.example.org/1")
    house.work()
    assert house.there().attributes["url"] == "https://new.example.org/1"
    assert (house.doi().changed, house.came_in()) == (False, [("PUT", 200)])


def test_a_new_landing_page_leaves_a_tombstone_one(house: Any) -> None:
    doi = house.minted()
    doi_actions.deactivate(doi.doi, reason="withdrawn", now=True)
    doi_actions.set_url(doi.doi, "https://new.example.org/gone", now=True)
    assert (house.there().state, house.there().attributes["url"], house.doi().status) == (
        "registered",
        "https://new.example.org/gone",
        "tombstone",
    )


def test_a_new_landing_page_goes_out_with_the_mint(house: Any) -> None:
    doi = house.mint()
    doi_actions.set_url(doi.doi, "https://new.example.org/1")
    house.work()
    assert (house.there().attributes["url"], house.came_in()) == ("https://new.example.org/1", [("POST", 201)])

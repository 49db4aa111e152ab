"""DataCite has another state than was asked for, or has the DOI already."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.operations import doi_actions

# The wrong state.


def test_a_state_that_is_not_the_wanted_one_is_corrected(house: Any) -> None:
    house.mint()
    house.faults("POST /dois wrong-state")
    house.work()
    assert (house.came_in(), house.there().state) == ([("POST", 201), ("PUT", 200)], "findable")
    assert house.job().status == "completed"


def test_a_state_is_corrected_once_only(house: Any) -> None:
    house.mint()
    house.faults("* * wrong-state")
    house.work()
    assert (house.job().status, house.job().cause, house.doi().status) == ("failed", "wrong_state", "draft")
    assert house.came_in() == [("POST", 201), ("PUT", 200)]


def test_an_update_of_a_doi_that_is_gone_makes_it_again_in_its_state(house: Any) -> None:
    doi = house.minted()
    house.sandbox.store.delete(house.there())
    doi_actions.update(doi.doi)
    house.work()
    assert (house.came_in(), house.there().state) == ([("PUT", 201), ("PUT", 200)], "findable")


def test_a_tombstone_of_a_doi_that_is_gone_is_made_again_without_ever_being_public(house: Any) -> None:
    doi = house.minted()
    house.sandbox.store.delete(house.there())
    doi_actions.deactivate(doi.doi, reason="withdrawn")
    house.work()
    assert (house.there().state, house.doi().status) == ("registered", "tombstone")
    assert house.came_in() == [("PUT", 201), ("PUT", 200)]


# It is there already.


def test_a_doi_in_the_account_that_we_never_sent_is_not_overwritten(house: Any, connect: Any, complete: Any) -> None:
    connect().create({**complete, "doi": "10.5072/h/2026/1", "titles": [{"title": "made by hand"}]})
    house.mint()
    house.work()
    assert house.there().attributes["titles"] == [{"title": "made by hand"}]
    assert (house.job().status, house.job().cause) == ("failed", "exists")
    assert "`doitui doi adopt 10.5072/h/2026/1`" in house.job().last_error


@pytest.mark.parametrize("state", ["publish", "register", None])
def test_a_doi_of_another_account_stops_for_a_person(
    house: Any, connect: Any, complete: Any, state: str | None
) -> None:
    url = "https://other.example.org/1"
    connect("OTHER.REPO", "other").create({**complete, "doi": "10.5072/h/2026/1", "event": state, "url": url})
    house.mint()
    house.work()
    assert (house.job().status, house.job().cause) == ("failed", "foreign")
    assert house.came_in("PUT") == []


@pytest.mark.parametrize("fault", ["status status=503", "status status=500", "reset"])
def test_a_taken_doi_whose_owner_cannot_be_asked_is_tried_again(
    house: Any, connect: Any, complete: Any, fault: str
) -> None:
    connect().create({**complete, "doi": "10.5072/h/2026/1"})
    house.mint()
    house.faults(f"GET * {fault}")
    house.work()
    assert (house.job().status, house.doi().certainty) == ("pending", "confirmed")


def test_an_uncertain_write_to_a_doi_that_is_another_accounts_stops(house: Any, connect: Any, complete: Any) -> None:
    url = "https://other.example.org/1"
    house.mint()
    house.faults("POST /dois status status=500 count=1", "GET * status status=503")
    house.work()
    house.faults()
    connect("OTHER.REPO", "other").create({**complete, "doi": "10.5072/h/2026/1", "event": "publish", "url": url})
    house.later(minutes=10)
    assert (house.job().status, house.job().cause, house.doi().certainty) == ("failed", "foreign", "confirmed")


def test_taken_in_answer_to_a_put_fails_and_does_not_go_round(house: Any, answering_json: Any) -> None:
    doi = house.minted()
    taken = answering_json("422 No", {"errors": [{"source": "doi", "title": "This DOI has already been taken"}]})
    house.settings(datacite_url=taken.url)
    doi_actions.update(doi.doi)
    house.work()
    assert (house.job().status, house.job().cause, len(taken.requests)) == ("failed", "doi_taken", 1)

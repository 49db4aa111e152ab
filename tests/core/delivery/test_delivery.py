"""One write job against a sandbox: what is sent, and what is known afterwards."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from doitui_core.db.models import Payload
from doitui_core.dois import targets
from doitui_core.operations import doi_actions

# What goes well.


@pytest.mark.parametrize("state", ["draft", "registered", "findable"])
def test_a_mint_brings_the_doi_to_its_state(house: Any, state: str) -> None:
    house.mint(state=state)
    house.work()
    assert (house.there().state, house.doi().status, house.job().status) == (state, state, "completed")


def test_a_mint_is_one_post(house: Any) -> None:
    house.mint()
    house.work()
    assert house.came_in() == [("POST", 201)]


def test_every_document_names_the_one_schema_that_is_checked(house: Any) -> None:
    house.mint()
    house.work()
    assert house.there().attributes["schemaVersion"] == "http://datacite.org/schema/kernel-4"


def test_climbing_the_ladder_is_put(house: Any) -> None:
    house.minted(state="draft")
    house.mint(state="findable")
    house.work()
    assert (house.came_in(), house.there().state) == ([("PUT", 200)], "findable")


def test_an_update_puts_what_the_record_says_now(house: Any) -> None:
    doi = house.minted()
    house.record(titles=[{"title": "Letters, second series"}])
    doi_actions.update(doi.doi)
    house.work()
    assert house.there().attributes["titles"] == [{"title": "Letters, second series"}]
    assert (house.doi().changed, house.came_in()) == (False, [("PUT", 200)])


def test_deactivating_hides_with_the_reason_and_keeps_the_metadata(house: Any) -> None:
    doi = house.minted()
    doi_actions.deactivate(doi.doi, reason="withdrawn by the donor")
    house.work()
    assert (house.there().state, house.doi().status) == ("registered", "tombstone")
    assert house.there().attributes["titles"]


def test_a_record_that_became_invalid_can_still_be_deactivated(house: Any) -> None:
    doi = house.minted()
    house.record(creators=[])
    doi_actions.deactivate(doi.doi, reason="withdrawn")
    house.work()
    assert house.doi().status == "tombstone"


def test_a_wish_that_is_fulfilled_queues_nothing(house: Any) -> None:
    house.minted()
    assert doi_actions.mint("1").note == "is findable already"


def test_a_job_can_be_done_here_and_now(house: Any) -> None:
    house.record()
    assert doi_actions.mint("1", now=True).doi.status == "findable"


def test_what_was_sent_can_be_read_back_exactly(house: Any) -> None:
    house.mint(titles=[{"title": "Brief „Ä“"}])
    house.work()
    (attempt,) = house.attempts()
    sent = json.loads(zlib.decompress(bytes(Payload.get_by_id(attempt.fingerprint).body)))
    assert (sent["doi"], sent["titles"]) == ("10.5072/h/2026/1", [{"title": "Brief „Ä“"}])
    assert (attempt.method, attempt.event, attempt.http_status, attempt.response) == ("POST", "publish", 201, "")


def test_the_log_tells_who_did_what(house: Any) -> None:
    house.mint()
    house.work()
    made, wished, sent = house.log()
    assert (made.action, wished.action, wished.actor) == ("reserve", "mint", "python")
    assert (sent.action, sent.from_status, sent.to_status, sent.http_status) == ("mint", "reserved", "findable", 201)


# Content and wishes that change meanwhile.


def test_content_that_changed_during_the_flight_keeps_the_job_and_is_sent_too(house: Any) -> None:
    house.mint()
    with house.in_flight():
        house.record(titles=[{"title": "newer"}])
    assert (house.job().status, house.job().attempts, house.doi().changed) == ("pending", 0, True)
    house.work()
    assert house.there().attributes["titles"] == [{"title": "newer"}]
    assert house.came_in() == [("POST", 201), ("PUT", 200)]


def test_a_wish_that_changed_during_the_flight_is_carried_out_next(house: Any) -> None:
    doi = house.minted()
    doi_actions.update(doi.doi)
    with house.in_flight():
        doi_actions.deactivate(doi.doi, reason="withdrawn")
    house.work()
    assert (house.there().state, house.doi().status) == ("registered", "tombstone")


def test_a_setting_that_changes_the_document_is_sent_once_and_not_for_ever(house: Any) -> None:
    house.mint()
    house.settings(landing_page="https://new.example.org/{object_id}")
    house.work()
    assert (house.came_in(), house.doi().changed, house.doi().url) == (
        [("POST", 201)],
        False,
        "https://new.example.org/1",
    )


def test_a_record_that_became_invalid_is_not_sent_and_says_why(house: Any) -> None:
    house.mint()
    house.record(creators=[])
    house.work()
    assert (house.came_in(), house.job().status, house.job().cause) == ([], "failed", "metadata")


def test_a_cancelled_wish_sends_nothing(house: Any) -> None:
    house.mint()
    targets.cancel(house.job().id)
    house.work()
    assert (house.came_in(), house.doi().wanted) == ([], "none")

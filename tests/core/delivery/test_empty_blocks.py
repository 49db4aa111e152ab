"""A create sends only what there is; a PUT also clears what DataCite has and the record has no longer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.metadata.kernel4 import BLOCKS
from doitui_core.operations import comparing, doi_actions
from doitui_core.views import doi_page

#: What the record of these tests has.
FILLED = {"creators", "titles", "publisher", "publicationYear", "types"}

SUBJECTS = [{"subject": "Tides"}]


def on_the_wire(house: Any, answering_json: Any, act: Any) -> dict[str, Any]:
    """The attributes of the one request that `act` and the worker send."""
    attributes = {"doi": house.doi().doi, "state": "findable"}
    server = answering_json("201 Created", {"data": {"attributes": attributes}})
    house.settings(datacite_url=server.url)
    act()
    house.work(limit=1)
    _, _, body = server.requests[-1].partition(b"\r\n\r\n")
    return dict(json.loads(body)["data"]["attributes"])


def test_a_create_has_only_blocks_with_data(house: Any, answering_json: Any) -> None:
    house.mint()
    sent = on_the_wire(house, answering_json, lambda: None)
    assert set(sent) == {"doi", "url", "schemaVersion", "event", *FILLED}


def test_a_draft_without_landing_page_has_no_url(house: Any, answering_json: Any) -> None:
    house.settings(landing_page="")
    house.mint(state="draft")
    assert "url" not in on_the_wire(house, answering_json, lambda: None)


def test_an_update_has_every_block(house: Any, answering_json: Any) -> None:
    doi = house.minted(subjects=SUBJECTS).doi
    house.record(subjects=[])
    sent = on_the_wire(house, answering_json, lambda: doi_actions.update(doi))
    assert (set(BLOCKS) - set(sent), sent["subjects"], sent["language"]) == (set(), [], None)


def test_an_update_clears_what_the_record_has_no_longer(house: Any) -> None:
    doi = house.minted(subjects=SUBJECTS, language="de").doi
    house.record(subjects=[], language=None)
    doi_actions.update(doi)
    house.work()
    assert {"subjects", "language"}.isdisjoint(house.there().attributes)
    assert (house.doi().changed, comparing.ask(house.doi().id).differences) == (False, ())


def test_an_update_clears_what_others_added_at_datacite(house: Any, connect: Any) -> None:
    doi = house.minted().doi
    connect().replace(doi, {"subjects": SUBJECTS})
    house.record(titles=[{"title": "Newer"}])
    doi_actions.update(doi)
    house.work()
    assert "subjects" not in house.there().attributes


def test_content_that_was_sent_before_by_post_is_compared_with_its_empty_blocks(fast_house: Any) -> None:
    """A record goes back to what its POST said: its PUT has blocks to clear, and it did not arrive."""
    doi = fast_house.minted().doi
    fast_house.record(subjects=SUBJECTS)
    doi_actions.update(doi)
    fast_house.work()
    fast_house.record(subjects=[])
    doi_actions.update(doi)
    fast_house.faults("PUT * status status=500 count=1")
    fast_house.work()
    assert "subjects" not in fast_house.there().attributes
    assert fast_house.doi().changed is False


def test_a_create_that_was_made_earlier_goes_on_by_a_put_of_everything(house: Any, connect: Any, complete: Any) -> None:
    doi = house.mint().doi
    house.faults("POST /dois status status=500 count=1")
    house.work(limit=1)
    connect().create({**complete, "doi": doi, "subjects": SUBJECTS})
    house.faults("GET * status status=404 count=1")
    house.work()
    assert (house.there().state, "subjects" in house.there().attributes) == ("findable", False)


@pytest.mark.parametrize("transport", ["rest", "mds"])
def test_a_mint_over_either_transport_is_not_changed_and_not_different(house: Any, transport: str) -> None:
    house.settings(transport=transport)
    house.mint()
    house.work()
    assert (house.doi().changed, comparing.ask(house.doi().id).differences) == (False, ())
    assert repositories.config(house.repository()).text("transport") == transport


def test_history_shows_the_empty_blocks_of_the_request_that_had_them(house: Any) -> None:
    doi = house.minted(subjects=SUBJECTS).doi
    for subjects in ([], SUBJECTS):
        house.record(subjects=subjects)
        doi_actions.update(doi)
        house.work()
    post, cleared, again = (one["sent"] for one in doi_page.history(house.doi())["attempts"])
    assert ("language" in post, cleared["subjects"], again["subjects"]) == (False, [], SUBJECTS)
    assert set(BLOCKS) - set(again) == set()

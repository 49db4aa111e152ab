"""What a document states is told once DataCite has it: from a record to what the sandbox holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from doitui.web.sandbox.server import Sandbox
from doitui_core.db.models import Event, Record
from doitui_core.domain.job_kinds import Service
from doitui_core.operations import change_settings, doi_actions
from doitui_core.worker import summary, worker

CITED, PART = "https://doi.org/10.1234/x", "https://doi.org/10.1234/whole"
CURIE = "https://orcid.org/0000-0002-1825-0097"
CDL = "https://ror.org/03yrm5c26"
FUNDER = "https://doi.org/10.13039/501100000780"


def related(relation: str, identifier: str, kind: str = "DOI") -> dict[str, str]:
    return {"relationType": relation, "relatedIdentifier": identifier, "relatedIdentifierType": kind}


PERSON = {
    "name": "Curie, Marie",
    "nameType": "Personal",
    "nameIdentifiers": [{"nameIdentifier": CURIE, "nameIdentifierScheme": "ORCID"}],
    "affiliation": [{"name": "CDL", "affiliationIdentifier": CDL, "affiliationIdentifierScheme": "ROR"}],
}
GRANT = {"funderName": "EC", "funderIdentifier": FUNDER, "funderIdentifierType": "Crossref Funder ID"}

EVERYTHING: dict[str, Any] = {
    "relatedIdentifiers": [related("IsSupplementTo", "10.1234/X"), related("Cites", "https://e.org/A#p", "URL")],
    "creators": [PERSON],
    "fundingReferences": [GRANT],
}


class Desk:
    """Writes records, has them minted at the sandbox, and has their events sent there."""

    def __init__(self, sandbox: Sandbox, save: Callable[..., Record]) -> None:
        self.sandbox = sandbox
        self._save = save

    def record(self, *, published: bool = True, **metadata: Any) -> None:
        self._save("ms-1", metadata=metadata, published=published)

    def work(self, *lanes: Service) -> summary.Summary:
        return worker.run(drain=True, threads=2, services=lanes or (Service.DOIS,))

    def mint(self, *, state: str = "findable", **metadata: Any) -> None:
        self.record(**metadata)
        doi_actions.mint("ms-1", state=state)
        self.work()

    def update(self, **metadata: Any) -> None:
        self.record(**metadata)
        doi_actions.update("10.5072/h/2026/ms-1")
        self.work()

    def stated(self) -> list[tuple[str, str]]:
        """(relation, object) of the events in the store."""
        return sorted((row.relation_type_id, row.obj_id) for row in Event.select())

    def there(self) -> list[tuple[str, str]]:
        """The same, as the sandbox has them."""
        return sorted((row["relation-type-id"], row["obj-id"]) for row in self.listed())

    def listed(self) -> list[dict[str, Any]]:
        """The attributes of the events that were sent to the sandbox."""
        params = {"page[size]": "1000", "source-id": "doitui"}
        answer = requests.get(f"{self.sandbox.url}/events", params=params, timeout=20)
        return [event["attributes"] for event in answer.json()["data"]]

    def event(self, obj: str = CITED) -> Event:
        return Event.get(Event.obj_id == obj)


@pytest.fixture
def connection(office: Any, sandbox: Sandbox, a_record: Callable[..., Record]) -> Desk:
    office.reach(sandbox.url, token=False, datacite_url=sandbox.url)
    return Desk(sandbox, a_record)


EXPECTED = [
    ("cites", "https://e.org/a"),
    ("is-authored-at", CDL),
    ("is-authored-by", CURIE),
    ("is-funded-by", FUNDER),
    ("is-supplement-to", CITED),
]


def test_a_mint_states_what_its_document_states(connection: Desk) -> None:
    connection.mint(**EVERYTHING)

    assert connection.stated() == EXPECTED


def test_what_a_mint_states_reaches_the_other_side(connection: Desk) -> None:
    connection.mint(**EVERYTHING)
    connection.work(Service.EVENTS)

    assert connection.there() == EXPECTED


def test_the_events_are_about_our_doi(connection: Desk) -> None:
    connection.mint(**EVERYTHING)
    connection.work(Service.EVENTS)

    rows = {(row["subj-id"], row["source-id"], row["total"]) for row in connection.listed()}
    assert rows == {("https://doi.org/10.5072/h/2026/ms-1", "doitui", 1)}


def test_a_part_states_its_works_and_funders_only(connection: Desk) -> None:
    connection.mint(**{**EVERYTHING, "relatedIdentifiers": [related("IsPartOf", "10.1234/whole")]})
    connection.work(Service.EVENTS)

    assert connection.there() == [("is-funded-by", FUNDER), ("is-part-of", PART)]


def test_an_update_states_what_is_new(connection: Desk) -> None:
    connection.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    connection.update(relatedIdentifiers=[related("Cites", "10.1234/x"), related("Cites", "10.1234/y")])

    assert connection.stated() == [("cites", CITED), ("cites", "https://doi.org/10.1234/y")]


def test_an_update_that_states_the_same_sends_nothing_again(connection: Desk) -> None:
    connection.mint(**EVERYTHING)
    connection.work(Service.EVENTS)
    connection.update(**EVERYTHING, titles=[{"title": "Notebooks, volume 2"}])

    assert connection.work(Service.EVENTS).taken == 0


def test_a_registered_doi_is_reported_of(connection: Desk) -> None:
    connection.mint(state="registered", **EVERYTHING)

    assert connection.stated() == EXPECTED


def test_a_draft_states_nothing(connection: Desk) -> None:
    connection.mint(state="draft", **EVERYTHING)

    assert connection.stated() == []


def test_a_draft_that_is_published_states_it_then(connection: Desk) -> None:
    connection.mint(state="draft", **EVERYTHING)
    doi_actions.mint("ms-1")
    connection.work()

    assert connection.stated() == EXPECTED


def test_a_record_that_is_not_published_states_nothing(connection: Desk) -> None:
    connection.mint()
    connection.record(published=False, **EVERYTHING)
    doi_actions.update("10.5072/h/2026/ms-1")
    connection.work()

    assert connection.stated() == []


def test_a_tombstone_states_nothing_new(connection: Desk) -> None:
    connection.mint()
    connection.record(**EVERYTHING)
    doi_actions.deactivate("10.5072/h/2026/ms-1", reason="gone")
    connection.work()

    assert connection.stated() == []


def test_a_mint_that_is_refused_states_nothing(connection: Desk) -> None:
    connection.sandbox.faults.replace(["POST /dois status status=422"])
    connection.mint(**EVERYTHING)

    assert connection.stated() == []


def test_a_mint_that_turns_out_done_states_it_then(connection: Desk, clock: Any) -> None:
    connection.sandbox.faults.replace(["POST /dois reset count=1"])
    connection.mint(**EVERYTHING)
    clock.forward(hours=1)
    connection.work()

    assert connection.stated() == EXPECTED


@pytest.mark.parametrize(("on", "expected"), [("none", []), ("funders", [("is-funded-by", FUNDER)])])
def test_what_is_switched_off_is_not_stated(connection: Desk, on: str, expected: list[tuple[str, str]]) -> None:
    change_settings.set_setting("event_sources_on", on)
    connection.mint(**EVERYTHING)

    assert connection.stated() == expected


# What is no longer stated.


@pytest.fixture
def removed(connection: Desk) -> Desk:
    """Its relation was told and is gone from the metadata since."""
    connection.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    connection.work(Service.EVENTS)
    connection.update(relatedIdentifiers=[])
    return connection


def test_a_relation_that_is_removed_keeps_its_event_marked(removed: Desk) -> None:
    assert (removed.event().in_metadata, removed.event().state) == (False, "submitted")


def test_a_relation_that_comes_back_is_unmarked(removed: Desk) -> None:
    removed.update(relatedIdentifiers=[related("Cites", "10.1234/x")])

    assert removed.event().in_metadata


def test_a_relation_that_comes_back_and_was_reported_is_not_told_again(removed: Desk) -> None:
    removed.update(relatedIdentifiers=[related("Cites", "10.1234/x")])

    assert removed.work(Service.EVENTS).taken == 0


def test_events_of_other_origin_are_not_marked(removed: Desk, office: Any) -> None:
    office.keep("https://e.org/by-hand")
    removed.update(titles=[{"title": "Other"}])

    assert removed.event("https://e.org/by-hand").in_metadata


@pytest.fixture
def unsent(connection: Desk) -> Desk:
    """Its relation was removed before it was told, and the worker has come by."""
    connection.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    connection.update(relatedIdentifiers=[])
    connection.sandbox.requests.clear()
    connection.work(Service.EVENTS)
    return connection


def test_a_relation_that_is_removed_before_it_was_reported_is_not_reported(unsent: Desk) -> None:
    assert unsent.sandbox.requests.entries() == []


def test_why_it_is_not_reported_stands_in_its_row(unsent: Desk) -> None:
    row = unsent.event()

    assert (row.state, row.cause, row.last_error) == (
        "failed",
        "not_stated",
        "not sent: the metadata no longer states it",
    )


def test_a_relation_that_comes_back_before_it_was_reported_is_reported(unsent: Desk) -> None:
    unsent.update(relatedIdentifiers=[related("Cites", "10.1234/x")])
    unsent.work(Service.EVENTS)

    assert (unsent.there(), unsent.event().state) == ([("cites", CITED)], "submitted")


def test_an_event_of_a_record_that_is_withdrawn_from_the_public_is_not_reported(connection: Desk) -> None:
    connection.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    connection.record(published=False, relatedIdentifiers=[related("Cites", "10.1234/x")])
    connection.work(Service.EVENTS)

    assert (connection.there(), connection.event().cause) == ([], "not_public")


def test_an_event_of_a_record_that_is_public_again_is_reported(connection: Desk) -> None:
    connection.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    connection.record(published=False, relatedIdentifiers=[related("Cites", "10.1234/x")])
    connection.work(Service.EVENTS)
    connection.update(relatedIdentifiers=[related("Cites", "10.1234/x")], titles=[{"title": "Public again"}])
    connection.work(Service.EVENTS)

    assert (connection.there(), connection.event().state) == ([("cites", CITED)], "submitted")

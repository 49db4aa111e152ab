"""What a document states is told once DataCite has it: from a record to what the sandbox holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui.web.server import Sandbox
from doitui_core import dois, settings, worker
from doitui_core.jobs import Lane
from doitui_core.models import Event, Record

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

    def work(self, *lanes: Lane) -> worker.Summary:
        return worker.run(drain=True, threads=2, lanes=lanes or (Lane.DOIS,))

    def mint(self, *, state: str = "findable", **metadata: Any) -> None:
        self.record(**metadata)
        dois.mint("ms-1", state=state)
        self.work()

    def update(self, **metadata: Any) -> None:
        self.record(**metadata)
        dois.update("10.5072/h/2026/ms-1")
        self.work()

    def stated(self) -> list[tuple[str, str]]:
        """(relation, object) of the events in the store."""
        return sorted((row.relation_type_id, row.obj_id) for row in Event.select())

    def there(self) -> list[tuple[str, str]]:
        """The same, as the sandbox has them."""
        rows = self.sandbox.usage.read("SELECT relation_type_id, obj_id FROM event ORDER BY 1, 2", [])
        return [tuple(row) for row in rows]

    def event(self, obj: str = CITED) -> Event:
        return Event.get(Event.obj_id == obj)


@pytest.fixture
def desk(office: Any, sandbox: Sandbox, a_record: Callable[..., Record]) -> Desk:
    office.reach(sandbox.url, token=False, datacite_url=sandbox.url)
    return Desk(sandbox, a_record)


EXPECTED = [
    ("cites", "https://e.org/a"),
    ("is-authored-at", CDL),
    ("is-authored-by", CURIE),
    ("is-funded-by", FUNDER),
    ("is-supplement-to", CITED),
]


def test_a_mint_states_what_its_document_states(desk: Desk) -> None:
    desk.mint(**EVERYTHING)

    assert desk.stated() == EXPECTED


def test_what_a_mint_states_reaches_the_other_side(desk: Desk) -> None:
    desk.mint(**EVERYTHING)
    desk.work(Lane.EVENTS)

    assert desk.there() == EXPECTED


def test_the_events_are_about_our_doi(desk: Desk) -> None:
    desk.mint(**EVERYTHING)
    desk.work(Lane.EVENTS)

    rows = desk.sandbox.usage.read("SELECT DISTINCT subj_id, source_id, total FROM event", [])
    assert [tuple(row) for row in rows] == [("https://doi.org/10.5072/h/2026/ms-1", "doitui", 1)]


def test_a_part_states_its_works_and_funders_only(desk: Desk) -> None:
    desk.mint(**{**EVERYTHING, "relatedIdentifiers": [related("IsPartOf", "10.1234/whole")]})
    desk.work(Lane.EVENTS)

    assert desk.there() == [("is-funded-by", FUNDER), ("is-part-of", PART)]


def test_an_update_states_what_is_new(desk: Desk) -> None:
    desk.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    desk.update(relatedIdentifiers=[related("Cites", "10.1234/x"), related("Cites", "10.1234/y")])

    assert desk.stated() == [("cites", CITED), ("cites", "https://doi.org/10.1234/y")]


def test_an_update_that_states_the_same_sends_nothing_again(desk: Desk) -> None:
    desk.mint(**EVERYTHING)
    desk.work(Lane.EVENTS)
    desk.update(**EVERYTHING, titles=[{"title": "Notebooks, volume 2"}])

    assert desk.work(Lane.EVENTS).taken == 0


def test_a_registered_doi_is_told_of(desk: Desk) -> None:
    desk.mint(state="registered", **EVERYTHING)

    assert desk.stated() == EXPECTED


def test_a_draft_states_nothing(desk: Desk) -> None:
    desk.mint(state="draft", **EVERYTHING)

    assert desk.stated() == []


def test_a_draft_that_is_published_states_it_then(desk: Desk) -> None:
    desk.mint(state="draft", **EVERYTHING)
    dois.mint("ms-1")
    desk.work()

    assert desk.stated() == EXPECTED


def test_a_record_that_is_not_published_states_nothing(desk: Desk) -> None:
    desk.mint()
    desk.record(published=False, **EVERYTHING)
    dois.update("10.5072/h/2026/ms-1")
    desk.work()

    assert desk.stated() == []


def test_a_tombstone_states_nothing_new(desk: Desk) -> None:
    desk.mint()
    desk.record(**EVERYTHING)
    dois.deactivate("10.5072/h/2026/ms-1", reason="gone")
    desk.work()

    assert desk.stated() == []


def test_a_mint_that_is_refused_states_nothing(desk: Desk) -> None:
    desk.sandbox.faults.replace(["POST /dois status status=422"])
    desk.mint(**EVERYTHING)

    assert desk.stated() == []


def test_a_mint_that_turns_out_done_states_it_then(desk: Desk, clock: Any) -> None:
    desk.sandbox.faults.replace(["POST /dois reset count=1"])
    desk.mint(**EVERYTHING)
    clock.forward(hours=1)
    desk.work()

    assert desk.stated() == EXPECTED


@pytest.mark.parametrize(("on", "expected"), [("none", []), ("funders", [("is-funded-by", FUNDER)])])
def test_what_is_switched_off_is_not_stated(desk: Desk, on: str, expected: list[tuple[str, str]]) -> None:
    settings.put("event_sources_on", on)
    desk.mint(**EVERYTHING)

    assert desk.stated() == expected


# What is no longer stated.


@pytest.fixture
def removed(desk: Desk) -> Desk:
    """Its relation was told and is gone from the metadata since."""
    desk.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    desk.work(Lane.EVENTS)
    desk.update(relatedIdentifiers=[])
    return desk


def test_a_relation_that_is_removed_keeps_its_event_marked(removed: Desk) -> None:
    assert (removed.event().in_metadata, removed.event().state) == (False, "submitted")


def test_a_relation_that_comes_back_is_unmarked(removed: Desk) -> None:
    removed.update(relatedIdentifiers=[related("Cites", "10.1234/x")])

    assert removed.event().in_metadata


def test_a_relation_that_comes_back_and_was_told_is_not_told_again(removed: Desk) -> None:
    removed.update(relatedIdentifiers=[related("Cites", "10.1234/x")])

    assert removed.work(Lane.EVENTS).taken == 0


def test_events_of_other_origin_are_not_marked(removed: Desk, office: Any) -> None:
    office.keep("https://e.org/by-hand")
    removed.update(titles=[{"title": "Other"}])

    assert removed.event("https://e.org/by-hand").in_metadata


@pytest.fixture
def unsent(desk: Desk) -> Desk:
    """Its relation was removed before it was told, and the worker has come by."""
    desk.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    desk.update(relatedIdentifiers=[])
    desk.sandbox.requests.clear()
    desk.work(Lane.EVENTS)
    return desk


def test_a_relation_that_is_removed_before_it_was_told_is_not_told(unsent: Desk) -> None:
    assert unsent.sandbox.requests.entries() == []


def test_why_it_is_not_told_stands_in_its_row(unsent: Desk) -> None:
    row = unsent.event()

    assert (row.state, row.cause, row.last_error) == (
        "failed",
        "not_stated",
        "not sent: the metadata no longer states it",
    )


def test_a_relation_that_comes_back_before_it_was_told_is_told(unsent: Desk) -> None:
    unsent.update(relatedIdentifiers=[related("Cites", "10.1234/x")])
    unsent.work(Lane.EVENTS)

    assert (unsent.there(), unsent.event().state) == ([("cites", CITED)], "submitted")


def test_an_event_of_a_record_that_is_withdrawn_from_the_public_is_not_told(desk: Desk) -> None:
    desk.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    desk.record(published=False, relatedIdentifiers=[related("Cites", "10.1234/x")])
    desk.work(Lane.EVENTS)

    assert (desk.there(), desk.event().cause) == ([], "not_public")


def test_an_event_of_a_record_that_is_public_again_is_told(desk: Desk) -> None:
    desk.mint(relatedIdentifiers=[related("Cites", "10.1234/x")])
    desk.record(published=False, relatedIdentifiers=[related("Cites", "10.1234/x")])
    desk.work(Lane.EVENTS)
    desk.update(relatedIdentifiers=[related("Cites", "10.1234/x")], titles=[{"title": "Public again"}])
    desk.work(Lane.EVENTS)

    assert (desk.there(), desk.event().state) == ([("cites", CITED)], "submitted")

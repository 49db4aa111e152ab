"""The archive's own events on the hub: copied as they are sent, again when they change, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db.models import Doi, Event
from doitui_core.domain.event import EventValue, Origin
from doitui_core.events import store as local_store
from doitui_core.events.store import NewEvent
from doitui_core.hub_store import local_events
from doitui_core.hub_store.event_lists import EventList
from doitui_core.hub_store.event_query import EventQuery
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.hub_database import HubDatabase
from doitui_core.hub_store.local_events import copy_local
from tests.conftest import Clock

VIEWS = "unique-dataset-investigations-regular"
PAGE = "https://archive.example.org/1"


@pytest.fixture
def save(a_minted_doi: Callable[..., Doi]) -> Callable[..., None]:
    """Stores an event about one DOI."""
    doi = a_minted_doi()

    def run(relation: str = VIEWS, obj: str = PAGE, total: int = 1, origin: Origin = Origin.USAGE) -> None:
        payload = {"subj": {"@type": "Dataset"}}
        event = EventValue(f"https://doi.org/{doi.folded}", relation, obj, "archive", total, payload=payload)
        local_store.save([NewEvent(event, doi.id, doi.repository_id)], origin, actor="test", max_attempts=1)

    return run


def shown(hub: HubDatabase) -> list[EventRecord]:
    return EventList(hub, EventQuery()).page("created", 1000, 0)


def test_a_view_is_shown_with_the_doi_as_object(hub: HubDatabase, save: Callable[..., None]) -> None:
    save(total=3)
    copied = copy_local(hub)
    (event,) = shown(hub)
    assert (copied, event.subj_id, event.total, event.obj) == (1, PAGE, 3, {"@type": "Dataset"})
    assert event.uuid == Event.select().get().uuid
    assert EventList(hub, EventQuery(target_relations=("views",))).total == 1


def test_nothing_changes_where_nothing_has_changed(hub: HubDatabase, save: Callable[..., None], clock: Clock) -> None:
    save()
    copy_local(hub)
    before = shown(hub)
    clock.forward(minutes=1)
    assert (copy_local(hub), shown(hub)) == (0, before)


def test_a_new_total_is_copied(hub: HubDatabase, save: Callable[..., None], clock: Clock) -> None:
    save()
    copy_local(hub)
    clock.forward(days=1)
    save(total=9)
    assert (copy_local(hub), [event.total for event in shown(hub)]) == (1, [9])


def test_a_link_is_shown_under_the_source_of_datacite(hub: HubDatabase, save: Callable[..., None]) -> None:
    save("references", "https://example.org/b", origin=Origin.METADATA)
    copy_local(hub)
    assert [event.source_id for event in shown(hub)] == ["datacite-url"]


def test_a_link_to_an_unknown_agency_waits(hub: HubDatabase, save: Callable[..., None], clock: Clock) -> None:
    save("references", "https://doi.org/10.80225/b", origin=Origin.METADATA)
    assert copy_local(hub) == 0
    clock.forward(days=1)
    Event.update(link_source_id="datacite-crossref", updated_at=clock()).execute()
    assert (copy_local(hub), [event.source_id for event in shown(hub)]) == (1, ["datacite-crossref"])


def test_a_copy_that_was_interrupted_goes_on(
    hub: HubDatabase, save: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        save(obj=f"{PAGE}{number}")
    monkeypatch.setattr(local_events, "AT_ONCE", 2)
    refresh = EventStore.refresh
    passed: list[int] = []

    def stop(self: EventStore, events: Any) -> int:
        passed.append(1)
        if len(passed) == 2:
            raise KeyboardInterrupt
        return refresh(self, events)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(EventStore, "refresh", stop)
        with pytest.raises(KeyboardInterrupt):
            copy_local(hub)
    assert (len(shown(hub)), copy_local(hub), len(shown(hub))) == (2, 3, 5)

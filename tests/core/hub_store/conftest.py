"""The hub's tables: in the archive's database on SQLite and PostgreSQL, and in the sandbox's own file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from doitui_core.hub_store import hub_database
from doitui_core.hub_store.event_record import EventRecord, HubOrigin
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.hub_database import HubDatabase


@pytest.fixture
def hub(store: str) -> HubDatabase:
    """The hub's tables in the archive's database."""
    return hub_database.archive()


@pytest.fixture
def events(hub: HubDatabase) -> EventStore:
    return EventStore(hub)


@pytest.fixture
def own_events() -> Iterator[EventStore]:
    """The sandbox's."""
    hub = hub_database.own()
    yield EventStore(hub)
    hub.close()


_AT = "2026-05-01T00:00:00.000Z"


def record(number: int, **given: Any) -> EventRecord:
    """An event of its own for each `number`: a link from a DOI to an address."""
    values: dict[str, Any] = {
        "uuid": f"00000000-0000-4000-8000-{number:012}",
        "subj_id": f"https://doi.org/10.5072/s{number}",
        "obj_id": f"https://example.org/{number}",
        "source_id": "datacite-url",
        "relation_type_id": "documents",
        "source_token": "t",
        "message_action": "create",
        "license": "",
        "total": 1,
        "occurred_at": _AT,
        "created": _AT,
        "updated": f"2026-05-02T00:00:00.{number:03}Z",
    }
    return EventRecord(**{**values, **given})


REPORT = "https://hub.example.org/reports/1"


def usage(number: int, **given: Any) -> EventRecord:
    """An event of a report: views of a DOI."""
    values: dict[str, Any] = {
        "subj_id": REPORT,
        "obj_id": f"https://doi.org/10.5072/s{number}",
        "source_id": "datacite-usage",
        "relation_type_id": "unique-dataset-investigations-regular",
        "origin": HubOrigin.REPORT,
    }
    return record(number, **{**values, **given})

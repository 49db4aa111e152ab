"""Events of a national hub, in the order in which they come: reports of every month, and links between them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

from doitui_core.db import text_index
from doitui_core.hub_store.event_record import CC0, EventRecord, HubOrigin
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.hub_database import HubDatabase

REPOSITORIES, MONTHS = 20, 36
RELATIONS = [
    f"{kind}-dataset-{what}-regular" for kind in ("total", "unique") for what in ("investigations", "requests")
]
LINKS = ("references", "cites", "is-supplement-to", "is-part-of", "has-version", "is-authored-by", "is-funded-by")
SOURCES = ("datacite-related", "datacite-crossref", "crossref", "datacite-funder", "datacite-medra")

#: Of ten events one is a link.
LINKS_OF_TEN = 1

#: Of twenty events one is stored as the hub stores it, the others are copies made by the database: that takes minutes
#: instead of an hour.
COPIES = 20

_COPIED = (
    "subj_id || {k}, obj_id || {k}, source_id, relation_type_id, source_token, message_action, license, total,"
    " occurred_at, created, updated, subj, obj, origin, group_id"
)


def fill(store: EventStore, number: int) -> float:
    """Store `number` events; the seconds that one of twenty took."""
    base, hub, start = number // COPIES, store.hub, time.perf_counter()
    store.recount(events(base))
    took = time.perf_counter() - start
    with hub.write():
        for copy in range(1, COPIES):
            _copy(hub, copy, copy * base, base)
        hub.execute(f"UPDATE hub_event_group SET events = events * {COPIES}")
        if not text_index.is_fts(hub.db):
            hub.execute("SELECT setval(pg_get_serial_sequence('hub_event', 'id'), {p})", (number,))
    return took


def _copy(hub: HubDatabase, copy: int, shift: int, base: int) -> None:
    texts = ", ".join(text_index.FIELDS)
    columns = f"{texts}, source_token, message_action, license, total, occurred_at, created, updated, subj, obj, origin"
    values = _COPIED.format(k=f"'.{copy}'")
    hub.execute(
        f"INSERT INTO hub_event (id, uuid, key_hash, {columns}, group_id)"
        f" SELECT id + {shift}, uuid || '.{copy}', key_hash || '.{copy}', {values} FROM hub_event WHERE id <= {base}"
    )
    hub.execute(
        "INSERT INTO hub_event_term (term, event_id, group_id)"
        f" SELECT term / 2 + {copy}, event_id + {shift}, group_id FROM hub_event_term WHERE event_id <= {base}"
    )
    if text_index.is_fts(hub.db):
        hub.execute(
            f"INSERT INTO hub_event_text (rowid, {texts}) SELECT id, {texts} FROM hub_event"
            f" WHERE id > {shift} AND id <= {shift + base}"
        )
    else:
        hub.execute(
            f"INSERT INTO hub_event_text SELECT event_id + {shift}, words FROM hub_event_text WHERE event_id <= {base}"
        )


def events(number: int) -> Iterator[EventRecord]:
    """In the order of months; every event has a key of its own."""
    reports = REPOSITORIES * MONTHS
    each = -(-number // reports)
    for n in range(number):
        report, place = divmod(n, each)
        yield _link(n, report, place) if place % 10 < LINKS_OF_TEN else usage(report, place)


def usage(report: int, place: int) -> EventRecord:
    """One count of one report."""
    month, repository = divmod(report, REPOSITORIES)
    event = _event(month, f"https://hub.example.org/reports/{uuid.UUID(int=report)}", _doi(repository, place // 4))
    return replace(
        event,
        source_id="datacite-usage",
        relation_type_id=RELATIONS[place % 4],
        total=place % 500 + 1,
        origin=HubOrigin.REPORT,
        subj={"@id": event.subj_id, "issued": "2026-01-01"},
    )


def _link(n: int, report: int, place: int) -> EventRecord:
    month, repository = divmod(report, REPOSITORIES)
    other = (
        f"https://doi.org/10.{6000 + n % 200}/other.{n}" if n % 7 else f"https://orcid.org/0000-0002-{n % 9999:04}-0097"
    )
    event = _event(month, _doi(repository, place), other)
    return replace(
        event,
        source_id=SOURCES[n % 97 % 5],
        relation_type_id=LINKS[n % 7],
        subj={"@type": "Dataset", "registrantId": f"datacite.r{repository}", "datePublished": f"{2000 + n % 26}-01-01"},
        obj={"@type": "ScholarlyArticle", "registrantId": f"crossref.{n % 50}"},
    )


def _doi(repository: int, number: int) -> str:
    return f"https://doi.org/10.{5000 + repository}/set.{number}"


def _event(month: int, subj: str, obj: str) -> EventRecord:
    year, of_year = divmod(month, 12)
    at = f"{2023 + year}-{of_year + 1:02}"
    stored = f"{at}-15T00:00:00.000Z"
    return EventRecord(
        str(uuid.uuid4()), subj, obj, "", "", "t", "create", CC0, 1, f"{at}-01T00:00:00.000Z", stored, stored
    )

"""`GET /events` of a hub with a million events: each filter, order, page and cursor, also while reports come in."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import falcon
import hub_filling
from falcon.testing import TestClient
from ground import POSTGRES, Ground, Row, on_both, seconds

from doitui.web.events.event_policy import HUB
from doitui.web.events.events_resource import EventsResource
from doitui_core.db import database
from doitui_core.hub_store import hub_database
from doitui_core.hub_store.event_store import EventStore

EVENTS = 1_000_000

#: Issue 19: milliseconds of a call.
P50_MS, P99_MS = 50, 250

CALLS = 20

QUERIES: dict[str, dict[str, str]] = {
    "unfiltered": {},
    "statistics only": {"page[size]": "0"},
    "page 400": {"page[number]": "400"},
    "1,000 events": {"page[size]": "1000"},
    "cursor, begin": {"page[cursor]": "1"},
    "cursor, middle": {"page[cursor]": "MSw1MDAwMDA"},
    "cursor, middle, source": {"page[cursor]": "MSw1MDAwMDA", "source-id": "crossref"},
    "sort -updated": {"sort": "-updated"},
    "sort -total": {"sort": "-total"},
    "sort obj-id": {"sort": "obj-id"},
    "sort relation_type_id": {"sort": "relation_type_id"},
    "doi": {"doi": "10.5003/set.7"},
    "three dois": {"doi": "10.5003/set.7,10.5004/set.7,10.5005/set.90"},
    "subj-id, a report": {"subj-id": "https://hub.example.org/reports/00000000-0000-0000-0000-000000000007"},
    "obj-id": {"obj-id": "https://doi.org/10.5003/set.7"},
    "prefix, 5 %": {"prefix": "10.5003"},
    "prefix, 0.5 %": {"prefix": "10.6010"},
    "orcid": {"orcid": "0000-0002-0070-0097"},
    "year-month": {"year-month": "2025-12"},
    "year-month, by total": {"year-month": "2025-12", "sort": "-total"},
    "source, 90 %": {"source-id": "datacite-usage"},
    "source, 2 %": {"source-id": "crossref"},
    "source, 2 %, by total": {"source-id": "crossref", "sort": "total"},
    "relation, 22 %": {"relation-type-id": "unique-dataset-requests-regular"},
    "relation, 22 %, by object": {"relation-type-id": "unique-dataset-requests-regular", "sort": "obj-id"},
    "publication-year": {"publication-year": "2010-2012"},
    "source and month and prefix": {"source-id": "crossref", "year-month": "2024-01", "prefix": "10.5003"},
    "query, a rare word": {"query": "other.10"},
    "query, a word of 20 %": {"query": "unique"},
    "query, a word of all": {"query": "https"},
    "query, relevance": {"query": "unique OR other", "sort": "relevance"},
    "query and source": {"query": "set", "source-id": "crossref"},
    "query NOT": {"query": "NOT https"},
    "query, a beginning": {"query": "subj_id:10.50*"},
}


def rows(ground: Ground) -> list[Row]:
    """Milliseconds of a call, events a second."""
    return on_both(ground, lambda *at: list(_hub(*at)), "hub")


def _hub(ground: Ground, name: str) -> Iterator[Row]:
    number = ground.sized(EVENTS)
    with ground.store(name) as url:
        store = EventStore(hub_database.archive())
        took = hub_filling.fill(store, number)
        rate = number / hub_filling.COPIES / took
        yield Row(f"events of reports and links stored, {name}", rate, "events/s", beside=f"then copied to {number:,}")
        if name == POSTGRES:  # as its autovacuum does
            for table in ("hub_event", "hub_event_term", "hub_event_group", "hub_event_text"):
                store.hub.execute(f"VACUUM ANALYZE {table}")
        database.close()
        database.open(url)
        client = _client(EventStore(hub_database.archive()))
        yield from _measured(client, name, "alone")
        with _reports_coming_in(name) as stored:
            yield from _measured(client, name, "while reports come in")
        yield Row(f"  events stored meanwhile, {name}", sum(stored) / max(len(stored), 1), "a batch")


def _client(store: EventStore) -> TestClient:
    app = falcon.App()
    app.add_route("/events", EventsResource(store, HUB))
    return TestClient(app)


def _measured(client: TestClient, name: str, when: str) -> Iterator[Row]:
    slowest = []
    for what, query in QUERIES.items():
        cpu = time.thread_time()
        times = [seconds(lambda query=query: _ask(client, query)) * 1000 for _ in range(CALLS)]  # type: ignore[misc]
        cpu = (time.thread_time() - cpu) * 1000 / CALLS
        p50, worst = statistics.median(times), max(times)
        slowest.append(worst)
        above = " (above)" if worst > P99_MS else ""
        beside = f"first {times[0]:.0f}, slowest {worst:.0f} ms{above}, {cpu:.0f} ms of CPU here"
        yield Row(f"  {what}, {when}, {name}", p50, "ms", most=P50_MS, beside=beside)


def _ask(client: TestClient, query: dict[str, str]) -> None:
    answer = client.simulate_get("/events", params=query)
    if answer.status_code != 200:
        raise RuntimeError(f"{query}: {answer.status_code} {answer.text}")


class _reports_coming_in:  # noqa: N801 - used as a statement
    """One report after the other, in a thread of the same process, as the hub does it."""

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._stored: list[int] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> list[int]:
        self._thread.start()
        return self._stored

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        store, report = EventStore(hub_database.archive()), hub_filling.REPOSITORIES * hub_filling.MONTHS
        while not self._stop.is_set():
            events = (hub_filling.usage(report, place) for place in range(1000))
            store.recount(replace(event, total=2) for event in events)
            self._stored.append(1000)
            report += 1
        database.close_thread()

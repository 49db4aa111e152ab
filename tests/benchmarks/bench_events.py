"""Counted usage into events; and a store of ten million of them: how large, and does every list open at once?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import filling
import visits
from ground import REPOSITORY, Ground, Row, median_ms, on_both, seconds

from doitui_core import clock
from doitui_core.db import database, raw_sql
from doitui_core.db.models import Event
from doitui_core.domain import event_ids
from doitui_core.events import usage_refresh
from doitui_core.operations import change_settings
from doitui_core.views import event_health, lists

#: DOIs that were used, each with views and downloads; views of a DOI.
DOIS, VIEWS = 100_000, 10

#: Events of the large store, and with `--large`.
EVENTS, MANY_EVENTS = 1_000_000, 10_000_000

#: Issue: events a second from what was counted. DESIGN 8: a list opens at once.
RATE, AT_ONCE_MS = 20_000, 50

CALLS = 20

EVENT = (
    *("dedupe_hash", "uuid", "repository_id", "doi_id", "subj_id", "relation_type_id", "obj_id", "obj_type"),
    *("source_id", "payload", "origin", "total", "submitted_total", "state", "attempts", "response_status", "cause"),
    *("occurred_at", "created_at", "updated_at", "submitted_at"),
)


def rows(ground: Ground) -> list[Row]:
    """Events a second, milliseconds, megabytes."""
    return on_both(ground, _from_counts, "events") + on_both(ground, lambda *at: list(_store(*at)), "events")


def _from_counts(ground: Ground, name: str) -> list[Row]:
    number = ground.sized(DOIS)
    with ground.store(name) as url:
        _used(number)
        database.close()
        database.open(url, durable=False)  # as a worker does
        took = seconds(usage_refresh.refresh)
        made = Event.select().count()
        again = seconds(usage_refresh.refresh)
    if made != 2 * number:
        raise RuntimeError(f"{made} events of {number} DOIs")
    return [
        Row(f"counts of {number:,} DOIs become events, {name}", made / took, "events/s", least=RATE),
        Row(f"  the same again, nothing new, {name}", made / again, "events/s"),
    ]


def _used(number: int) -> None:
    repository = change_settings.save_repository("hollin", REPOSITORY)
    day = (visits.DAY - clock.EPOCH).days
    columns = ("day", "doi_id", "access_method", "country", "source", *usage_refresh._COLUMNS.values())
    with database.write():
        visits.findable_dois(repository.id, number)
        ids = [doi_id for (doi_id,) in raw_sql.execute("SELECT id FROM doi ORDER BY id").fetchall()]
        for method in ("regular", "machine"):
            raw_sql.insert("usage_count", columns, [(day, one, method, "", "spool", VIEWS, 8, 5, 4) for one in ids])


def _store(ground: Ground, name: str) -> Iterator[Row]:
    number = ground.sized(MANY_EVENTS if ground.large else EVENTS)
    with ground.store(name):
        took = seconds(lambda: _fill(number))
        there = f"filled in {took:.0f} s"
        yield Row(f"{number:,} events: size, {name}", filling.size_mb(), "MB", beside=there)
        middle = str(number // 2)
        calls: dict[str, Any] = {
            "events(), first page": lists.events,
            "events(after=middle)": lambda: lists.events(after=middle),
            "events(state=failed), 0.1 %": lambda: lists.events(state="failed"),
            "events(doi=)": lambda: lists.events(doi="10.5072/hollin/2026/HO-00000500"),
            "what keeps them from going out": event_health.diagnosis,
        }
        for what, call in calls.items():
            yield Row(f"  {what}, {name}", median_ms(call, CALLS), "ms", most=AT_ONCE_MS)


def _fill(number: int) -> None:
    filling.house(1000, 1000)
    filling.prepare()
    with database.write():
        filling.load("event", EVENT, _events(number))
    with database.write():
        filling.execute(
            "INSERT INTO counter (name, slot, value) SELECT 'event.' || state, 100, COUNT(*) FROM event GROUP BY 1"
        )
    filling.settle()
    if not filling.is_sqlite():
        filling.execute("VACUUM ANALYZE event")


def _events(number: int) -> Iterator[tuple[Any, ...]]:
    """Of a thousand DOIs; one of a thousand has failed."""
    at = filling.now()
    for n in range(number):
        doi, page = n % 1000 + 1, f"https://example.org/{n}"
        subject = f"https://doi.org/10.5072/hollin/2026/ho-{doi:08}"
        key = hashlib.sha256(f"{subject}|{page}".encode()).hexdigest()
        sent = ("failed", 1, 422, "event") if n % 1000 == 0 else ("submitted", 1, 201, "")
        yield (
            *(key, event_ids.event_uuid(key), 1, doi, subject, "is-cited-by", page, "url"),
            *("doitui", f'{{"subj":{{"@id":"{subject}"}},"obj":{{"@id":"{page}"}}}}', "metadata", 1, 1, *sent),
            *(at, at, at, at),
        )

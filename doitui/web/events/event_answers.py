"""Events as DataCite shows them, in both dialects: one, a list, its statistics, and CSV (datacite-api.md 3.1, 3.4)."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from doitui.web.events.event_input import ApiVersion
from doitui_core.domain import spreadsheets
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.event_record import links as linked_dois
from doitui_core.hub_store.event_sums import Sums

# Buckets of each statistic.
_MOST = 10

_ATTRIBUTES = (
    *("subj-id", "obj-id", "source-id", "relation-type-id", "total", "message-action", "source-token", "license"),
    "occurred-at",
)
_DERIVED = ("source-doi", "target-doi", "source-relation-type-id", "target-relation-type-id")
_CSV = ("subj-id", "obj-id", "source-id", "relation-type-id", "occurred_at")

_SOURCES = {
    "datacite-usage": "DataCite Usage Stats",
    "datacite-resolution": "DataCite Resolution Stats",
    "datacite-related": "DataCite Related Identifiers",
    "datacite-crossref": "DataCite to Crossref",
    "datacite-kisti": "DataCite to KISTI",
    "datacite-op": "DataCite to OP",
    "datacite-medra": "DataCite to mEDRA",
    "datacite-istic": "DataCite to ISTIC",
    "datacite-funder": "DataCite Funder Information",
    "datacite-affiliation": "DataCite Affiliations",
    "datacite-orcid-auto-update": "ORCID Auto-Update",
    "datacite-url": "DataCite URL Links",
    "orcid-affiliation": "ORCID Affiliations",
    "crossref": "Crossref to DataCite",
}

Bucket = dict[str, Any]


_attributes = attrgetter(*(name.replace("-", "_") for name in _ATTRIBUTES))


@cache
def _names(version: int, names: tuple[str, ...]) -> list[str]:
    """How a dialect writes `names`: a page has a thousand events."""
    return [ApiVersion(version).name(name) for name in names]


def single(event: EventRecord, dialect: ApiVersion) -> dict[str, Any]:
    """`{"data": {…}}`."""
    return {"data": resource(event, dialect)}


def resource(event: EventRecord, dialect: ApiVersion) -> dict[str, Any]:
    """One event as a JSON:API resource."""
    attributes = dict(zip(_names(dialect.version, _ATTRIBUTES), _attributes(event), strict=True))
    attributes["timestamp"] = event.updated
    if dialect.version == 2:
        attributes |= zip(_names(2, _DERIVED), linked_dois(event).values(), strict=True)
    related = {"subj": event.subj_id, "obj": event.obj_id}
    return {
        "id": event.uuid,
        "type": "events",
        "attributes": attributes,
        "relationships": {side: {"data": {"id": one, "type": "objects"}} for side, one in related.items()},
    }


def objects(events: Iterable[EventRecord], sides: Iterable[str]) -> list[dict[str, Any]]:
    """What `include=subj,obj` adds to the list, each object once; its `id` is the one in the event."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        for side in sides:
            name = getattr(event, f"{side}_id")
            found[name] = {"id": name, "type": "objects", "attributes": {**getattr(event, side), "id": name}}
    return list(found.values())


def statistics(sums: Sums, dialect: ApiVersion) -> dict[str, list[Bucket]]:
    """The facets of a list; none at all for an empty one."""
    if not sums.total:
        return {}
    months = dialect.name("year-months")
    facets = {
        "sources": [_bucket(name, count, _SOURCES) for name, count in _largest(sums.sources)],
        "occurred": _newest(sums.occurred, "count"),
        "prefixes": [_bucket(name, count) for name, count in _largest(sums.prefixes)],
        dialect.name("citation-types"): _divided(sums.citation_types, months),
        dialect.name("relation-types"): _divided(sums.relations, months),
        "registrants": _divided(sums.registrants, "years"),
    }
    return facets if dialect.version == 1 else {"created": _newest(sums.created, "count")} | facets


def table(events: Iterable[EventRecord]) -> str:
    """The list as CSV."""
    cells = ([getattr(event, name.replace("-", "_")) for name in _CSV] for event in events)
    return spreadsheets.csv_text(itertools.chain([_CSV], cells))


def _largest(sums: Mapping[str, int]) -> list[tuple[str, int]]:
    """The largest, by name where they agree; without what is absent."""
    there = ((name, number) for name, number in sums.items() if name and number)
    return heapq.nsmallest(_MOST, there, key=lambda one: (-one[1], one[0]))


def _bucket(name: str, count: int, titles: Mapping[str, str] = MappingProxyType({})) -> Bucket:
    return {"id": name, "title": titles.get(name, name), "count": count}


def _newest(sums: Mapping[str, int], key: str) -> list[Bucket]:
    """By year or month, the newest first."""
    names = sorted((name for name, number in sums.items() if name and number), reverse=True)
    return [{"id": name, "title": name, key: sums[name]} for name in names[:_MOST]]


def _divided(sums: Mapping[str, Mapping[str, int]], key: str) -> list[Bucket]:
    """Buckets with their own years or months, which are summed, as DataCite says, though they count documents."""
    totals = {name: sum(parts.values()) for name, parts in sums.items()}
    return [_bucket(name, count) | {key: _newest(sums[name], "sum")} for name, count in _largest(totals)]

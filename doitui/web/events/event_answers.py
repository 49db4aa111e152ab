"""Events as DataCite shows them, in both dialects: one, a list, its statistics, and CSV (datacite-api.md 3.1, 3.4)."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from doitui.web.events.event_input import ApiVersion
from doitui_core.domain import spreadsheets
from doitui_core.hub_store.event_groups import Group
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.event_record import links as linked_dois

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


def single(event: EventRecord, dialect: ApiVersion) -> dict[str, Any]:
    """`{"data": {…}}`."""
    return {"data": resource(event, dialect)}


def resource(event: EventRecord, dialect: ApiVersion) -> dict[str, Any]:
    """One event as a JSON:API resource."""
    attributes = {dialect.name(name): getattr(event, name.replace("-", "_")) for name in _ATTRIBUTES}
    attributes["timestamp"] = event.updated
    if dialect.version == 2:
        columns = linked_dois(event)
        attributes |= {dialect.name(name): columns[name.replace("-", "_")] for name in _DERIVED}
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


def statistics(counts: dict[Group, int], dialect: ApiVersion) -> dict[str, list[Bucket]]:
    """The facets of a list; none at all for an empty one."""
    if not counts:
        return {}
    months, found = dialect.name("year-months"), _Sums()
    for group, number in counts.items():
        found.add(group, number)
    facets = {
        "sources": [_bucket(name, count, _SOURCES) for name, count in _largest(found.sources)],
        "occurred": _newest(found.occurred, "count"),
        "prefixes": [_bucket(name, count) for name, count in _largest(found.prefixes)],
        dialect.name("citation-types"): _divided(found.citation_types, months),
        dialect.name("relation-types"): _divided(found.relations, months),
        "registrants": _divided(found.registrants, "years"),
    }
    return facets if dialect.version == 1 else {"created": _newest(found.created, "count")} | facets


def table(events: Iterable[EventRecord]) -> str:
    """The list as CSV."""
    cells = ([getattr(event, name.replace("-", "_")) for name in _CSV] for event in events)
    return spreadsheets.csv_text(itertools.chain([_CSV], cells))


def _counter() -> defaultdict[str, int]:
    return defaultdict(int)


class _Sums:
    """What the statistics are made of, summed in one pass: a large hub has many thousand groups."""

    def __init__(self) -> None:
        self.sources, self.prefixes, self.occurred, self.created = (_counter() for _ in range(4))
        self.citation_types, self.relations, self.registrants = (
            defaultdict[str, defaultdict[str, int]](_counter) for _ in range(3)
        )

    def add(self, group: Group, number: int) -> None:
        """Count `number` events. One whose sides share a prefix or registrant counts once for it."""
        year = group.occurred[:4]
        self.sources[group.source] += number
        self.occurred[year] += number
        self.created[group.created] += number
        self.relations[group.relation][group.occurred] += number
        if group.subj_type and group.obj_type:
            self.citation_types[group.citation_type][group.occurred] += number
        for prefix in {group.subj_prefix, group.obj_prefix}:
            self.prefixes[prefix] += number
        for registrant in {group.subj_registrant, group.obj_registrant}:
            self.registrants[registrant][year] += number


def _largest(sums: Mapping[str, int]) -> list[tuple[str, int]]:
    """The largest, without what is absent."""
    return Counter({name: number for name, number in sums.items() if name}).most_common(_MOST)


def _bucket(name: str, count: int, titles: Mapping[str, str] = MappingProxyType({})) -> Bucket:
    return {"id": name, "title": titles.get(name, name), "count": count}


def _newest(sums: Mapping[str, int], key: str) -> list[Bucket]:
    """By year or month, the newest first."""
    return [{"id": name, "title": name, key: sums[name]} for name in sorted(sums, reverse=True)[:_MOST] if name]


def _divided(sums: Mapping[str, Mapping[str, int]], key: str) -> list[Bucket]:
    """Buckets with their own years or months, which are summed, as DataCite says, though they count documents."""
    totals = {name: sum(parts.values()) for name, parts in sums.items()}
    return [_bucket(name, count) | {key: _newest(sums[name], "sum")} for name, count in _largest(totals)]

"""Events as DataCite shows them, in both dialects: one, a list, its statistics, and CSV (datacite-api.md 3.1, 3.4)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
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
    months = dialect.name("year-months")
    facets = {
        "sources": _largest(counts, lambda group: (group.source,), _SOURCES),
        "occurred": _newest(counts, "occurred", 4, "count"),
        "prefixes": _largest(counts, lambda group: (group.subj_prefix, group.obj_prefix)),
        dialect.name("citation-types"): _divided(counts, lambda group: (group.citation_type,), months, 7),
        dialect.name("relation-types"): _divided(counts, lambda group: (group.relation,), months, 7),
        "registrants": _divided(counts, lambda group: (group.subj_registrant, group.obj_registrant), "years", 4),
    }
    return facets if dialect.version == 1 else {"created": _newest(counts, "created", 4, "count")} | facets


def table(events: Iterable[EventRecord]) -> str:
    """The list as CSV."""
    cells = ([getattr(event, name.replace("-", "_")) for name in _CSV] for event in events)
    return spreadsheets.csv_text(itertools.chain([_CSV], cells))


Names = Callable[[Group], Iterable[str]]


def _sums(counts: dict[Group, int], names: Names) -> Counter[str]:
    sums: Counter[str] = Counter()
    for group, count in counts.items():
        for name in {name for name in names(group) if name}:
            sums[name] += count
    return sums


def _largest(counts: dict[Group, int], names: Names, titles: dict[str, str] | None = None) -> list[Bucket]:
    known = titles or {}
    return [
        {"id": name, "title": known.get(name, name), "count": count}
        for name, count in _sums(counts, names).most_common(_MOST)
    ]


def _newest(counts: dict[Group, int], column: str, length: int, key: str) -> list[Bucket]:
    """By year (a `length` of 4) or month (7), the newest first."""
    sums = _sums(counts, lambda group: (getattr(group, column)[:length],))
    return [{"id": name, "title": name, key: sums[name]} for name in sorted(sums, reverse=True)[:_MOST]]


def _divided(counts: dict[Group, int], names: Names, key: str, length: int) -> list[Bucket]:
    """Buckets with their own years or months, which are summed, as DataCite says, though they count documents."""
    return [
        {
            **bucket,
            key: _newest({g: n for g, n in counts.items() if bucket["id"] in names(g)}, "occurred", length, "sum"),
        }
        for bucket in _largest(counts, names)
    ]

"""How often a DOI is cited, viewed, downloaded …, from its events."""

from __future__ import annotations

from collections import Counter

from doitui_core.db.hub_event_model import HubEvent
from doitui_core.hub_store.event_conditions import with_terms
from doitui_core.hub_store.event_record import RESOLVER, SIDES, doi_in
from doitui_core.hub_store.event_terms import term
from doitui_core.hub_store.hub_database import HubDatabase

#: What each end of a link calls the relation -> the count, named as DataCite names it on a DOI.
COUNTS = {
    "citations": "citationCount",
    "references": "referenceCount",
    "views": "viewCount",
    "downloads": "downloadCount",
    "parts": "partCount",
    "part_of": "partOfCount",
    "versions": "versionCount",
    "version_of": "versionOfCount",
}

_SUMMED = frozenset(("views", "downloads"))


def count_for(hub: HubDatabase, doi: str) -> dict[str, int]:
    """The counts of `doi`, in any case. A link that several sources give, or both ends of it (`references`,
    `is-referenced-by`), counts once. Views and downloads are sums of totals, of the source that has most: what a
    repository counted and the reports made of it are the same views.
    """
    counts: Counter[str] = Counter(dict.fromkeys(COUNTS.values(), 0))
    linked: set[tuple[str, str]] = set()
    used: Counter[tuple[str, str]] = Counter()
    folded = doi.lower()
    ids = with_terms([term(side, RESOLVER + folded) for side in ("subj", "obj")])
    row = HubEvent.select(
        HubEvent.subj_id, HubEvent.obj_id, HubEvent.relation_type_id, HubEvent.source_id, HubEvent.total
    )
    found = row.where(HubEvent.id.in_(ids), HubEvent.relation_type_id.in_(list(SIDES)))
    for subj, obj, relation, by, total in found.tuples().execute(hub.db).iterator():
        source, target, source_name, target_name = SIDES[relation]
        dois = {"subj": doi_in(subj), "obj": doi_in(obj)}
        for here, there, name in ((target, source, target_name), (source, target, source_name)):
            if name is None or dois.get(here) != folded:
                continue
            if name in _SUMMED:
                used[name, by] += total
            elif other := dois.get(there):
                linked.add((name, other))
    counts.update(COUNTS[name] for name, _ in linked)
    for (name, _), total in used.items():
        counts[COUNTS[name]] = max(counts[COUNTS[name]], total)
    return dict(counts)

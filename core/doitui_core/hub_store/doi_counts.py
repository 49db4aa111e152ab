"""How often a DOI is cited, viewed, downloaded …, from its events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from doitui_core.db.chunks import in_chunks
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

#: Whose totals are added, instead of links that are counted.
SUMMED = frozenset(("views", "downloads"))

#: DOIs looked up together.
AT_ONCE = 250

_LINKED = (
    "SELECT subj_id, obj_id, relation_type_id, source_id, total, occurred_at FROM hub_event"
    " WHERE id IN (SELECT event_id FROM hub_event_term WHERE term IN ({terms}))"
)

#: A count and who has it: the DOI, the name of its end of the link.
_Count = tuple[str, str]


def count_for(hub: HubDatabase, doi: str) -> dict[str, int]:
    """The counts of `doi`, in any case (`counts_for`)."""
    return counts_for(hub, [doi.lower()])[doi.lower()]


def counts_for(hub: HubDatabase, dois: Sequence[str]) -> dict[str, dict[str, int]]:
    """The counts of each of `dois`, which are in lower case. A link that several sources give, or both ends of it
    (`references`, `is-referenced-by`), counts once. Views and downloads are sums of totals, of the source that has
    most: what a repository counted and the reports made of it are the same views.
    """
    counts = {doi: dict.fromkeys(COUNTS.values(), 0) for doi in dois}
    for some in in_chunks(dois, AT_ONCE):
        asked = set(some)
        linked: defaultdict[_Count, set[str]] = defaultdict(set)
        used: defaultdict[_Count, Counter[str]] = defaultdict(Counter)
        for subj, obj, relation, by, total, _ in events_about(hub, some):
            for doi, other, name in ends(subj, obj, relation):
                if doi not in asked:
                    continue
                if name in SUMMED:
                    used[doi, name][by] += total
                elif other:
                    linked[doi, name].add(other)
        for (doi, name), others in linked.items():
            counts[doi][COUNTS[name]] = len(others)
        for (doi, name), totals in used.items():
            counts[doi][COUNTS[name]] = max(totals.values())
    return counts


def events_about(hub: HubDatabase, dois: Sequence[str]) -> Iterator[tuple[str, str, str, str, int, str]]:
    """Subject, object, relation, source, total and time of the events that count for one of `dois`, in lower case.

    As a plain statement: every read of a DOI runs it, and peewee would take longer to write it than it runs.
    """
    terms = [term(side, RESOLVER + doi) for doi in dois for side in ("subj", "obj")]
    found = hub.execute(_LINKED.format(terms=", ".join(["{p}"] * len(terms))), terms)
    return (row for row in found if row[2] in SIDES)


def ends(subj: str, obj: str, relation: str) -> Iterator[tuple[str, str | None, str]]:
    """A DOI of the event, the DOI at its other end, and what the first one calls the link."""
    source, target, source_name, target_name = SIDES[relation]
    dois = {"subj": doi_in(subj), "obj": doi_in(obj)}
    for here, there, name in ((target, source, target_name), (source, target, source_name)):
        doi = dois.get(here)
        if doi is not None and name is not None:
            yield doi, dois.get(there), name

"""Which DOIs a DOI is linked with, and how its views, downloads and citations came over time, from its events.

Numbers and lists follow `doi_counts`: a link counts once, and usage is that of the source that has most. As DataCite's
`GET /dois/{doi}` shows them (datacite-api.md 1.4): usage by month, citations by the year in which they first occurred.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from doitui_core.db.chunks import in_chunks
from doitui_core.hub_store.doi_counts import AT_ONCE, SUMMED, ends, events_about
from doitui_core.hub_store.hub_database import HubDatabase


@dataclass
class DoiLinks:
    """`related`: DOIs by what this one calls the link (citations, references, part_of …), in the order of the alphabet.
    `views`, `downloads`: totals by month (YYYY-MM), `citations`: numbers by year, the oldest first.
    """

    related: dict[str, list[str]] = field(default_factory=dict)
    views: dict[str, int] = field(default_factory=dict)
    downloads: dict[str, int] = field(default_factory=dict)
    citations: dict[str, int] = field(default_factory=dict)


def links_for(hub: HubDatabase, dois: Sequence[str]) -> dict[str, DoiLinks]:
    """The links of each of `dois`, which are in lower case."""
    return {doi: found for some in in_chunks(dois, AT_ONCE) for doi, found in _links(hub, some).items()}


def _links(hub: HubDatabase, dois: Sequence[str]) -> dict[str, DoiLinks]:
    asked = set(dois)
    since: defaultdict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    used: defaultdict[tuple[str, str], defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for subj, obj, relation, by, total, occurred in events_about(hub, dois):
        for doi, other, name in ends(subj, obj, relation):
            if doi not in asked:
                continue
            if name in SUMMED:
                used[doi, name][by][occurred[:7]] += total
            elif other:
                first = since[doi].get((name, other), occurred)
                since[doi][name, other] = min(first, occurred)
    return {doi: _of_one(since[doi], {name: used[doi, name] for name in SUMMED}) for doi in dois}


def _of_one(since: dict[tuple[str, str], str], used: dict[str, defaultdict[str, Counter[str]]]) -> DoiLinks:
    found = DoiLinks()
    for name, other in sorted(since):
        found.related.setdefault(name, []).append(other)
    years = Counter(occurred[:4] for (name, _), occurred in since.items() if name == "citations")
    months = {name: max(by.values(), key=Counter.total, default=Counter[str]()) for name, by in used.items()}
    found.views, found.downloads = (dict(sorted(months[name].items())) for name in ("views", "downloads"))
    found.citations = dict(sorted(years.items()))
    return found

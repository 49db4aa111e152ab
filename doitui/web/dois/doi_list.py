"""Which DOIs a list shows, and how many there are, without walking through all of them (1.10, 1.12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import falcon

from doitui.web.common import params
from doitui.web.common.paging import PageRequest
from doitui.web.common.rights import Rights
from doitui.web.common.times import timestamp
from doitui.web.dois.doi_record import Doi
from doitui.web.dois.store import CountKey, Store, count_key


@dataclass(frozen=True, slots=True)
class DoiFilter:
    """An empty set lets everything through; `query` is text to find in DOI and titles, ignoring case."""

    rights: Rights
    clients: frozenset[str]
    prefixes: frozenset[str]
    states: frozenset[str]
    query: str
    until: str  # the newest moment the search index knows; empty when it knows everything

    @classmethod
    def from_request(cls, req: falcon.Request) -> DoiFilter:
        """The filter of one request; names may be written with dash or underscore, several values with commas."""
        return cls(
            rights=req.context.rights,
            clients=frozenset(params.lower_values(req, "client-id")),
            prefixes=frozenset(params.lower_values(req, "prefix")),
            states=frozenset(params.lower_values(req, "state")),
            query=(req.get_param("query") or "").casefold(),
            until=known_until(req),
        )

    def takes_kind(self, kind: CountKey) -> bool:
        """Whether DOIs of this kind are in the list; the caller's rights are part of it."""
        return (
            (not self.clients or kind.client in self.clients)
            and (not self.prefixes or kind.prefix in self.prefixes)
            and (not self.states or kind.state in self.states)
            and self.rights.may_see(kind.client, kind.state)
        )

    def takes(self, doi: Doi) -> bool:
        """Whether `doi` is in the list."""
        return (
            self.takes_kind(count_key(doi))
            and (not self.query or self.query in _searched(doi))
            and (not self.until or doi.created <= self.until)
        )


def known_until(req: falcon.Request) -> str:
    """Until when lists know about DOIs: lupo reads them from its search index, which lags behind (1.2)."""
    lag = getattr(req.context, "search_lag", 0)  # the hub has no faults
    return timestamp(req.context.at - lag) if lag else ""


def select_page(store: Store, chosen: DoiFilter, page: PageRequest, oldest_first: bool) -> list[Doi]:
    """The DOIs of one page. A cursor forces the order of creation."""
    if page.cursor is not None:
        return list(islice(filter(chosen.takes, store.after(page.cursor)), page.size))
    dois = store.after(0) if oldest_first else store.newest()
    return list(islice(filter(chosen.takes, dois), page.offset, page.offset + page.size))


def totals(store: Store, chosen: DoiFilter) -> Counter[CountKey]:
    """How many DOIs of each kind the whole list has; only a `query` or a lag makes this walk through them."""
    if chosen.query or chosen.until:
        return Counter(count_key(doi) for doi in store.after(0) if chosen.takes(doi))
    return Counter({kind: count for kind, count in store.counts().items() if chosen.takes_kind(kind)})


def facet(counts: Counter[CountKey], field: str) -> list[dict[str, Any]]:
    """`[{"id", "title", "count"}]` by one field of CountKey, the largest first."""
    summed: Counter[str] = Counter()
    for kind, count in counts.items():
        summed[getattr(kind, field)] += count
    return [{"id": name, "title": name.capitalize(), "count": count} for name, count in summed.most_common(10)]


def _searched(doi: Doi) -> str:
    titles: Iterator[object] = (title.get("title", "") for title in doi.attributes.get("titles", ()))
    return " ".join((doi.uid, *map(str, titles))).casefold()

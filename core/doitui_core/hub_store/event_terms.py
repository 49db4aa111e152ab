"""By which values an event is found: its ids, the DOIs and ISSNs it mentions, the years of publication. Pure.

A value is stored as a hash of eight bytes with its kind: addresses may be longer than an index entry, and a million
events have few pairs of different values with the same hash (one in ten million archives of that size).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

from doitui_core.hub_store.event_query import EventQuery
from doitui_core.hub_store.event_record import (
    RESOLVER,
    SIDES,
    EventRecord,
    issns,
    mentioned,
    publication_years,
)

_ORCID = "https://orcid.org/"

#: PostgreSQL's and SQLite's integers are signed.
_BYTES = 8


@lru_cache(4096)
def term(kind: str, value: str) -> int:
    """The hash of one value."""
    digest = hashlib.blake2b(f"{kind}:{value}".encode("utf-8", "replace"), digest_size=_BYTES).digest()
    return int.from_bytes(digest, signed=True)


def terms_of(event: EventRecord) -> set[int]:
    """All an event is found by."""
    return {
        term("subj", event.subj_id),
        term("obj", event.obj_id),
        *(term("doi", doi) for doi in mentioned(event)),
        *(term("issn", issn) for issn in issns(event)),
        *(term("published", year) for year in publication_years(event)),
    }


def wanted(query: EventQuery) -> Iterator[list[int]]:
    """For each condition of the query that terms answer: those of which an event has at least one."""
    if query.subj_id:
        yield [term("subj", query.subj_id)]
    if query.obj_id:
        yield [term("obj", query.obj_id)]
    if query.dois:
        yield [*_on_a_side(RESOLVER + doi for doi in query.dois), *(term("doi", doi) for doi in query.dois)]
    if query.orcids:
        yield _on_a_side(_ORCID + name.rpartition("/")[2] for name in query.orcids)
    if query.issns:
        yield [term("issn", issn) for issn in query.issns]
    if query.published:
        first, last = map(int, query.published)
        yield [term("published", f"{year:04}") for year in range(first, last + 1)]


def relations_with(place: int, names: Iterable[str]) -> list[str]:
    """The relation types whose source (`place` 2) or target (3) calls the relation one of `names`."""
    return [relation for relation, sides in SIDES.items() if sides[place] in set(names)]


def linked(place: int, dois: Iterable[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Side, relation types and ids: where `dois` are the source (`place` 0) or the target (1) of an event."""
    ids = [RESOLVER + doi for doi in dois]
    for side in ("subj", "obj"):
        yield side, [relation for relation, sides in SIDES.items() if sides[place] == side], ids


def _on_a_side(ids: Iterable[str]) -> list[int]:
    return [term(side, one) for one in ids for side in ("subj", "obj")]

"""Which record a document is about: the one that has its DOI, whatever its object id; else the one of its object id.

The object id of a record is repaired where it is only the DOI, because an earlier document named no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from doitui_core.db.models import Record
from doitui_core.domain import identifiers
from doitui_core.errors import Refused
from doitui_core.records import record_lookup


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a record. `own_doi`: the DOI it has. `found_by`: the DOI by which a document finds its record, empty
    where only the object id counts; one that is not its own (it is ignored) finds only a record whose object id it is.
    """

    object_id: str
    own_doi: str = ""
    found_by: str = ""


def find_all(repository_id: int, identities: Sequence[Identity], *, lock: bool) -> list[Record | Refused | None]:
    """The record of each in a repository; `Refused` where two are meant. `lock`: as in `record_lookup.same_all`."""
    pairs = [(one.object_id, one.own_doi) for one in identities]
    named = record_lookup.same_all(repository_id, pairs, lock=lock)
    asked = {
        at: identifiers.fold(one.found_by)
        for at, one in enumerate(identities)
        if one.found_by and not _is_sure(one, named[at])
    }
    having = record_lookup.having_dois(repository_id, sorted(set(asked.values())), lock=lock) if asked else {}
    return [
        _choose(one, record, having.get(asked.get(at, ""), ()))
        for at, (one, record) in enumerate(zip(identities, named, strict=True))
    ]


def _is_sure(one: Identity, named: Record | None) -> bool:
    """Whether its DOI says nothing else than its object id."""
    if named is None:
        return False
    doi = identifiers.fold(one.found_by)
    return not one.own_doi or doi in (identifiers.fold(named.object_id), identifiers.fold(named.foreign_doi))


def _choose(one: Identity, named: Record | None, having: Sequence[Record]) -> Record | Refused | None:
    if not one.own_doi:
        doi = identifiers.fold(one.found_by)
        return named or next((row for row in having if identifiers.fold(row.object_id) == doi), None)
    if not having or (named is not None and named in having):
        return named
    if named is None and len(having) == 1:
        return having[0]
    return Refused(_two_records(one, named, having), "two_records")


def _two_records(one: Identity, named: Record | None, having: Sequence[Record]) -> str:
    ids = " and ".join(row.object_id for row in having)
    if named is None:
        return f"has the DOI {one.own_doi} of the records {ids}: give it the object id of the one that is meant"
    return (
        f"is about two records: {named.object_id} by its object id, {ids} by its DOI {one.own_doi}; neither was"
        " changed: correct its object id or its DOI"
    )


def object_id(stored: str, given: str, found_by: str) -> str:
    """The object id of a record stored as `stored` whose document has `given` and is found by the DOI `found_by`."""
    only_doi = bool(found_by) and identifiers.fold(stored) == identifiers.fold(found_by)
    checked = record_lookup.checked_id(given)
    return checked if only_doi and not identifiers.parse_doi(checked) else stored

"""Which record an id names: its object id, or a DOI in any spelling."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import peewee

from doitui_core.db import database, prepared
from doitui_core.db.models import IS_KEPT, Doi, Record, Repository
from doitui_core.dois import reservations
from doitui_core.domain import identifiers
from doitui_core.domain.states import Wanted
from doitui_core.errors import AmbiguousId, BadInput, NotFound

#: Control characters have no place in an id or a title, and PostgreSQL keeps no NUL.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

#: The object id is a DOI: as in the index `record_of_doi`.
_IS_DOI: Any = (Record.object_id >= peewee.SQL("'10.'")) & (Record.object_id < peewee.SQL("'10/'"))


def _by_ids(object_ids: Any, repository_id: Any) -> Any:
    return Record.select().where(Record.object_id.in_(object_ids), Record.repository == repository_id)


def _is_doi(folded: Any) -> Any:
    """The object id is one of these DOIs."""
    return peewee.fn.LOWER(Record.object_id).in_(folded) & _IS_DOI


def _has_doi(folded: Any) -> Any:
    """The record has one of these DOIs, whatever its object id."""
    return Record.id.in_(Doi.select(Doi.record).where(Doi.folded.in_(folded), IS_KEPT))


# Without the repository in them: PostgreSQL, where it knows nothing of a new table, would read the whole repository.
def _by_dois(folded: Any) -> Any:
    return Record.select().where(_is_doi(folded))


def _with_dois(record_ids: Any) -> Any:
    return Record.select().where(Record.id.in_(record_ids))


def _with_foreign_dois(folded: Any) -> Any:
    """As in the index `record_of_foreign_doi`."""
    return Record.select().where(
        peewee.fn.LOWER(Record.foreign_doi).in_(folded), Record.foreign_doi != peewee.SQL("''")
    )


def _selects(build: Any, *kinds: type) -> dict[bool, prepared.Select[Record]]:
    """By `lock`. Rows are locked in the order of their ids: two that lock the same ones do not wait for each other."""
    return {
        lock: prepared.Select(lambda *values: build(*values).order_by(Record.id), *kinds, lock=lock)
        for lock in (False, True)
    }


_BY_IDS = _selects(_by_ids, list, int)
_BY_DOIS = _selects(_by_dois, list)
_WITH_DOIS = _selects(_with_dois, tuple)
_WITH_FOREIGN_DOIS = _selects(_with_foreign_dois, list)


def checked_id(object_id: str) -> str:
    """`object_id`, if it can be one: one line of 1 to 255 characters. One that is a DOI becomes the bare DOI."""
    plain = identifiers.parse_doi(object_id) or object_id.strip()
    if not plain or len(plain) > 255 or CONTROL.search(plain) or not database.storable(plain):
        raise BadInput(f"{object_id[:60]!r} cannot be an object id: one line of 1 to 255 characters")
    return plain


def same(repository_id: int, written: str, own_doi: str, *, lock: bool) -> Record | None:
    """The record of a repository with that object id; where it is a DOI, in whatever spelling and case. Where it is the
    DOI that the document itself has, also the record that has this DOI. `lock`: the row stays locked until the
    transaction ends. Raises `BadInput` as `checked_id`.
    """
    return same_all(repository_id, [(written, own_doi)], lock=lock)[0]


def same_all(repository_id: int, pairs: Sequence[tuple[str, str]], *, lock: bool) -> list[Record | None]:
    """`same` for each pair of object id and own DOI, in few queries for all of them."""
    ids = [checked_id(written) for written, _ in pairs]
    # As written too: a version stored prefixes such as doi: with the id.
    written = [text.strip() for text, _ in pairs]
    rows = {row.object_id: row for row in _BY_IDS[lock].all(list(dict.fromkeys(ids + written)), repository_id)}
    found = [
        rows.get(id_) or (rows.get(plain) if identifiers.parse_doi(id_) else None)
        for id_, plain in zip(ids, written, strict=True)
    ]
    dois = {at: identifiers.fold(id_) for at, id_ in enumerate(ids) if found[at] is None and identifiers.parse_doi(id_)}
    own = {at: doi for at, doi in dois.items() if identifiers.fold(pairs[at][1]) == doi}
    for missing, look_up in ((dois, _of_object_ids), (own, _of_dois)):
        wanted = [doi for at, doi in missing.items() if found[at] is None]
        by_doi = look_up(repository_id, list(dict.fromkeys(wanted)), lock=lock) if wanted else {}
        for at, doi in missing.items():
            found[at] = found[at] or by_doi.get(doi)
    return found


def _of_object_ids(repository_id: int, folded: list[str], *, lock: bool) -> dict[str, Record]:
    """By DOI the oldest record of a repository that has it as its object id."""
    rows = _BY_DOIS[lock].all(folded)
    return {identifiers.fold(row.object_id): row for row in reversed(rows) if row.repository_id == repository_id}


def _of_dois(repository_id: int, folded: list[str], *, lock: bool) -> dict[str, Record]:
    """By DOI the record of a repository that has it."""
    kept = [row for row in reservations.by_strings(folded).values() if row.wanted != Wanted.ABANDONED]
    owners = {row.record_id: row.folded for row in kept if row.record_id and row.repository_id == repository_id}
    rows = _WITH_DOIS[lock].all(list(owners))
    return {owners[row.id]: row for row in rows if row.repository_id == repository_id}


def having_dois(repository_id: int, folded: list[str], *, lock: bool) -> dict[str, list[Record]]:
    """By folded DOI the records of a repository that have it, as their own, a foreign one or their object id."""
    dois: dict[int, set[str]] = defaultdict(set)
    for row in reservations.by_strings(folded).values():
        if row.record_id and row.wanted != Wanted.ABANDONED and row.repository_id == repository_id:
            dois[row.record_id].add(row.folded)
    storable = list(filter(database.storable, folded))
    for record in (*_BY_DOIS[False].all(storable), *_WITH_FOREIGN_DOIS[False].all(storable)):
        if record.repository_id == repository_id:
            dois[record.id] |= {identifiers.fold(record.object_id), identifiers.fold(record.foreign_doi)}
    found: dict[str, list[Record]] = {}
    for record in _WITH_DOIS[lock].all(sorted(dois)):  # all in one query: they are locked in order
        for doi in dois[record.id]:
            found.setdefault(doi, []).append(record)
    return found


def find(text: str) -> Record:
    """The record an ID names: an object id, `CODE:ID`, or the DOI of a record. Raises `NotFound`, or `AmbiguousId`
    naming the choices.
    """
    found = next(filter(None, map(_matching, _readings(text))), []) if database.storable(text) else []
    if not found:
        raise NotFound(f"there is no record {text!r}: `doitui record list` shows those that are")
    if len(found) > 1:
        raise AmbiguousId(text, [f"{record.repository.code}:{record.object_id}" for record in found])
    return found[0]


def _readings(text: str) -> list[Any]:
    """What `text` may mean, as conditions; the first that any record fulfils counts."""
    code, _, rest = text.partition(":")
    of_code = Repository.code == code
    conditions = [Record.object_id == text, (Record.object_id == rest) & of_code]
    if doi := identifiers.fold(identifiers.parse_doi(text)):
        conditions += [_is_doi([doi]), _has_doi([doi])]
    elif doi := identifiers.fold(identifiers.parse_doi(rest)):
        conditions += [_is_doi([doi]) & of_code, _has_doi([doi]) & of_code]
    return conditions


def _matching(condition: Any) -> list[Record]:
    return list(Record.select(Record, Repository).join(Repository).where(condition).limit(20))

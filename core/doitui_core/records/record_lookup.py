"""Which record an id names: its object id, or a DOI in any spelling."""

from __future__ import annotations

import re
from typing import Any

import peewee

from doitui_core.db import database, prepared
from doitui_core.db.models import IS_KEPT, Doi, Record, Repository
from doitui_core.domain import identifiers
from doitui_core.errors import AmbiguousId, BadInput, NotFound

#: Control characters have no place in an id or a title, and PostgreSQL keeps no NUL.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

#: The object id is a DOI: as in the index `record_of_doi`.
_IS_DOI: Any = (Record.object_id >= peewee.SQL("'10.'")) & (Record.object_id < peewee.SQL("'10/'"))


def _by_id(object_id: Any, repository_id: Any) -> Any:
    return Record.select().where(Record.object_id == object_id, Record.repository == repository_id)


def _is_doi(folded: Any) -> Any:
    """The object id is that DOI."""
    return (peewee.fn.LOWER(Record.object_id) == folded) & _IS_DOI


def _has_doi(folded: Any) -> Any:
    """The record has that DOI, whatever its object id."""
    return Record.id.in_(Doi.select(Doi.record).where(Doi.folded == folded, IS_KEPT))


# Without the repository in them: PostgreSQL, where it knows nothing of a new table, would read the whole repository.
def _by_doi(folded: Any) -> Any:
    return Record.select().where(_is_doi(folded))


def _by_own_doi(folded: Any) -> Any:
    return Record.select().where(_has_doi(folded))


_BY_ID = {lock: prepared.Select(_by_id, str, int, lock=lock) for lock in (False, True)}
_BY_DOI = {lock: prepared.Select(_by_doi, str, lock=lock) for lock in (False, True)}
_BY_OWN_DOI = {lock: prepared.Select(_by_own_doi, str, lock=lock) for lock in (False, True)}


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
    object_id = checked_id(written)
    found = _BY_ID[lock].first(object_id, repository_id)
    if found is not None or not identifiers.parse_doi(object_id):
        return found
    if (plain := written.strip()) != object_id:  # stored by a version that kept prefixes such as doi:
        found = _BY_ID[lock].first(plain, repository_id)
    folded = identifiers.fold(object_id)
    found = found or _first_of(repository_id, _BY_DOI[lock].all(folded))
    if found is None and identifiers.fold(own_doi) == folded:
        found = _first_of(repository_id, _BY_OWN_DOI[lock].all(folded))
    return found


def _first_of(repository_id: int, records: list[Record]) -> Record | None:
    """The oldest of a repository."""
    own = [record for record in records if record.repository_id == repository_id]
    return min(own, key=lambda record: record.id, default=None)


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
        conditions += [_is_doi(doi), _has_doi(doi)]
    elif doi := identifiers.fold(identifiers.parse_doi(rest)):
        conditions += [_is_doi(doi) & of_code, _has_doi(doi) & of_code]
    return conditions


def _matching(condition: Any) -> list[Record]:
    return list(Record.select(Record, Repository).join(Repository).where(condition).limit(20))

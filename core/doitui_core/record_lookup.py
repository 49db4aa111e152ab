"""Which record an id names: its object id, or a DOI in any spelling."""

from __future__ import annotations

import re
from typing import Any

import peewee

from doitui_core import database, identifiers, statements
from doitui_core.errors import AmbiguousId, BadInput, NotFound
from doitui_core.models import IS_KEPT, Doi, Record, Repository

#: Control characters have no place in an id or a title, and PostgreSQL keeps no NUL.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

#: The object id is a DOI: as in the index `record_of_doi`.
_IS_DOI: Any = (Record.object_id >= peewee.SQL("'10.'")) & (Record.object_id < peewee.SQL("'10/'"))


def _by_id(object_id: Any, repository_id: Any) -> Any:
    return Record.select().where(Record.object_id == object_id, Record.repository == repository_id)


def _by_doi(folded: Any, repository_id: Any) -> Any:
    return Record.select().where(_is_doi(folded), Record.repository == repository_id).order_by(Record.id)


def _is_doi(folded: Any) -> Any:
    return (peewee.fn.LOWER(Record.object_id) == folded) & _IS_DOI


_BY_ID = {lock: statements.Select(_by_id, str, int, lock=lock) for lock in (False, True)}
_BY_DOI = {lock: statements.Select(_by_doi, str, int, lock=lock) for lock in (False, True)}


def checked_id(object_id: str) -> str:
    """`object_id`, if it can be one: one line of 1 to 255 characters. One that is a DOI becomes the bare DOI."""
    plain = identifiers.parse_doi(object_id) or object_id.strip()
    if not plain or len(plain) > 255 or CONTROL.search(plain) or not database.storable(plain):
        raise BadInput(f"{object_id[:60]!r} cannot be an object id: one line of 1 to 255 characters")
    return plain


def same(repository_id: int, written: str, *, lock: bool) -> Record | None:
    """The record of a repository with that object id; where it is a DOI, in whatever spelling and case. `lock`: the row
    stays locked until the transaction ends. Raises `BadInput` as `checked_id`.
    """
    object_id = checked_id(written)
    found = _BY_ID[lock].first(object_id, repository_id)
    if found is not None or not identifiers.parse_doi(object_id):
        return found
    if (plain := written.strip()) != object_id:  # stored before wrappings were taken off
        found = _BY_ID[lock].first(plain, repository_id)
    return found or _BY_DOI[lock].first(identifiers.fold(object_id), repository_id)


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
    if doi := identifiers.parse_doi(text):
        conditions += [_is_doi(identifiers.fold(doi)), _has_doi(doi)]
    elif doi := identifiers.parse_doi(rest):
        conditions += [_is_doi(identifiers.fold(doi)) & of_code, _has_doi(doi) & of_code]
    return conditions


def _has_doi(doi: str) -> Any:
    return Record.id.in_(Doi.select(Doi.record).where(Doi.folded == identifiers.fold(doi), IS_KEPT))


def _matching(condition: Any) -> list[Record]:
    return list(Record.select(Record, Repository).join(Repository).where(condition).limit(20))

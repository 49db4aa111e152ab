"""Whose usage it is: the object ids and DOIs that sites and logs name become DOIs of ours, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import peewee

from doitui_core.db import raw_sql
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Doi, Record, Repository
from doitui_core.domain import identifiers, usage_rule
from doitui_core.usage import usage_end
from doitui_core.usage.counter import Reason
from doitui_middleware.spool_line import DOI

#: Subjects remembered, and asked for at once.
REMEMBERED, AT_ONCE = 100_000, 500

#: As in the index `record_of_doi`.
_FOLDED, _IS_DOI = "LOWER(record.object_id)", "object_id >= '10.' AND record.object_id < '10/'"

NEW, TOMBSTONE = Reason.NEW.value, Reason.TOMBSTONE.value

#: What a line names: a repository's code (empty: the only one), what the key is (`doi` or `object_id`), the key.
Subject = tuple[str, str, str]


class Found(NamedTuple):
    """`reason` is NEW where hits may count, if they came before `until`. `doi_id` 0: none."""

    repository_id: int
    doi_id: int
    reason: str
    until: int = usage_rule.NEVER

    def reason_at(self, time: int) -> str:
        """The reason of a hit at `time`, in microseconds since 1970."""
        return TOMBSTONE if time >= self.until and self.reason == NEW else self.reason


class Subjects:
    """`find` looks many up at once and remembers them: for one run, since records are published and DOIs minted."""

    def __init__(self) -> None:
        self._known: dict[Subject, Found] = {}
        rows = list(Repository.select())
        self._codes = {row.code: row.id for row in rows}
        active = [row.id for row in rows if row.active]
        if len(active) == 1:
            self._codes[""] = active[0]

    def find(self, subjects: Iterable[Subject]) -> dict[Subject, Found]:
        """All of `subjects`, and perhaps more."""
        if len(self._known) > REMEMBERED:
            self._known.clear()
        for missing in in_chunks(set(subjects).difference(self._known), AT_ONCE):
            self._look_up(missing)
        return self._known

    def of_dois(self, ids: Iterable[int]) -> dict[int, Found]:
        """The same for ids of DOIs; unknown ones are left out."""
        found: dict[int, Found] = {}
        for some in in_chunks(ids, AT_ONCE):
            for _, repository_id, doi_id, record_id, published, *states in _dois(Doi.id.in_(some)):
                found[doi_id] = _found(repository_id, doi_id, record_id is None or published, *states)
        ended = usage_end.requested_at([number for number, one in found.items() if one.until != usage_rule.NEVER])
        return {number: one._replace(until=ended.get(number, one.until)) for number, one in found.items()}

    def _look_up(self, subjects: list[Subject]) -> None:
        for subject in subjects:
            repository_id = self._codes.get(subject[0], 0)
            reason = Reason.UNKNOWN_ID if repository_id else Reason.UNKNOWN_REPOSITORY
            self._known[subject] = Found(repository_id, 0, reason.value)
        self._by_doi([subject for subject in subjects if subject[1] == DOI])
        for code, repository_id in self._codes.items():
            if named := {key: (own, kind, key) for own, kind, key in subjects if own == code and kind != DOI}:
                self._by_object_id(repository_id, named)
        self._end_tombstones(subjects)

    def _end_tombstones(self, subjects: list[Subject]) -> None:
        """Hits of tombstones count until the request."""
        ended = {found.doi_id for found in map(self._known.__getitem__, subjects) if found.until != usage_rule.NEVER}
        for number, time in usage_end.requested_at(sorted(ended)).items():
            for subject in subjects:
                if self._known[subject].doi_id == number:
                    self._known[subject] = self._known[subject]._replace(until=time)

    def _by_doi(self, subjects: list[Subject]) -> None:
        folded = [identifiers.fold(key) for _, _, key in subjects]
        rows = {row[0]: row[1:] for row in _dois(Doi.folded.in_(folded))}
        for subject, own in zip(subjects, folded, strict=True):
            if own in rows:
                repository_id, doi_id, record_id, published, *states = rows[own]
                # A DOI without a record (adopted) is public: DataCite has it.
                self._known[subject] = _found(repository_id, doi_id, record_id is None or published, *states)

    def _by_object_id(self, repository_id: int, subjects: dict[str, Subject]) -> None:
        # `models.IS_KEPT` says why the word stands in the statement.
        for object_id, _, *found in _records("record.object_id", list(subjects), f"repository_id = {repository_id:d}"):
            self._known[subjects[object_id]] = _found(repository_id, *found)
        missing = [key for key, subject in subjects.items() if self._known[subject].reason == Reason.UNKNOWN_ID.value]
        if spelled := {key: identifiers.fold(doi) for key in missing if (doi := identifiers.parse_doi(key))}:
            self._by_spelling(repository_id, subjects, spelled)

    def _by_spelling(self, repository_id: int, subjects: dict[str, Subject], spelled: dict[str, str]) -> None:
        """Object ids that are DOIs, in another spelling: `spelled` are their folded forms."""
        rows = {row[:2]: row[2:] for row in _records(_FOLDED, list(set(spelled.values())), _IS_DOI)}
        for key, folded in spelled.items():
            if found := rows.get((folded, repository_id)):
                self._known[subjects[key]] = _found(repository_id, *found)


def _dois(condition: Any) -> Iterable[Any]:
    """(folded, repository, id, record, published, remote, wanted) of the DOIs of which `condition` is true."""
    columns = (Doi.folded, Doi.repository, Doi.id, Doi.record, Record.published, Doi.remote, Doi.wanted)
    query: Any = Doi.select(*columns).join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id)
    return list(query.where(condition).tuples())


def _records(column: str, values: list[str], condition: str) -> list[Any]:
    """(value of `column`, repository, DOI id, published, remote, wanted) of the records with one of `values` there."""
    # Plain SQL: peewee would make an object of each of 500 values.
    found = raw_sql.execute(
        f"SELECT {column}, record.repository_id, doi.id, record.published, doi.remote, doi.wanted FROM record"
        " LEFT JOIN doi ON doi.record_id = record.id AND doi.wanted <> 'abandoned'"
        f" WHERE {column} IN ({', '.join(['{p}'] * len(values))}) AND record.{condition}",
        *values,
    )
    return list(found.fetchall())


def _found(repository_id: int, doi_id: int | None, published: bool, remote: str | None, wanted: str | None) -> Found:
    states = wanted or "", remote or ""
    if usage_rule.is_reported(*states, published):
        return Found(repository_id, doi_id or 0, NEW, usage_rule.counts_until(states[0], None))
    return Found(repository_id, doi_id or 0, (Reason.NOT_MINTED if published else Reason.UNPUBLISHED).value)

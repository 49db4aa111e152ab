"""The DOI string of a record: generated or taken over once, stored before anything is sent, never computed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.models import IS_KEPT, Doi, Record
from doitui_core.dois import activity_log, datacite_document, doi_rows
from doitui_core.domain import doi_paths, doi_spelling, identifiers
from doitui_core.domain.states import Remote, Wanted
from doitui_core.errors import DoiTaken, DoituiError, InvalidDoi, NotFound, Refused
from doitui_core.metadata import build

_OF_RECORD = prepared.Select(lambda record_id: Doi.select().where(Doi.record == record_id, IS_KEPT), int)
_OF_RECORDS = prepared.Select(lambda ids: Doi.select().where(Doi.record.in_(ids), IS_KEPT), tuple)
_BY_STRINGS = prepared.Select(lambda folded: Doi.select().where(Doi.folded.in_(folded)), list)
_RECORD = prepared.Select(lambda record_id: Record.select().where(Record.id == record_id), int, lock=True)


def for_record(record: Record) -> Doi | None:
    """The record's DOI; None where it has none or an abandoned one."""
    return _OF_RECORD.first(record.id)


def for_records(record_ids: Sequence[int]) -> dict[int, Doi]:
    """By record id the DOIs of those that have one, as `for_record`."""
    return {row.record_id: row for row in _OF_RECORDS.all(record_ids) if row.record_id}


def by_strings(dois: Iterable[str]) -> dict[str, Doi]:
    """By folded DOI the rows of those that exist."""
    folded = {found for doi in dois if database.storable(found := identifiers.fold(doi))}
    return {row.folded: row for row in _BY_STRINGS.all(sorted(folded))}


def lock_record(record: Record) -> Record:
    """The record as it is now, locked until the transaction ends. Always before its DOI's row: no deadlock."""
    row = _RECORD.first(record.id)
    if row is None:
        raise NotFound(f"record {record.object_id} was deleted concurrently")
    return row


def reserve(record: Record, *, actor: str = "python") -> Doi:
    """Generate and store the record's DOI string; it never changes.

    Raises `Refused` when it has a DOI (ours or a foreign one), `Misconfigured` without a usable prefix, `DoiTaken`.
    """
    config = repositories.config(record.repository)
    with database.write():
        record = lock_record(record)
        _refuse_second(record)
        return create(record, config, actor)


def check(record: Record) -> str:
    """The DOI `reserve` would store. Raises as `reserve`."""
    _refuse_second(record)
    return preview(record)


def _refuse_second(record: Record) -> None:
    if (row := for_record(record)) is not None:
        raise Refused(f"record {record.object_id} has the DOI {row.doi} already", "has_doi")


def create(record: Record, config: Config, actor: str, because: str = "") -> Doi:
    """`reserve` for a locked record without a DOI. Inside `database.write()`. `because`: the setting that asks for it,
    for the logs; empty where a person does.
    """
    try:
        row = _store(record, _generated(record, config), config, Remote.NONE, actor, because)
    except DoituiError as error:
        activity_log.not_generated(record.object_id, error, because)
        raise
    activity_log.generated(row.doi, record.object_id, because)
    return row


def preview(record: Record) -> str:
    """The record's DOI, or the one `reserve` would generate. Raises as `reserve`."""
    row = for_record(record)
    if row is not None:
        doi_paths.check_sendable(row.doi)
        return row.doi
    generated = _generated(record, repositories.config(record.repository))
    _refuse_taken(record.object_id, generated, _other(generated))
    return generated


def refuse_foreign(record: Record) -> None:
    """Raise `Refused` for a record whose DOI another agency or account registered."""
    if record.foreign_doi:
        raise Refused(
            f"record {record.object_id} has the foreign DOI {record.foreign_doi}; we do not register it", "foreign_doi"
        )


def _generated(record: Record, config: Config) -> str:
    refuse_foreign(record)
    parts = {
        "prefix": config.require_prefix(),
        "repository_code": config.code,
        "year": database.now().year,
        "object_id": record.object_id,
        "id": record.object_id,
        "local_prefix": config.text("local_prefix"),
    }
    return config.generator().generate(parts)


class DocumentDoi(StrEnum):
    """Whose DOI a record's document names."""

    NEW = "new"  # under our prefix, not stored yet
    OWN = "own"  # the record's own
    FOREIGN = "foreign"


def assign(record: Record, doi: str, config: Config, actor: str) -> Doi:
    """Store the DOI of a locked record that has none, chosen by a person. Inside `database.write()`. Raises `DoiTaken`,
    `InvalidDoi`.
    """
    return _store(record, identifiers.validate(doi), config, Remote.UNKNOWN, actor, "assigned by hand")


def adopted(record: Record, doi: str, config: Config, known: Mapping[str, Any]) -> Doi:
    """The row of a DOI that is `DocumentDoi.NEW`, for `doi_rows.insert_all`. `known`: the record's attributes."""
    return _new(record, identifiers.validate(doi), config, Remote.UNKNOWN, known)


def check_adoptable(
    row: Doi | None, other: Doi | None, object_id: str, doi: str, config: Config, *, ours: bool = False
) -> DocumentDoi:
    """Whose `doi`, named by a record's document, is. `row`: the record's DOI; `other`: the row of `doi`; `ours`: it is
    in our account, whatever its prefix.

    A record keeps its DOI when prefix or local prefix change. Raises `Refused` when it has another one, `DoiTaken`,
    `InvalidDoi`.
    """
    if doi_paths.dot_segment(doi_spelling.bare(doi)):  # in any DOI; those of other agencies may hold // and end in /
        doi_paths.check(doi)
    if row is not None:
        if row.folded != identifiers.fold(doi):
            raise Refused(f"record {object_id} has the DOI {row.doi}, but its document names {doi}", "has_doi")
        return DocumentDoi.OWN
    if ours or config.is_ours(doi):
        _refuse_taken(object_id, identifiers.validate(doi), other)
        return DocumentDoi.NEW
    if not identifiers.parse_doi(doi):
        raise InvalidDoi(
            f"{doi!r} in the document of record {object_id} is no DOI: fix it, or import with --doi ignore"
        )
    _refuse_taken(object_id, doi, other if other and other.repository_id == config.repository_id else None)
    return DocumentDoi.FOREIGN


def _store(record: Record, doi: str, config: Config, remote: Remote, actor: str, detail: str = "") -> Doi:
    row = _new(record, doi, config, remote, datacite_document.attributes(record, config))
    if not doi_rows.insert_all([row], actor, "reserve", detail):  # the unique index decides, also between processes
        _refuse_taken(record.object_id, doi, _other(doi))
        raise Refused(f"record {record.object_id}: its DOI was created concurrently: retry", "has_doi")
    return row


def _new(record: Record, doi: str, config: Config, remote: Remote, known: Mapping[str, Any]) -> Doi:
    now = database.now()
    return Doi(
        doi=doi,
        folded=identifiers.fold(doi),
        repository=config.repository_id,
        record=record.id,
        remote=str(remote),
        url=datacite_document.landing_page(record, config),
        current_hash=build.fingerprint(datacite_document.document(record, doi, config, known)),
        created_at=now,
        updated_at=now,
    )


def _other(doi: str) -> Doi | None:
    return by_strings([doi]).get(identifiers.fold(doi))


def _refuse_taken(object_id: str, doi: str, other: Doi | None) -> None:
    """Raise `DoiTaken` where there is an `other` row of the DOI."""
    if other is None:
        return
    owner = f"record {other.record.object_id}" if other.record else "no record"
    abandoned = ", abandoned and never used again" if other.wanted == Wanted.ABANDONED else ""
    case = f" ({doi} is the same DOI: case does not matter)" if other.doi != doi else ""
    raise DoiTaken(
        f"record {object_id} cannot have {other.doi}: it is the DOI of {owner}{case}{abandoned};"
        " give its document another DOI (`doi`), or change suffix_pattern"
    )


def refresh(record: Record, config: Config) -> None:
    """Store the fingerprint of the record's current content with its DOI, which shows "changed since sent".

    Inside `database.write()`, with a record written or locked in it.
    """
    row = for_record(record)
    if row is not None:
        refresh_row(row, record, config, datacite_document.attributes(record, config))


def refresh_row(row: Doi, record: Record, config: Config, known: Mapping[str, Any]) -> None:
    """`refresh` for the DOI `row` of a record with the attributes `known`."""
    document = datacite_document.document(record, row.doi, config, known, tombstone=row.wanted == Wanted.TOMBSTONE)
    current, url = build.fingerprint(document), document["url"] or ""
    if (current, url) != (row.current_hash, row.url):
        row = doi_rows.lock(row.id)
        error: dict[str, Any] = {"cause": row.cause, "detail": row.last_error}
        columns: dict[str, Any] = {"current_hash": current, "url": url}
        doi_rows.write(row, doi_rows.facts(row), actor="record", action="content", **error, **columns)

"""Which DOI a record has: made or taken over once, kept before anything is sent, and never computed again."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.models import IS_KEPT, Doi, Record
from doitui_core.dois import activity_log, documents, doi_rows
from doitui_core.domain import doi_paths, doi_spelling, identifiers
from doitui_core.domain.states import Remote, Wanted
from doitui_core.errors import DoiTaken, DoituiError, InvalidDoi, NotFound, Refused
from doitui_core.metadata import build

_OF_RECORD = prepared.Select(lambda record_id: Doi.select().where(Doi.record == record_id, IS_KEPT), int)
_BY_STRING = prepared.Select(lambda folded: Doi.select().where(Doi.folded == folded), str)
_FRESH = prepared.Select(lambda record_id: Record.select().where(Record.id == record_id), int, lock=True)


def for_record(record: Record) -> Doi | None:
    """The record's DOI, unless it was abandoned."""
    return _OF_RECORD.first(record.id)


def fresh(record: Record) -> Record:
    """The record as it is now, held until the transaction ends. Always before its DOI's row, so nothing deadlocks."""
    row = _FRESH.first(record.id)
    if row is None:
        raise NotFound(f"record {record.object_id} was deleted this moment")
    return row


def reserve(record: Record, *, actor: str = "python") -> Doi:
    """Decide and keep the record's DOI string now. From here on it never changes.

    Raises `Refused` when it has one (ours or a foreign one), `Misconfigured` without a usable prefix, `DoiTaken`.
    """
    config = repositories.config(record.repository)
    with database.write():
        record = fresh(record)
        _refuse_second(record)
        return create(record, config, actor)


def check(record: Record) -> str:
    """The DOI `reserve` would keep. Raises as `reserve`; nothing is changed."""
    _refuse_second(record)
    return preview(record)


def _refuse_second(record: Record) -> None:
    if (row := for_record(record)) is not None:
        raise Refused(f"record {record.object_id} has the DOI {row.doi} already", "has_doi")


def create(record: Record, config: Config, actor: str) -> Doi:
    """`reserve` for a `fresh` record that has no DOI. Inside `database.write()`."""
    try:
        row = _store(record, _generated(record, config), config, Remote.NONE, actor)
    except DoituiError as error:
        activity_log.not_generated(record.object_id, error)
        raise
    activity_log.generated(row.doi, record.object_id)
    return row


def preview(record: Record) -> str:
    """The DOI the record has, or would get if it were reserved now. Raises as `reserve`."""
    row = for_record(record)
    if row is not None:
        doi_paths.check_sendable(row.doi)
        return row.doi
    made = _generated(record, repositories.config(record.repository))
    _refuse_taken(record.object_id, made)
    return made


def _generated(record: Record, config: Config) -> str:
    if record.foreign_doi:
        raise Refused(
            f"record {record.object_id} has the foreign DOI {record.foreign_doi}; we do not register it", "foreign_doi"
        )
    generate = identifiers.generator(config.text("generator"))
    parts = {
        "prefix": config.require_prefix(),
        "repository_code": config.code,
        "year": database.now().year,
        "object_id": record.object_id,
        "id": record.object_id,
        "local_prefix": config.text("local_prefix"),
    }
    return generate(config.suffix_pattern, parts)


class Brought(StrEnum):
    """What a DOI is that a record's document names."""

    NEW = "new"  # ours, and still to be kept for the record
    OWN = "own"  # the one the record has
    FOREIGN = "foreign"


def adopt_string(record: Record, doi: str, config: Config, actor: str) -> None:
    """Keep a DOI that is `Brought.NEW`. Inside `database.write()`. Raises as `check_adoptable`."""
    _store(record, identifiers.validate(doi), config, Remote.UNKNOWN, actor)


def check_adoptable(stored: Record | None, object_id: str, doi: str, config: Config) -> Brought:
    """What `doi` is, which the document of a record names; `stored`: that record, where there is one.

    The DOI a record has stays its own, whatever became of prefix and local prefix since. Changes nothing.
    Raises `Refused` when the record has another one, `DoiTaken`, `InvalidDoi`.
    """
    if doi_paths.dot_segment(doi_spelling.bare(doi)):  # in anybody's DOI; other agencies' may hold // and end in /
        doi_paths.check(doi)
    row = for_record(stored) if stored is not None else None
    if row is not None:
        if row.folded != identifiers.fold(doi):
            raise Refused(f"record {object_id} has the DOI {row.doi}; {doi} in its document is another one", "has_doi")
        return Brought.OWN
    if config.is_ours(doi):
        _refuse_taken(object_id, identifiers.validate(doi))
        return Brought.NEW
    if not identifiers.parse_doi(doi):
        raise InvalidDoi(
            f"{doi!r} in the document of record {object_id} is no DOI: mend it, or import with --doi ignore"
        )
    _refuse_taken(object_id, doi, config.repository_id)
    return Brought.FOREIGN


def _store(record: Record, doi: str, config: Config, remote: Remote, actor: str) -> Doi:
    now = database.now()
    row = Doi(
        doi=doi,
        folded=identifiers.fold(doi),
        repository=config.repository_id,
        record=record.id,
        remote=str(remote),
        url=documents.landing_page(record, config),
        current_hash=build.fingerprint(documents.document(record, doi, config)),
        created_at=now,
        updated_at=now,
    )
    _refuse_taken(record.object_id, doi)
    if not doi_rows.insert(row, actor, "reserve"):  # another process was faster: the unique index decides
        raise Refused(
            f"record {record.object_id}: its DOI was made by somebody else this moment; look again", "has_doi"
        )
    return row


def _refuse_taken(object_id: str, doi: str, repository_id: int = 0) -> None:
    """`repository_id`: only a DOI of that repository counts as taken."""
    taken = _BY_STRING.first(identifiers.fold(doi))
    if taken is None or repository_id not in (0, taken.repository_id):
        return
    owner = f"record {taken.record.object_id}" if taken.record else "no record"
    burnt = ", abandoned and never used again" if taken.wanted == Wanted.ABANDONED else ""
    case = f" ({doi} is the same DOI: upper and lower case make no difference)" if taken.doi != doi else ""
    raise DoiTaken(
        f"record {object_id} cannot have {taken.doi}: it is the DOI of {owner}{case}{burnt};"
        " put a DOI of its own into its document (`doi`), or change suffix_pattern"
    )


def refresh(record: Record, config: Config) -> None:
    """Tell the record's DOI what its content is now, so that "changed since sent" is a fact.

    Inside `database.write()`, with a record that was written or made `fresh` in it.
    """
    row = for_record(record)
    if row is None:
        return
    document = documents.document(record, row.doi, config, tombstone=row.wanted == Wanted.TOMBSTONE)
    current, url = build.fingerprint(document), document["url"] or ""
    if (current, url) != (row.current_hash, row.url):
        row = doi_rows.lock(row.id)
        columns: dict[str, Any] = {"current_hash": current, "url": url}
        doi_rows.write(
            row,
            doi_rows.facts(row),
            actor="record",
            action="content",
            cause=row.cause,
            detail=row.last_error,
            **columns,
        )

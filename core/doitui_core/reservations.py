"""Which DOI a record has: made or taken over once, kept before anything is sent, and never computed again."""

from __future__ import annotations

from typing import Any

from doitui_core import activity, database, documents, identifiers, ledger, repositories, statements
from doitui_core.errors import DoiTaken, NotFound, Refused
from doitui_core.metadata import build
from doitui_core.models import IS_KEPT, Doi, Record
from doitui_core.repositories import Config
from doitui_core.states import Remote, Wanted

_OF_RECORD = statements.Select(lambda record_id: Doi.select().where(Doi.record == record_id, IS_KEPT), int)
_BY_STRING = statements.Select(lambda folded: Doi.select().where(Doi.folded == folded), str)
_FRESH = statements.Select(lambda record_id: Record.select().where(Record.id == record_id), int, lock=True)


def of_record(record: Record) -> Doi | None:
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
        return make(record, config, actor)


def check(record: Record) -> str:
    """The DOI `reserve` would keep. Raises as `reserve`; nothing is changed."""
    _refuse_second(record)
    return preview(record)


def _refuse_second(record: Record) -> None:
    if (row := of_record(record)) is not None:
        raise Refused(f"record {record.object_id} has the DOI {row.doi} already", "has_doi")


def make(record: Record, config: Config, actor: str) -> Doi:
    """`reserve` for a `fresh` record that has no DOI. Inside `database.write()`."""
    with activity.generating(record.object_id):
        row = _keep(record, _generated(record, config), config, Remote.NONE, actor)
    activity.generated(row)
    return row


def preview(record: Record) -> str:
    """The DOI the record has, or would get if it were reserved now. Raises as `reserve`."""
    row = of_record(record)
    if row is not None:
        return row.doi
    made = _generated(record, repositories.config(record.repository))
    _refuse_taken(record, identifiers.fold(made))
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
    return generate(config.text("suffix_pattern"), parts)


def bring(record: Record, doi: str, config: Config, actor: str) -> None:
    """Keep the DOI a record brought with it, if it is under our prefix; a foreign one stands in the record only.

    Inside `database.write()`. Raises as `check_brought`.
    """
    if check_brought(record, doi, config):
        _keep(record, identifiers.validate(doi), config, Remote.UNKNOWN, actor)


def check_brought(record: Record, doi: str, config: Config) -> bool:
    """Whether `doi` is ours and still to be kept for the record. Changes nothing.

    Raises `Refused` when the record has another one, `DoiTaken`, `InvalidDoi`.
    """
    row = of_record(record) if record.id else None
    if row is None and config.is_ours(doi):
        _refuse_taken(record, identifiers.fold(identifiers.validate(doi)))
        return True
    if row is not None and row.folded != identifiers.fold(doi):
        raise Refused(
            f"record {record.object_id} has the DOI {row.doi}; {doi} in its document is another one", "has_doi"
        )
    return False


def _keep(record: Record, doi: str, config: Config, remote: Remote, actor: str) -> Doi:
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
    _refuse_taken(record, row.folded)
    if not ledger.insert(row, actor, "reserve"):  # another process was faster: the unique index decides
        raise Refused(
            f"record {record.object_id}: its DOI was made by somebody else this moment; look again", "has_doi"
        )
    return row


def _refuse_taken(record: Record, folded: str) -> None:
    taken = _BY_STRING.first(folded)
    if taken is None:
        return
    owner = f"record {taken.record.object_id}" if taken.record else "no record"
    burnt = ", abandoned and never used again" if taken.wanted == Wanted.ABANDONED else ""
    raise DoiTaken(
        f"record {record.object_id} cannot have {taken.doi}: it is the DOI of {owner}{burnt};"
        " change suffix_pattern, or give the record a DOI of its own"
    )


def refresh(record: Record, config: Config) -> None:
    """Tell the record's DOI what its content is now, so that "changed since sent" is a fact.

    Inside `database.write()`, with a record that was written or made `fresh` in it.
    """
    row = of_record(record)
    if row is None:
        return
    document = documents.document(record, row.doi, config, tombstone=row.wanted == Wanted.TOMBSTONE)
    current, url = build.fingerprint(document), document["url"] or ""
    if (current, url) != (row.current_hash, row.url):
        row = ledger.lock(row.id)
        columns: dict[str, Any] = {"current_hash": current, "url": url}
        ledger.write(
            row, ledger.facts(row), actor="record", action="content", cause=row.cause, detail=row.last_error, **columns
        )

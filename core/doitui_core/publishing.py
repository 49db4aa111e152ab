"""What happens to a record as a whole: published, unpublished, deleted; and what that does to its DOI.

To unpublish a record does nothing to its DOI (as in OPUS 4). To delete one ends its DOI: what was registered becomes a
tombstone, and the record stays, unpublished, because the tombstone's page tells of it; what was not is given up.
"""

from __future__ import annotations

from doitui_core import database, dois, ledger, record_merge, reservations, statements
from doitui_core.models import Doi, Funding, Record
from doitui_core.states import Wanted

REASON = "The record was deleted."


def publish(record: Record, *, on: bool = True) -> bool:
    """Make the record published, or with `on=False` unpublished; whether that changed anything. It stays so, whatever
    an import of its document says.
    """
    with database.write():
        row = reservations.fresh(record)
        changed = bool(row.published) != on
        row.set_by_hand = record_merge.with_hand(row.set_by_hand, "published")
        if changed:
            row.published, row.updated_at = on, database.now()
        statements.update(row)
    return changed


def fate(record: Record) -> str:
    """What `delete` would do with the record's DOI: tombstone, abandon, or nothing. Raises `Refused` as `delete`."""
    row = reservations.of_record(record)
    if row is None or row.wanted == Wanted.TOMBSTONE:
        return "nothing"
    if ledger.facts(row).minted:
        return "tombstone"
    dois.check_abandon(row.doi)
    return "abandon"


def delete(record: Record, *, reason: str = REASON, actor: str = "python") -> str:
    """Delete the record; what became of its DOI, as `fate` says.

    Raises `Refused` while nobody knows what became of the DOI's last write.
    """
    with database.write():
        row = reservations.fresh(record)
        doi, what = reservations.of_record(row), fate(row)
        if doi is not None and what == "tombstone":
            dois.deactivate(doi.doi, reason=reason, actor=actor)
        if doi is not None and what == "abandon":
            dois.abandon(doi.doi, actor=actor)
        if what == "tombstone" or (doi is not None and what == "nothing"):
            publish(row, on=False)
            return what
        Doi.update(record=None).where(Doi.record == row.id).execute()
        Funding.delete().where(Funding.record == row.id).execute()
        Record.delete().where(Record.id == row.id).execute()
    return what

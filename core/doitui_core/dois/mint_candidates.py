"""The records that may be minted, and records by id. Imports nothing of minting itself, which takes 0.3 s to load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import peewee

from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import IS_KEPT, Doi, Record, Repository
from doitui_core.domain.states import LADDER, Wanted

#: Records read at once.
CHUNK = 500


def mintable(repository: str, target: Wanted) -> peewee.ModelSelect[Record]:
    """Records without a DOI, or whose DOI is below `target`."""
    minted = [str(rung) for rung in LADDER[LADDER.index(target) :]]
    query = (
        Record.select(Record, Repository)
        .join(Repository)
        .switch(Record)
        .join(Doi, peewee.JOIN.LEFT_OUTER, on=(Doi.record == Record.id) & IS_KEPT)
        .where(Doi.id.is_null() | Doi.status.not_in([*minted, "tombstone"]))
        .order_by(Record.id)
    )
    return query.where(Repository.code == repository) if repository else query


def by_ids(ids: Iterable[int]) -> Iterator[Record]:
    """The records with these ids, read in chunks; without deleted ones."""
    for chunk in in_chunks(ids, CHUNK):
        found = Record.select(Record, Repository).join(Repository).where(Record.id.in_(chunk)).order_by(Record.id)
        # A list: while a select is open, SQLite does not wait for other writers.
        yield from list(found)

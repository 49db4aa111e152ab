"""The records that may be minted, and the records of given ids: `bulk_mint` takes no rows of a screen.

Without what a mint itself needs, a third of a second that no list should wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import peewee

from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import IS_KEPT, Doi, Record, Repository
from doitui_core.domain.states import LADDER, Wanted

#: Records read at once.
CHUNK = 500


def mintable(repository: str, target: Wanted) -> peewee.ModelSelect[Record]:
    """Records whose DOI is below `target`, with no DOI or one of ours; published ones, all for a draft."""
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
    """The records of these ids, read some at a time. Who is gone meanwhile is left out."""
    for chunk in in_chunks(ids, CHUNK):
        found = Record.select(Record, Repository).join(Repository).where(Record.id.in_(chunk)).order_by(Record.id)
        # Read to the end: under a select that is still open SQLite would not wait for another writer.
        yield from list(found)

"""The records that may be minted, and those behind what was chosen of them: `batch` takes no rows of a screen.

Without what a mint itself needs, a third of a second that no list should wait for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee

from doitui_core.models import Doi, Record, Repository
from doitui_core.states import LADDER, Wanted

if TYPE_CHECKING:
    from doitui_core.windows import Window

#: Records read at once.
CHUNK = 500


def below(repository: str, target: Wanted) -> peewee.ModelSelect[Record]:
    """Records whose DOI is below `target`, with no DOI or one of ours; published ones, all for a draft."""
    minted = [str(rung) for rung in LADDER[LADDER.index(target) :]]
    query = (
        Record.select(Record, Repository)
        .join(Repository)
        .switch(Record)
        .join(Doi, peewee.JOIN.LEFT_OUTER, on=(Doi.record == Record.id) & (Doi.wanted != str(Wanted.ABANDONED)))
        .where(Doi.id.is_null() | Doi.status.not_in([*minted, "tombstone"]))
        .order_by(Record.id)
    )
    return query.where(Repository.code == repository) if repository else query


def records(window: Window, ids: list[int] | None) -> list[Record]:
    """The records of these ids, or all of `window`, in its order. Who is gone meanwhile is left out."""
    if ids is None:
        ids = [row["id"] for chunk in window.chunks() for row in chunk]
    return [record for begin in range(0, len(ids), CHUNK) for record in _some(ids[begin : begin + CHUNK])]


def _some(ids: list[int]) -> list[Record]:
    return list(Record.select(Record, Repository).join(Repository).where(Record.id.in_(ids)).order_by(Record.id))


def record(record_id: int) -> Record:
    """That record."""
    row: Record = Record.get_by_id(record_id)
    return row

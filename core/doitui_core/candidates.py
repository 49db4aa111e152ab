"""The records behind what was chosen to be minted: rows of a screen are not what `batch` takes."""

from __future__ import annotations

from doitui_core.models import Record, Repository
from doitui_core.windows import Window

#: Records read at once.
CHUNK = 500


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

"""Hits that came before their record or its DOI: they are kept with their id, and counted once the DOI is minted.

A log or spool may be read before records are imported and minted, or after: the counts are the same. Hits of
unpublished records are not among them: they are visits of those who prepare the record.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from doitui_core.db import database, raw_sql
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Repository
from doitui_core.usage import hits
from doitui_core.usage.counter import Reason
from doitui_core.usage.subjects import NEW, Found, Subject, Subjects
from doitui_core.usage.zone import Zone
from doitui_middleware.spool_line import DOI, OBJECT_ID

#: As in the index `usage_hit_late`: literals, so that both databases use it.
_LATE = f"reason IN ('{Reason.UNKNOWN_ID}', '{Reason.NOT_MINTED}')"

#: Ids looked up at once, and hits moved in one transaction.
AT_ONCE, BATCH = 5_000, 5_000

_SOURCE = hits.COLUMNS.index("source")


class _Late(NamedTuple):
    """Whose hits they are: of the reserved DOI `doi_id`, or of the id `subject` (then `doi_id` is 0)."""

    repository_id: int
    subject: str
    doi_id: int


def find() -> int:
    """Give late hits to the DOIs that are minted by now, and mark their hours to be counted; how many hits.

    `recount.due` counts them. Raises `Misconfigured` as `hits.current_zone`.
    """
    statement = f"SELECT DISTINCT repository_id, subject, doi_id FROM usage_hit WHERE {_LATE} ORDER BY 1, 2, 3"
    waiting = [_Late(*row) for row in raw_sql.execute(statement).fetchall()]
    if not waiting:
        return 0
    zone, subjects = hits.current_zone(), Subjects()
    codes = {row.id: row.code for row in Repository.select()}
    return sum(
        _move(late, found, zone)
        for some in in_chunks(waiting, AT_ONCE)
        for late, found in _countable(some, subjects, codes)
    )


_looked = threading.local()


def find_if_minted() -> int:
    """`find`, unless no DOI was minted since this thread's last call: cheap enough for each minute of a worker."""
    newest = raw_sql.execute("SELECT MAX(minted_at) FROM doi").fetchone()[0]
    if getattr(_looked, "newest", None) == (database.current().url, newest):
        return 0
    found = find()
    _looked.newest = database.current().url, newest
    return found


def _countable(waiting: Iterable[_Late], subjects: Subjects, codes: dict[int, str]) -> Iterator[tuple[_Late, Found]]:
    """Those of `waiting` whose hits may count now, with their DOI."""
    ids: dict[_Late, list[Subject]] = {}
    reserved = subjects.of_dois([late.doi_id for late in waiting if late.doi_id])
    for late in waiting:
        if code := codes.get(late.repository_id, ""):
            ids[late] = [] if late.doi_id else [(code, kind, late.subject) for kind in (OBJECT_ID, DOI)]
    known = subjects.find([subject for each in ids.values() for subject in each])
    for late, each in ids.items():
        candidates = [reserved[late.doi_id]] if late.doi_id in reserved else [known[subject] for subject in each]
        for found in candidates:
            if found.reason == NEW and found.repository_id == late.repository_id:
                yield late, found
                break


def _move(late: _Late, found: Found, zone: Zone) -> int:
    """Store the hits of `late` as hits of its DOI, with new ids: only an id after `counted_to` is counted. How many."""
    moved, last = 0, 0
    while rows := _rows(late, last):
        last = rows[-1][0]
        with database.write():
            # Once more, and locked: another process may have moved them meanwhile.
            chosen = [row for row in _rows(late, rows[0][0] - 1, lock=True) if found.reason_at(row[1]) == NEW]
            for _, of_a_source in groupby(sorted(chosen, key=_by_source), key=_by_source):
                moved += _store(list(of_a_source), found, zone)
    return moved


def _by_source(row: Any) -> str:
    return str(row[1 + _SOURCE])


def _rows(late: _Late, after: int, *, lock: bool = False) -> list[Any]:
    """(id, columns of a hit) of the next hits of `late`."""
    locking = database.current().dialect.locking if lock else ""
    statement = f"SELECT id, {', '.join(hits.COLUMNS)} FROM usage_hit WHERE {_LATE} AND repository_id = {{p}}"
    statement += f" AND subject = {{p}} AND doi_id = {{p}} AND id > {{p}} ORDER BY id LIMIT {BATCH}{locking}"
    return list(raw_sql.execute(statement, *late, after).fetchall())


def _store(rows: list[Any], found: Found, zone: Zone) -> int:
    columns = hits.COLUMNS
    values = {"doi_id": found.doi_id, "subject": "", "reason": NEW}
    moved = [[values.get(name, value) for name, value in zip(columns, row[1:], strict=True)] for row in rows]
    hits.store(moved, zone)
    for some in in_chunks([int(row[0]) for row in rows], raw_sql.AT_ONCE):
        raw_sql.execute(f"DELETE FROM usage_hit WHERE id IN ({', '.join(map(str, some))})")
    return len(moved)

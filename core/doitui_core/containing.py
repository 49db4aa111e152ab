"""A text somewhere in a row. No index knows; so rows are read along until enough of them hold it.

In two ways, because what is found soon must not wait for the whole table, and what stands at its far end must not be
looked for row by row (measured on a million DOIs, PostgreSQL: 0.1 s the one way, 1.2 s the other, 2 to 4 s where the
planner is left to guess which).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from doitui_core.models import Doi, Job, Record

#: Rows looked at one by one before tables are read from end to end.
NEAR = 10_000


def first(walk: Any, holding: Any, far: Any, order: Sequence[Any], limit: int) -> list[int]:
    """The ids of the first `limit` rows of `walk` that hold the text; all three are queries of ids without an order.

    `walk`: the rows, whatever they hold. `holding`: all rows of the table that hold the text. `far`: those of `walk`
    that do, asked so that reading all of them is quick.
    """
    near = walk.order_by(*order).limit(NEAR)
    found = _ids(holding.where(walk.model.id.in_(near)).order_by(*order).limit(limit))
    if len(found) == limit or near.count() < NEAR:
        return found
    return _ids(far.order_by(*order).limit(limit))


def _ids(query: Any) -> list[int]:
    return [id_ for (id_,) in query.tuples()]


def in_doi(text: str) -> Any:
    """Whether a DOI's name, its record's object id or title hold `text`; on a query that has `Record` joined."""
    return Doi.doi.contains(text) | in_record(text)


def in_doi_anywhere(text: str) -> Any:
    """As `in_doi`, each table read by itself: an OR over both would be asked of each pair of rows."""
    holding = Record.select(Record.id).where(in_record(text))
    return Doi.id.in_(_dois_named(text) | Doi.select(Doi.id).where(Doi.record.in_(holding)))


def in_job(text: str) -> Any:
    """Whether the DOI's name or the last error of a job hold `text`; on a query that has `Doi` joined."""
    return Doi.doi.contains(text) | Job.last_error.contains(text)


def in_job_anywhere(text: str) -> Any:
    """As `in_job`, each table read by itself."""
    about = Job.select(Job.id).where(Job.subject_id.in_(_dois_named(text)))
    return Job.id.in_(Job.select(Job.id).where(Job.last_error.contains(text)) | about)


def _dois_named(text: str) -> Any:
    """By the folded name, which stands in an index of its own, that is shorter than the table."""
    return Doi.select(Doi.id).where(Doi.folded.contains(text))


def in_record(text: str) -> Any:
    """Whether its object id or title hold `text`."""
    return Record.object_id.contains(text) | Record.title.contains(text)

"""A text somewhere in a row. No index knows; so rows are read along until enough of them hold it.

In two ways, because what is found soon must not wait for the whole table, and what stands at its far end must not be
looked for row by row (measured on a million DOIs, PostgreSQL: 0.1 s the one way, 1.2 s the other, 2 to 4 s where the
planner is left to guess which).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from doitui_core.db import database
from doitui_core.db.models import IS_KEPT, Doi, Event, Job, Record
from doitui_core.domain.states import DoiStatus

#: Rows looked at one by one before tables are read from end to end.
NEAR = 10_000


def first_matching(walk: Any, matching: Any, far: Any, order: Sequence[Any], limit: int) -> list[int]:
    """The ids of the first `limit` rows of `walk` that hold the text; all three are queries of ids without an order.

    `walk`: the rows, whatever they hold. `matching`: all rows of the table that hold the text. `far`: those of `walk`
    that do, asked so that reading all of them is quick.
    """
    near = walk.order_by(*order).limit(NEAR)
    found = _ids(matching.where(walk.model.id.in_(near)).order_by(*order).limit(limit))
    if len(found) == limit or near.count() < NEAR:
        return found
    return _ids(far.order_by(*order).limit(limit))


def _ids(query: Any) -> list[int]:
    return [id_ for (id_,) in query.tuples()]


def in_doi(text: str) -> Any:
    """Whether a DOI's name, its record's object id or title hold `text`; on a query that has `Record` joined."""
    return contains(Doi.folded, text) | in_record(text)


def in_doi_anywhere(text: str) -> Any:
    """As `in_doi`, each table read by itself: an OR over both would be asked of each pair of rows."""
    return Doi.id.in_(_matching_names(text) | dois_of_records(in_record(text)))


def dois_of_records(wanted: Any) -> Any:
    """The ids of the DOIs whose record is as `wanted`, a condition on `Record`. All DOIs need not be read for a few."""
    records = Doi.record.in_(Record.select(Record.id).where(wanted))
    # Each with an index of its own: `doi_of_record` leaves the abandoned ones out.
    living = Doi.select(Doi.id).where(records, Doi.record.is_null(False), IS_KEPT)
    return living | Doi.select(Doi.id).where(records, Doi.status == str(DoiStatus.ABANDONED))


def in_job(text: str) -> Any:
    """Whether the DOI's name or the last error of a job hold `text`; on a query that has `Doi` joined."""
    return contains(Doi.folded, text) | contains(Job.last_error, text)


def in_job_anywhere(text: str) -> Any:
    """As `in_job`, each table read by itself."""
    about = Job.select(Job.id).where(Job.subject_id.in_(_matching_names(text)))
    return Job.id.in_(Job.select(Job.id).where(contains(Job.last_error, text)) | about)


def _matching_names(text: str) -> Any:
    """By the folded names, which stand in an index of their own, that is shorter than the table; read by itself, for
    only SQLite finds the ids there too.
    """
    name = Doi.alias("name")
    return Doi.select(Doi.id).where(Doi.folded.in_(name.select(name.folded).where(contains(name.folded, text))))


def in_record(text: str) -> Any:
    """Whether its object id or title hold `text`."""
    return contains(Record.object_id, text) | contains(Record.title, text)


def in_event(text: str) -> Any:
    """Whether subject, object or last error of an event hold `text`."""
    return contains(Event.subj_id, text) | contains(Event.obj_id, text) | contains(Event.last_error, text)


def contains(column: Any, text: str) -> Any:
    """Whether `column` holds `text`, whatever the case of its ASCII letters."""
    return database.current().dialect.contains(column, text)

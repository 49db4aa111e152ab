"""Windows into long lists: rows forwards or backwards from a key, how many rows there are, the key of a rank.

`lists` gives pages to read on; a window is what a screen shows of a list that changes while it is open. A key is a
tuple, in the order of the list.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from doitui_core import clock
from doitui_core.db import database
from doitui_core.db.chunks import Step, to_the_end
from doitui_core.db.models import Doi, Event, Job, Record, Repository
from doitui_core.dois import check_basis
from doitui_core.dois.mint_candidates import mintable
from doitui_core.domain import identifiers, states
from doitui_core.domain.job_kinds import JobKind, Service
from doitui_core.domain.states import DoiStatus, Wanted
from doitui_core.queue import retry_causes
from doitui_core.views import doi_conditions, rows, text_search
from doitui_core.views.filters import Filter
from doitui_core.views.rows import DoiRow, EventRow, JobRow, PulledRow, RecordRow

Row = DoiRow | JobRow | EventRow | PulledRow | RecordRow
Key = tuple[int | str, ...]

#: Orders of the DOI list: columns of the key. Each is an index, so every page costs what the first one does.
DOI_ORDERS: dict[str, tuple[Any, ...]] = {"minted": (Doi.minted_at, Doi.id), "doi": (Doi.folded,)}

#: Ids read at once.
PAGE = 20_000

#: The highest character: after all strings with the same beginning.
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Window:
    """The rows that match a filter, in the order of `columns`. `ids`: the query of their ids, without order; `read`:
    the rows for a condition and an order.

    `counters`: names of the counters that have the number of rows, () where rows must be counted. `anywhere`: a
    condition for the filter's text that is faster than that of `ids` where a whole table must be read.
    """

    filter: Filter
    ids: Callable[[Filter], Any]
    read: Callable[[Any, Sequence[Any]], Sequence[Row]]
    columns: tuple[Any, ...]
    backwards: bool = True
    counters: tuple[str, ...] = ()
    anywhere: Callable[[str], Any] | None = None

    def key(self, row: Any) -> Key:
        """The key of a row of this window."""
        return _key(getattr(row, column.name) for column in self.columns)

    def after(self, key: Key | None, limit: int | None, *, including: bool = False) -> list[Any]:
        """Up to `limit` rows (None: all) after `key`, or from it if `including`; from the first row without a key."""
        return self._rows(key, limit, self.backwards, including)

    def before(self, key: Key | None, limit: int, *, including: bool = False) -> list[Any]:
        """Up to `limit` rows before `key`, in the list's order; the last ones without a key."""
        return self._rows(key, limit, not self.backwards, including)[::-1]

    def at(self, rank: int) -> Key | None:
        """The key of the row with so many before it; None past the end."""
        query = self.ids(self.filter).select(*self.columns).order_by(*self._order(self.backwards)).offset(rank).limit(1)
        found = list(query.tuples())
        return _key(found[0]) if found else None

    def count(self) -> int:
        """How many rows there are: from the counters where they know, else counted."""
        if self.counters:
            return sum(sum(database.counts(name).values()) for name in self.counters)
        return int(self._all().count())

    def in_front(self, key: Key) -> int:
        """How many rows come before `key`."""
        return int(self.ids(self.filter).where(self._beyond(key, not self.backwards, False)).count())

    def all_ids(self, only: Any = None, step: Step = to_the_end) -> array[int]:
        """The ids of all rows, or of those that meet a condition, in the list's order, at eight bytes a row: for
        actions that change the list itself. Stops when `step` returns False. Call it inside `database.read()`.
        """
        found, key = array("q"), None
        while step(0) is not False and (page := self._id_page(key, only)):
            found.extend(row[0] for row in page)
            key = _key(page[-1][1:])
        return found

    def _id_page(self, key: Key | None, only: Any) -> list[tuple[Any, ...]]:
        """Ids with their keys, after `key`."""
        query = self._all() if only is None else self._all().where(only)
        if key is not None:
            query = query.where(self._beyond(key, self.backwards, False))
        query = query.select(query.model.id, *self.columns)
        return list(query.order_by(*self._order(self.backwards)).limit(PAGE).tuples())

    def _rows(self, key: Key | None, limit: int | None, backwards: bool, including: bool) -> list[Any]:
        order = self._order(backwards)

        def beyond(query: Any) -> Any:
            return query if key is None else query.where(self._beyond(key, backwards, including))

        # The ids first: with joins and an order in one query, SQLite sorts whole tables for a page.
        if limit is None:
            ids: Any = beyond(self._all())
        elif self.filter.text:
            candidates, matching = beyond(self.ids(self.filter.without_text)), self.ids(self.filter)
            ids = text_search.first_matching(candidates, matching, beyond(self._all()), order, limit)
        else:
            ids = beyond(self.ids(self.filter)).order_by(*order).limit(limit)
        return list(self.read(self.columns[0].model.id.in_(ids), order))

    def _all(self) -> Any:
        """The ids of all rows, by the query that reads whole tables fastest."""
        if self.filter.text and self.anywhere:
            return self.ids(self.filter.without_text).where(self.anywhere(self.filter.text))
        return self.ids(self.filter)

    def _order(self, backwards: bool) -> list[Any]:
        return [column.desc() if backwards else column.asc() for column in self.columns]

    def _beyond(self, key: Key, backwards: bool, including: bool) -> Any:
        ours, theirs = _tuple(self.columns), _tuple(key)
        if backwards:
            return ours <= theirs if including else ours < theirs
        return ours >= theirs if including else ours > theirs


def _tuple(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else peewee.Tuple(*parts)


def _key(values: Iterable[Any]) -> Key:
    return tuple(value if isinstance(value, int | str) else clock.micros(value) for value in values)


def dois(filter_: Filter, *, order: str = "minted", backwards: bool = True) -> Window:
    """DOIs. `order`: one of `DOI_ORDERS`."""
    if "doi" in filter_.fields:
        # DOIs with the same beginning are neighbours in the order of strings only.
        order, backwards = "doi", order == "doi" and backwards
    counters, anywhere = _doi_counters(filter_), text_search.in_doi_anywhere
    return Window(filter_, _ids_of_dois, rows.dois, DOI_ORDERS[order], backwards, counters, anywhere)


def _doi_counters(filter_: Filter) -> tuple[str, ...]:
    if not filter_:
        return ("doi.",)
    if not filter_.text and set(filter_.fields) == {"opus"} and filter_.fields["opus"] in states.OPUS:
        return (f"opus.{filter_.fields['opus']}",)
    if filter_.text or set(filter_.fields) != {"state"}:
        return ()
    state = filter_.fields["state"]
    if state in list(DoiStatus):
        return (f"doi.{state}",)
    return (f"mark.{state}",) if state in ("uncertain", "changed") else ()


def _ids_of_dois(filter_: Filter) -> Any:
    query, fields = Doi.select(Doi.id), filter_.fields
    if filter_.text or fields.get("published") == "yes":
        query = query.join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id).switch(Doi)
    if "state" in fields:
        query = query.where(doi_conditions.in_state(fields["state"]))
    if "opus" in fields:
        query = query.where(doi_conditions.OPUS[fields["opus"]])
    if fields.get("published") == "yes":
        query = query.where(Record.published == True)  # noqa: E712
    elif "published" in fields:
        query = query.where(doi_conditions.OPUS["unpublished"])
    return _matching(query, filter_, {}, text_search.in_doi)


def _matching(
    query: Any,
    filter_: Filter,
    columns: dict[str, Any],
    in_row: Callable[[str], Any],
    of_dois: Callable[[Any], Any] = lambda begins: begins,
) -> Any:
    """`query` where the `columns` have the values of the filter's fields, the repository and the beginning of the DOI
    are the filter's, and its text is `in_row`. `of_dois`: the rows of the DOIs that meet a condition.
    """
    fields = filter_.fields
    for name, column in columns.items():
        if name in fields:
            query = query.where(column == fields[name])
    if "repo" in fields:
        query = query.where(query.model.repository == _repository_id(fields["repo"]))
    if "doi" in fields:
        query = query.where(of_dois(_doi_begins(fields["doi"])))
    return query.where(in_row(filter_.text)) if filter_.text else query


def _doi_begins(text: str) -> Any:
    """The DOIs that begin with `text`, in any spelling: a range of the index on their folded form."""
    start = identifiers.fold(text)
    return (Doi.folded >= start) & (Doi.folded < start + _LAST)


def _repository_id(code: str) -> int:
    """0, which no row has, for an unknown code: the list is then empty."""
    return int(Repository.select(Repository.id).where(Repository.code == code).scalar() or 0)


def jobs(filter_: Filter, *, service: Service = Service.DOIS, backwards: bool = True) -> Window:
    """Jobs of a service, by number."""

    def ids(filter_: Filter) -> Any:
        return _ids_of_jobs(filter_, service)

    def read(which: Any, order: Sequence[Any]) -> Sequence[Row]:
        return rows.jobs(which, order, service=service)

    counters = _job_counters(filter_, service)
    return Window(filter_, ids, read, (Job.id,), backwards, counters, text_search.in_job_anywhere)


def _job_counters(filter_: Filter, service: Service) -> tuple[str, ...]:
    """A prefix for each kind of the service."""
    if filter_.text or set(filter_.fields) - {"status"}:
        return ()
    return tuple(f"job.{kind}.{filter_.fields.get('status', '')}" for kind in JobKind if kind.service is service)


def _ids_of_jobs(filter_: Filter, service: Service) -> Any:
    query, fields = Job.select(Job.id).where(Job.lane == str(service)), filter_.fields
    if filter_.text or "doi" in fields:
        query = query.join(Doi, on=Job.subject_id == Doi.id).switch(Job)
    if "cause" in fields:
        query = query.where(retry_causes.has_cause(fields["cause"]))
    columns = {"status": Job.status, "action": Job.action}
    return _matching(query, filter_, columns, text_search.in_job)


def events(filter_: Filter, *, backwards: bool = True) -> Window:
    """Events, by number."""
    is_counted = not filter_.text and not set(filter_.fields) - {"state"}
    counters = (f"event.{filter_.fields.get('state', '')}",) if is_counted else ()
    return Window(filter_, _ids_of_events, rows.events, (Event.id,), backwards, counters)


def _ids_of_events(filter_: Filter) -> Any:
    columns = {"state": Event.state, "cause": Event.cause, "source": Event.source_id}
    columns["relation"] = Event.relation_type_id

    def of_dois(begins: Any) -> Any:
        return Event.doi.in_(Doi.select(Doi.id).where(begins))

    return _matching(Event.select(Event.id), filter_, columns, text_search.in_event, of_dois)


def records(filter_: Filter) -> Window:
    """Records, newest first."""

    def ids(filter_: Filter) -> Any:
        query, fields = Record.select(Record.id), filter_.fields
        return query.where(Record.repository == _repository_id(fields["repo"])) if "repo" in fields else query

    return Window(filter_, ids, rows.records, (Record.id,))


#: Orders of the mint list, each an index: oldest first, and by the field that DataCite would reject.
CANDIDATE_ORDERS: dict[str, tuple[Any, ...]] = {"imported": (Record.id,), "check": (Record.check_field, Record.id)}


def candidates(filter_: Filter, target: str, *, order: str = "imported", backwards: bool = False) -> Window:
    """Records whose DOI is below `target` (as `mint_candidates.mintable`): what a mint would take. `order`: one of
    `CANDIDATE_ORDERS`.
    """

    def ids(filter_: Filter) -> Any:
        query = mintable(filter_.fields.get("repo", ""), Wanted(target)).order_by()
        if "published" in filter_.fields:
            query = query.where(Record.published == (filter_.fields["published"] == "yes"))
        if "check" in filter_.fields:
            query = query.where(check_basis.condition(filter_.fields["check"], check_basis.by_repository()))
        if filter_.text:
            query = query.where(text_search.in_record(filter_.text))
        return query.select(Record.id)

    return Window(filter_, ids, rows.records, CANDIDATE_ORDERS[order], backwards)

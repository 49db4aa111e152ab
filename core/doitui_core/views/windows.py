"""Windows into long lists: any stretch of rows, forwards or backwards from a key; how many rows; the key of a rank.

`lists` gives pages to read on; a window is what a screen shows of a list that moves while it is looked at. A row is a
dict with its `id` and its `key` (a tuple, in the order of the list).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from doitui_core import clock
from doitui_core.db import database
from doitui_core.db.chunks import Step, to_the_end
from doitui_core.db.models import Doi, Event, Job, Record, Repository
from doitui_core.dois.mint_candidates import mintable
from doitui_core.domain import identifiers, states
from doitui_core.domain.job_kinds import JobKind, Service
from doitui_core.domain.states import DoiStatus, Wanted
from doitui_core.queue.jobs import IS_UNSETTLED
from doitui_core.views import lists, text_search
from doitui_core.views.filters import Filter

Row = dict[str, Any]
Key = tuple[int | str, ...]

#: Orders of the DOI list: columns of the key. Each is an index, so every page costs what the first one does.
DOI_ORDERS: dict[str, tuple[Any, ...]] = {"minted": (Doi.minted_at, Doi.id), "doi": (Doi.folded,)}

#: Ids read at once.
PAGE = 20_000

#: As in the index `job_by_cause`.
_HAS_CAUSE = Job.cause != peewee.SQL("''")

#: The highest character: the end of all strings that begin alike.
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Window:
    """The rows that are `wanted`, in one order. `ids`: query of the ids a filter wants; `whole`: query of all that rows
    show, of every row there is; both without order.

    `counters`: the name of the counter that knows how many rows there are, () where they must be counted. `anywhere`: a
    condition for the text of `wanted` that is quicker than that of `ids` where a whole table must be read.
    """

    wanted: Filter
    ids: Callable[[Filter], Any]
    whole: Callable[[], Any]
    columns: tuple[Any, ...]
    backwards: bool
    row: Callable[[Any], Row]
    counters: tuple[str, ...] = ()
    anywhere: Callable[[str], Any] | None = None

    def after(self, key: Key | None, limit: int, *, including: bool = False) -> list[Row]:
        """Up to `limit` rows behind `key` (with it, if `including`), from the beginning without one."""
        return self._rows(key, limit, self.backwards, including)

    def before(self, key: Key | None, limit: int, *, including: bool = False) -> list[Row]:
        """Up to `limit` rows in front of `key`, in the list's order; the last ones without a key."""
        return self._rows(key, limit, not self.backwards, including)[::-1]

    def at(self, rank: int) -> Key | None:
        """The key of the row with so many in front of it; None past the end."""
        query = self.ids(self.wanted).select(*self.columns).order_by(*self._order(self.backwards)).offset(rank).limit(1)
        found = list(query.tuples())
        return _key(found[0]) if found else None

    def count(self) -> int:
        """How many rows there are: off the counters where they know, else counted."""
        if self.counters:
            return sum(sum(database.counts(name).values()) for name in self.counters)
        return int(self._all().count())

    def in_front(self, key: Key) -> int:
        """How many rows stand in front of `key`: those that came since it was the first one."""
        return int(self.ids(self.wanted).where(self._beyond(key, not self.backwards, False)).count())

    def all_ids(self, only: Any = None, step: Step = to_the_end) -> array[int]:
        """The ids of all rows, or of those a condition is true of, in the list's order: for an act under which the list
        itself changes. Eight bytes a row. Where `step` answers False it ends there. Inside `database.read()`.
        """
        found, key = array("q"), None
        while step(0) is not False and (page := self._id_page(key, only)):
            found.extend(row[0] for row in page)
            key = _key(page[-1][1:])
        return found

    def _id_page(self, key: Key | None, only: Any) -> list[tuple[Any, ...]]:
        """Ids with their keys, behind `key`."""
        query = self._all() if only is None else self._all().where(only)
        if key is not None:
            query = query.where(self._beyond(key, self.backwards, False))
        query = query.select(query.model.id, *self.columns)
        return list(query.order_by(*self._order(self.backwards)).limit(PAGE).tuples())

    def _rows(self, key: Key | None, limit: int, backwards: bool, including: bool) -> list[Row]:
        order = self._order(backwards)

        def beyond(query: Any) -> Any:
            return query if key is None else query.where(self._beyond(key, backwards, including))

        # The ids first: with joins and an order in one query, SQLite sorts whole tables for a page.
        if self.wanted.text:
            walk, holding = beyond(self.ids(self.wanted.without_text)), self.ids(self.wanted)
            ids: Any = text_search.first_matching(walk, holding, beyond(self._all()), order, limit)
        else:
            ids = beyond(self.ids(self.wanted)).order_by(*order).limit(limit)
        whole = self.whole()
        return [self.row(row) for row in whole.where(whole.model.id.in_(ids)).order_by(*order).namedtuples()]

    def _all(self) -> Any:
        """The ids of all rows that are wanted, asked for so that reading whole tables is quick."""
        if self.wanted.text and self.anywhere:
            return self.ids(self.wanted.without_text).where(self.anywhere(self.wanted.text))
        return self.ids(self.wanted)

    def _order(self, backwards: bool) -> list[Any]:
        return [column.desc() if backwards else column.asc() for column in self.columns]

    def _beyond(self, key: Key, backwards: bool, including: bool) -> Any:
        ours, theirs = _tuple(self.columns), _tuple(key)
        if backwards:
            return ours <= theirs if including else ours < theirs
        return ours >= theirs if including else ours > theirs


def _tuple(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else peewee.Tuple(*parts)


def _key(values: Sequence[Any]) -> Key:
    return tuple(value if isinstance(value, int | str) else clock.micros(value) for value in values)


def dois(wanted: Filter, *, order: str = "minted", backwards: bool = True) -> Window:
    """DOIs with what stands beside them: record, repository, open job. `order`: minted or doi."""
    if "doi" in wanted.fields:
        # The strings that begin so stand together in the order of strings, and nowhere else.
        order, backwards = "doi", order == "doi" and backwards
    columns = DOI_ORDERS[order]

    def whole() -> Any:
        unsettled = (Job.subject_id == Doi.id) & (Job.kind == str(JobKind.WRITE)) & IS_UNSETTLED
        query = Doi.select(
            *(Doi.id, Doi.doi, Doi.folded, Doi.status, Doi.wanted, Doi.remote, Doi.certainty, Doi.verification),
            *(Doi.api_check, Doi.resolver_check, Doi.changed, Doi.minted_at, Doi.updated_at, Doi.url, Doi.cause),
            *(Doi.last_error, Repository.code.alias("code"), Record.object_id.alias("object_id")),
            *(Record.title.alias("title"), Job.status.alias("job_status"), Job.last_error.alias("job_error")),
        ).join(Repository, on=Doi.repository == Repository.id)
        query = query.switch(Doi).join(Job, peewee.JOIN.LEFT_OUTER, on=unsettled).switch(Doi)
        return query.join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id)

    def row(found: Any) -> Row:
        key = tuple(getattr(found, column.name) for column in columns)
        return {
            "id": found.id,
            "key": _key(key),
            "doi": found.doi,
            "status": found.status,
            "marks": lists.marks(found),
            "verification": found.verification,
            "repository": found.code,
            "object_id": found.object_id or "",
            "title": found.title or "",
            "minted_at": found.minted_at,
            "updated_at": found.updated_at,
            "url": found.url,
            "error": found.job_error or found.last_error,
        }

    counters = _doi_counters(wanted)
    return Window(wanted, _ids_of_dois, whole, columns, backwards, row, counters, text_search.in_doi_anywhere)


def _doi_counters(wanted: Filter) -> tuple[str, ...]:
    if not wanted:
        return ("doi.",)
    if not wanted.text and set(wanted.fields) == {"opus"} and wanted.fields["opus"] in states.OPUS:
        return (f"opus.{wanted.fields['opus']}",)
    if wanted.text or set(wanted.fields) != {"state"}:
        return ()
    state = wanted.fields["state"]
    if state in list(DoiStatus):
        return (f"doi.{state}",)
    return (f"mark.{state}",) if state in ("uncertain", "changed") else ()


def _ids_of_dois(wanted: Filter) -> Any:
    query, fields = Doi.select(Doi.id), wanted.fields
    if wanted.text or fields.get("published") == "yes":
        query = query.join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id).switch(Doi)
    if "state" in fields:
        query = query.where(lists.FILTERS.get(fields["state"], Doi.status == fields["state"]))
    if "opus" in fields:
        query = query.where(lists.OPUS[fields["opus"]])
    if fields.get("published") == "yes":
        query = query.where(Record.published == True)  # noqa: E712
    elif "published" in fields:
        query = query.where(lists.OPUS["unpublished"])
    if "repo" in fields:
        query = query.where(Doi.repository == _repository_id(fields["repo"]))
    if "doi" in fields:
        query = query.where(_doi_begins(fields["doi"]))
    if wanted.text:
        query = query.where(text_search.in_doi(wanted.text))
    return query


def _doi_begins(text: str) -> Any:
    """The DOIs that begin with `text`, in any spelling: a range, which the index on their folded form answers."""
    start = identifiers.fold(text)
    return (Doi.folded >= start) & (Doi.folded < start + _LAST)


def _repository_id(code: str) -> int:
    """0, which no row has, for a code that is none: an empty list says so better than an error would."""
    return int(Repository.select(Repository.id).where(Repository.code == code).scalar() or 0)


def jobs(wanted: Filter, *, backwards: bool = True) -> Window:
    """Jobs that write or verify DOIs, by number: newest first, or oldest first."""

    def whole() -> Any:
        query = Job.select(
            Job,
            *(Doi.doi.alias("doi"), Record.object_id.alias("object_id"), Record.title.alias("title")),
            Repository.code.alias("code"),
        ).join(Repository, on=Job.repository == Repository.id)
        query = query.switch(Job).join(Doi, on=Job.subject_id == Doi.id)
        return query.join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id)

    def row(found: Any) -> Row:
        names = ("kind", "action", "status", "attempts", "max_attempts", "scheduled_at", "created_at", "finished_at")
        more = {name: getattr(found, name) for name in (*names, "lease_until", "worker", "actor", "cause", "doi")}
        beside = {"object_id": found.object_id or "", "title": found.title or "", "repository": found.code}
        return {"id": found.id, "key": (found.id,), "error": found.last_error} | more | beside

    counters = _job_counters(wanted)
    return Window(wanted, _ids_of_jobs, whole, (Job.id,), backwards, row, counters, text_search.in_job_anywhere)


def _job_counters(wanted: Filter) -> tuple[str, ...]:
    """A prefix for each kind of the lane."""
    if wanted.text or set(wanted.fields) - {"status"}:
        return ()
    return tuple(f"job.{kind}.{wanted.fields.get('status', '')}" for kind in JobKind if kind.service is Service.DOIS)


def _ids_of_jobs(wanted: Filter) -> Any:
    query, fields = Job.select(Job.id).where(Job.lane == str(Service.DOIS)), wanted.fields
    if wanted.text or "doi" in fields:
        query = query.join(Doi, on=Job.subject_id == Doi.id).switch(Job)
    for name, column in (("status", Job.status), ("cause", Job.cause), ("action", Job.action)):
        if name in fields:
            query = query.where(column == fields[name])
    if "cause" in fields:
        query = query.where(_HAS_CAUSE)
    if "repo" in fields:
        query = query.where(Job.repository == _repository_id(fields["repo"]))
    if "doi" in fields:
        query = query.where(_doi_begins(fields["doi"]))
    if wanted.text:
        query = query.where(text_search.in_job(wanted.text))
    return query


def events(wanted: Filter, *, backwards: bool = True) -> Window:
    """Events, by number: newest first, or oldest first."""

    def whole() -> Any:
        query = Event.select(Event, Repository.code.alias("code"), Doi.doi.alias("about"))
        query = query.join(Repository, on=Event.repository == Repository.id).switch(Event)
        return query.join(Doi, on=Event.doi == Doi.id)

    def row(found: Any) -> Row:
        names = ("state", "relation_type_id", "obj_id", "source_id", "origin", "in_metadata", "total", "cause")
        more = {name: getattr(found, name) for name in (*names, "submitted_total", "attempts", "response_status")}
        times = {name: getattr(found, name) for name in ("created_at", "updated_at", "submitted_at")}
        beside = {
            "doi": found.about,
            "doi_id": found.doi,
            "subject": found.subj_id,
            "repository": found.code,
            "error": found.last_error,
        }
        return {"id": found.id, "key": (found.id,)} | more | times | beside

    counted = not wanted.text and not set(wanted.fields) - {"state"}
    counters = (f"event.{wanted.fields.get('state', '')}",) if counted else ()
    return Window(wanted, _ids_of_events, whole, (Event.id,), backwards, row, counters)


def _ids_of_events(wanted: Filter) -> Any:
    query, fields = Event.select(Event.id), wanted.fields
    columns = {
        "state": Event.state,
        "cause": Event.cause,
        "source": Event.source_id,
        "relation": Event.relation_type_id,
    }
    for name, column in columns.items():
        if name in fields:
            query = query.where(column == fields[name])
    if "repo" in fields:
        query = query.where(Event.repository == _repository_id(fields["repo"]))
    if "doi" in fields:
        query = query.where(Event.doi.in_(Doi.select(Doi.id).where(_doi_begins(fields["doi"]))))
    if wanted.text:
        query = query.where(text_search.in_event(wanted.text))
    return query


def candidates(wanted: Filter, target: str) -> Window:
    """Records whose DOI is below `target` (as `mint_candidates.mintable`), oldest first: what a mint would take."""

    def ids(wanted: Filter) -> Any:
        query = mintable(wanted.fields.get("repo", ""), Wanted(target)).order_by()
        if "published" in wanted.fields:
            query = query.where(Record.published == (wanted.fields["published"] == "yes"))
        if wanted.text:
            query = query.where(text_search.in_record(wanted.text))
        return query.select(Record.id)

    def row(found: Any) -> Row:
        return {
            "id": found.id,
            "key": (found.id,),
            "object_id": found.object_id,
            "repository": found.code,
            "title": found.title,
            "published": found.published,
            "doi": found.doi or found.foreign_doi or "",
            "status": "foreign" if found.foreign_doi else found.status or "none",
        }

    return Window(wanted, ids, lists.records_with_dois, (Record.id,), False, row)

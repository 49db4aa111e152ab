"""Usage events: for each DOI an event for each total since the beginning, with its landing page as object.

DataCite replaces the total of an event that it has (datacite-api 3.2), so a total may go out twice and counts once. An
event is identified by its object too, so a DOI whose landing page has moved keeps its first object: otherwise its views
would be submitted twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from typing import NamedTuple

from doitui_core import clock, gc_pause
from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database, parallel, raw_sql
from doitui_core.db.chunks import by_key, in_chunks
from doitui_core.db.models import Event, Repository
from doitui_core.domain import event_kinds
from doitui_core.domain.counter_terms import COLUMNS, METRICS
from doitui_core.domain.event import EventValue, Origin, subject
from doitui_core.domain.states import MINTED
from doitui_core.domain.usage_rule import is_reported
from doitui_core.events.store import NewEvent, StoreResult, save

#: DOIs looked at in one go.
AT_ONCE = 1000

#: Days that are looked at where nothing else is known: what arrives later is submitted with the next use of its DOI.
LATELY = 35

#: The actor of these events.
ACTOR = "usage"

#: Threads that read and write.
THREADS = 2


class _Portion(NamedTuple):
    """Some DOIs of a repository, by their ids; ids of others, which no use was counted for, do no harm."""

    config: Config
    ids: Sequence[int]


class _UsedDoi(NamedTuple):
    """A DOI with counts. `page`: the address of its record."""

    id: int
    doi: str
    url: str
    page: str
    object_id: str


def refresh(days: int | None = None) -> StoreResult:
    """Store the events of the counted usage; those whose totals are known already cost no write.

    `days`: only of DOIs that were used in the last `days`, which is quick. Raises `Misconfigured` for a repository
    whose settings cannot be read.
    """

    def refreshed(portions: Iterator[_Portion]) -> StoreResult:
        result = StoreResult()
        for portion in portions:
            if changed := _changed_events(portion):
                attempts = portion.config.number("max_attempts")
                result += save(changed, Origin.USAGE, actor=ACTOR, max_attempts=attempts)
        return result

    with gc_pause.paused():
        return sum(parallel.run_parallel(refreshed, _portions(days), THREADS), StoreResult())


def changed_events() -> Iterator[list[NewEvent]]:
    """The events of usage that are new or have grown, some at a time. A read."""
    return filter(None, map(_changed_events, _portions()))


def with_current_total(row: Event) -> Event:
    """An event of usage, unsaved, with the total that it would have after a `refresh`. A read."""
    for one in _changed_events(_Portion(repositories.config(row.repository), [row.doi_id])):
        if one.event.dedupe_hash == row.dedupe_hash and one.event.total != row.total:
            row.total, row.occurred_at = one.event.total, database.now()
    return row


def _used_dois(days: int) -> list[int]:
    """Ids of the DOIs with counts of the last days, on whatever clock those are counted."""
    since = (database.now() - clock.EPOCH).days - days
    rows = raw_sql.execute("SELECT DISTINCT doi_id FROM usage_count WHERE day >= {p} ORDER BY doi_id", since)
    return [number for (number,) in rows.fetchall()]


def _portions(days: int | None = None) -> Generator[_Portion, None, None]:
    used = None if days is None else _used_dois(days)
    for repository in list(Repository.select().order_by(Repository.id)):  # threads take turns in here, a cursor has one
        config = repositories.config(repository)
        if _switched_on(config):
            for ids in _every(repository.id) if used is None else in_chunks(used, AT_ONCE):
                yield _Portion(config, ids)


def _switched_on(config: Config) -> frozenset[str]:
    return event_kinds.parse_kinds(config.text("event_sources_on")) & event_kinds.USAGE_RELATIONS


def _every(repository_id: int) -> Iterator[Sequence[int]]:
    """In the order of their ids. By themselves: a planner without statistics would join all that comes after them."""
    page = f"SELECT id FROM doi WHERE repository_id = {{p}} AND id > {{p}} ORDER BY id LIMIT {AT_ONCE}"

    def read(after: int) -> list[int]:
        return [number for (number,) in raw_sql.execute(page, repository_id, after).fetchall()]

    return by_key(read, int)


def _reported(portion: _Portion) -> list[_UsedDoi]:
    """Those with counts that are reported (`usage_rule`). Past peewee, which needs longer for a thousand numbers than
    the database.
    """
    remotes = ", ".join(f"'{word}'" for word in MINTED)
    rows = raw_sql.execute(
        "SELECT doi.wanted, doi.remote, record.published, doi.id, doi.doi, doi.url, record.url, record.object_id"
        f" FROM doi JOIN record ON doi.record_id = record.id WHERE {_among('doi.id', portion.ids)}"
        f" AND doi.repository_id = {{p}} AND doi.remote IN ({remotes})"
        " AND EXISTS (SELECT 1 FROM usage_count WHERE usage_count.doi_id = doi.id) ORDER BY doi.id",
        portion.config.repository_id,
    )
    found = rows.fetchall()
    return [_UsedDoi(*row) for wanted, remote, published, *row in found if is_reported(wanted, remote, published == 1)]


def _changed_events(portion: _Portion) -> list[NewEvent]:
    """The events that are new or have another total."""
    rows = _reported(portion)
    if not rows:
        return []
    config, on = portion.config, _switched_on(portion.config)
    ids = [row.id for row in rows]
    source, now = config.text("event_source_usage"), clock.iso(database.now()) or ""
    known, totals = _known(ids, source), _totals(ids)
    changed = []
    for row in rows:
        had = known.get(row.id, {})
        page = _page(row, had, config)
        for event in usage_events(row.doi, page, totals[row.id], source=source, on=on, occurred_at=now):
            total = had.get((event.relation_type_id, event.obj_id))
            if total != event.total:
                changed.append(NewEvent(event, row.id, config.repository_id, unseen=total is None))
    return changed


#: (metric type, access method) -> count, as ("unique-dataset-requests", "regular").
Totals = Mapping[tuple[str, str], int]


def usage_events(
    doi: str, landing_page: str, totals: Totals, *, source: str, on: Collection[str], occurred_at: str = ""
) -> list[EventValue]:
    """An event for each count above zero whose relation type is `on` (`event_kinds.parse_kinds`); none without a page.

    `landing_page` goes out as it is. Raises `InvalidDoi`; `KeyError` for an unknown metric or access method.
    """
    subj_id, obj_id = subject(doi), landing_page.strip()
    payload = {"subj": {"@id": subj_id}, "obj": {"@id": obj_id}}
    return [
        EventValue(subj_id, event_kinds.USAGE[counted], obj_id, source, total, occurred_at, payload)
        for counted, total in totals.items()
        if event_kinds.USAGE[counted] in on and total > 0 and obj_id
    ]


#: What the store has of a DOI: (relation, object) -> total.
_Had = dict[tuple[str, str], int]


def _known(ids: list[int], source: str) -> dict[int, _Had]:
    found: dict[int, _Had] = {}
    rows = raw_sql.execute(
        f"SELECT doi_id, relation_type_id, obj_id, total FROM event WHERE {_among('doi_id', ids)} AND origin = {{p}}"
        " AND source_id = {p} ORDER BY id DESC",
        *(str(Origin.USAGE), source),
    )
    for doi_id, relation, obj, total in rows.fetchall():
        found.setdefault(doi_id, {})[relation, obj] = total
    return found


def _page(row: _UsedDoi, had: _Had, config: Config) -> str:
    """The object under which its usage is known already, else where the DOI leads (which may not be known)."""
    first = next(reversed(had), ("", ""))[1]
    return first or row.url or row.page or config.landing_page(row.object_id)


def _totals(ids: list[int]) -> dict[int, dict[tuple[str, str], int]]:
    sums = ", ".join(f"SUM({column})" for column in COLUMNS)
    totals: defaultdict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = raw_sql.execute(
        f"SELECT doi_id, access_method, {sums} FROM usage_count WHERE {_among('doi_id', ids)}"
        " GROUP BY doi_id, access_method"
    )
    for doi_id, method, *numbers in rows.fetchall():
        for metric, number in zip(METRICS, numbers, strict=True):
            totals[doi_id][metric, method] = int(number)
    return totals


def _among(column: str, ids: Sequence[int]) -> str:
    """A condition. The bounds say nothing new: but without statistics a planner reads the whole table for a list."""
    return f"{column} BETWEEN {min(ids)} AND {max(ids)} AND {column} IN ({', '.join(map(str, ids))})"

"""What was counted, brought into the store: for each DOI its totals since the beginning.

An event is known by its object too, so a DOI whose landing page has moved keeps the object it began with: else its
views would be told twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from doitui_core import clock, database, garbage, repositories
from doitui_core.events import eligible, kinds
from doitui_core.events.origin import Origin
from doitui_core.events.store import Kept, Told, keep
from doitui_core.events.usage import usage_events
from doitui_core.models import Event, Repository
from doitui_core.repositories import Config
from doitui_core.usage import bulk
from doitui_core.usage.counter import METRICS

#: DOIs looked at in one go.
AT_ONCE = 1000

#: Days that are looked at where nothing else is known: what arrives later is told with the next use of its DOI.
LATELY = 35

#: Who asks for it.
ACTOR = "usage"

#: Where a metric stands in `usage_count`.
_COLUMNS = {metric: metric.replace("-dataset-", "_").replace("-", "_") for metric in METRICS}


#: Events of one repository that are new or have grown.
Batch = tuple[Config, list[Told]]


class _Used(NamedTuple):
    """A DOI with counts. `page`: the address of its record."""

    id: int
    doi: str
    url: str
    page: str
    object_id: str


def refresh(days: int | None = None) -> Kept:
    """Keep the events of the usage that was counted; those whose totals are known already cost no write.

    `days`: only of DOIs that were used in so many last days, which is quick. Raises `Misconfigured` for a repository
    whose settings cannot be read.
    """
    kept = Kept()
    with garbage.many_objects(), _one_ahead(changes(days)) as batches:
        for config, told in batches:
            kept += keep(told, Origin.USAGE, actor=ACTOR, max_attempts=config.number("max_attempts"))
    return kept


@contextmanager
def _one_ahead(batches: Iterator[Batch]) -> Iterator[Iterator[Batch]]:
    """`batches`, the next one read in a thread of its own, while the database writes the one before it."""
    with ThreadPoolExecutor(1) as reader:

        def read() -> Iterator[Batch]:
            coming = reader.submit(next, batches, None)
            while (batch := coming.result()) is not None:
                coming = reader.submit(next, batches, None)
                yield batch

        try:
            yield read()
        finally:
            reader.submit(database.close_thread)


def changes(days: int | None = None) -> Iterator[Batch]:
    """The events of usage that are new or have grown, some at a time. A read."""
    used = None if days is None else _used(days)
    for repository in Repository.select().order_by(Repository.id):
        config = repositories.config(repository)
        on = kinds.switched_on(config.text("event_sources_on"))
        if not on & kinds.USAGE_RELATIONS:
            continue
        for rows in _every(repository.id) if used is None else _those(repository.id, used):
            if told := _told(rows, config, on):
                yield config, told


def renewed(row: Event) -> Event:
    """An event of usage, unsaved, with the total that it would have after a `refresh`. A read."""
    config = repositories.config(row.repository)
    rows = _public(row.repository_id, f"doi.id = {row.doi_id}")
    for one in _told(rows, config, kinds.switched_on(config.text("event_sources_on"))):
        if one.event.dedupe_hash == row.dedupe_hash and one.event.total != row.total:
            row.total, row.occurred_at = one.event.total, database.now()
    return row


def _used(days: int) -> list[int]:
    """Ids of the DOIs with counts of the last days, on whatever clock those are counted."""
    since = (database.now() - clock.EPOCH).days - days
    rows = bulk.execute("SELECT DISTINCT doi_id FROM usage_count WHERE day >= {p} ORDER BY doi_id", since)
    return [number for (number,) in rows.fetchall()]


def _those(repository_id: int, ids: list[int]) -> Iterator[list[_Used]]:
    for start in range(0, len(ids), AT_ONCE):
        if rows := _public(repository_id, f"doi.id IN ({_numbers(ids[start : start + AT_ONCE])})"):
            yield rows


def _every(repository_id: int) -> Iterator[list[_Used]]:
    """Those with counts, in the order of their ids."""
    after, counted = 0, "EXISTS (SELECT 1 FROM usage_count WHERE usage_count.doi_id = doi.id)"
    # The ids by themselves: a planner without statistics would join all that comes after them, at every page.
    page = f"SELECT id FROM doi WHERE repository_id = {{p}} AND id > {{p}} ORDER BY id LIMIT {AT_ONCE}"
    while ids := [number for (number,) in bulk.execute(page, repository_id, after).fetchall()]:
        after = ids[-1]
        if rows := _public(repository_id, f"doi.id IN ({_numbers(ids)}) AND {counted}"):
            yield rows


def _public(repository_id: int, condition: str) -> list[_Used]:
    """DOIs as `eligible.IS_PUBLIC` says. Past peewee, which needs longer for a thousand numbers than the database."""
    remotes = ", ".join(f"'{word}'" for word in eligible.REMOTE)
    rows = bulk.execute(
        "SELECT doi.id, doi.doi, doi.url, record.url, record.object_id FROM doi"
        f" JOIN record ON doi.record_id = record.id WHERE doi.repository_id = {{p}} AND doi.remote IN ({remotes})"
        f" AND record.published = 1 AND {condition} ORDER BY doi.id LIMIT {AT_ONCE}",
        repository_id,
    )
    return [_Used(*row) for row in rows.fetchall()]


def _told(rows: list[_Used], config: Config, on: frozenset[str]) -> list[Told]:
    """The events that are new or have another total."""
    ids = _numbers(row.id for row in rows)
    source, now = config.text("event_source_usage"), clock.iso(database.now()) or ""
    known, totals = _known(ids, source), _totals(ids)
    return [
        Told(event, row.id, config.repository_id)
        for row in rows
        for event in usage_events(
            row.doi, _page(row, known, config), totals[row.id], source=source, on=on, occurred_at=now
        )
        if known.get(row.id, {}).get((event.relation_type_id, event.obj_id)) != event.total
    ]


#: Of each DOI, what the store has: (relation, object) -> total.
_Known = dict[int, dict[tuple[str, str], int]]


def _known(ids: str, source: str) -> _Known:
    found: _Known = {}
    rows = bulk.execute(
        f"SELECT doi_id, relation_type_id, obj_id, total FROM event WHERE doi_id IN ({ids}) AND origin = {{p}}"
        " AND source_id = {p} ORDER BY id DESC",
        *(str(Origin.USAGE), source),
    )
    for doi_id, relation, obj, total in rows.fetchall():
        found.setdefault(doi_id, {})[relation, obj] = total
    return found


def _page(row: _Used, known: _Known, config: Config) -> str:
    """The object under which its usage is known already, else where the DOI leads (which may not be known)."""
    first = next(reversed(known.get(row.id, {})), ("", ""))[1]
    return first or row.url or row.page or config.landing_page(row.object_id)


def _totals(ids: str) -> dict[int, dict[tuple[str, str], int]]:
    sums = ", ".join(f"SUM({column})" for column in _COLUMNS.values())
    totals: defaultdict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = bulk.execute(
        f"SELECT doi_id, access_method, {sums} FROM usage_count WHERE doi_id IN ({ids}) GROUP BY doi_id, access_method"
    )
    for doi_id, method, *numbers in rows.fetchall():
        for metric, number in zip(_COLUMNS, numbers, strict=True):
            totals[doi_id][metric, method] = int(number)
    return totals


def _numbers(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids))

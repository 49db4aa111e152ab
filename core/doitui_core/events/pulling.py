"""What others reported about our DOIs at an Events API - citations above all - stored. Nothing of it is sent.

Asked by prefix and cursor, and remembered: the next pull continues where this one ended, also where it was killed. The
page before the last is read again, because DataCite's index shows some events late. A DOI that became ours after its
prefix was read is asked for by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from doitui_core import clock
from doitui_core.config.repositories import Config
from doitui_core.config.settings import TABLE
from doitui_core.datacite import list_pages
from doitui_core.datacite.event_query import EventQueryClient
from doitui_core.db import database
from doitui_core.db.chunks import in_chunks
from doitui_core.db.event_models import EventPull, PulledEvent
from doitui_core.db.models import Doi, Event, Record, Repository
from doitui_core.domain import identifiers, pulled_events
from doitui_core.domain.pulled_events import OwnEvents, PulledKind, PulledValue
from doitui_core.events import eligible

#: DOIs asked for in one question: an address should not be longer than 2,000 characters.
AT_ONCE = 20

#: More new DOIs than this are not asked for by name: their prefix is read from the beginning.
BY_NAME = 1000

#: Values of one condition.
IN_ONE = 500

#: Only links are asked for: counts of usage would be most of what a prefix has.
RELATIONS = ",".join(sorted(pulled_events.LINKS))


@dataclass(frozen=True, slots=True)
class PullResult:
    """How many events were new, had changed, were known as they are, and were ignored, by reason."""

    stored: int = 0
    updated: int = 0
    unchanged: int = 0
    ignored: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: PullResult) -> PullResult:
        return PullResult(
            self.stored + other.stored,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.ignored + other.ignored,
        )


@dataclass(frozen=True, slots=True)
class _Pull:
    """One pull of one repository. `dry_run`: nothing is stored."""

    query: EventQueryClient
    repository_id: int
    own: OwnEvents
    dry_run: bool
    step: Callable[[int], None]

    def prefix(self, prefix: str, *, full: bool) -> PullResult:
        """The new events of one prefix; all with `full`."""
        result, start = PullResult(), list_pages.FIRST
        before = EventPull.get_or_none(self._is_row(prefix))
        newest = int(Doi.select(Doi.id).order_by(Doi.id.desc()).limit(1).scalar() or 0)
        if before is not None and not full:
            late = _public(self.repository_id, prefix).where(Doi.id > before.newest_doi_id).order_by(Doi.id)
            if late.count() <= BY_NAME:
                start = before.cursor
                for some in in_chunks(list(late), AT_ONCE):
                    result += self._named(some, prefix, start)
        previous = start
        asked = {"prefix": prefix, "relation_type_id": RELATIONS}
        for page in self.query.all_pages(asked, cursor=start):
            result += self._store(page.events, prefix, previous, newest)
            previous = page.cursor
        return result

    def _named(self, some: Sequence[Doi], prefix: str, cursor: str) -> PullResult:
        asked = {"doi": ",".join(row.folded for row in some), "relation_type_id": RELATIONS}
        pages = list(self.query.all_pages(asked))
        found = [event for page in pages for event in page.events]
        return self._store(found, prefix, cursor, some[-1].id)

    def _store(self, events: Sequence[dict[str, Any]], prefix: str, cursor: str, newest: int) -> PullResult:
        """Store a page and, with it, where to continue."""
        if self.dry_run:
            found, ignored = self._about_us(events)
            result = _saved(found, self.repository_id, dry_run=True)
        else:
            with database.write():
                found, ignored = self._about_us(events)
                result = _saved(found, self.repository_id, dry_run=False)
                self._remember(prefix, cursor, newest)
        self.step(len(events))
        return result + PullResult(ignored=ignored)

    def _about_us(self, events: Iterable[dict[str, Any]]) -> tuple[dict[str, tuple[PulledValue, int]], Counter[str]]:
        """Events of others by their hash, each with the id of our DOI; and how many of which kind are ignored."""
        read = [pulled_events.read(event) for event in events]
        ours = self._our_dois({end for event in read if event for end in event.ends})
        kinds = [
            pulled_events.kind(one, frozenset(ours).intersection(one.ends if one else ()), self.own) for one in read
        ]
        hashes = {
            one.dedupe_hash: one for one, kind in zip(read, kinds, strict=True) if one and kind is PulledKind.STORED
        }
        sent = _known(Event, hashes)
        found = {
            key: (one, next(ours[end] for end in one.ends if end in ours))
            for key, one in hashes.items()
            if key not in sent
        }
        ignored = Counter(str(kind) for kind in kinds if kind is not PulledKind.STORED)
        return found, ignored + Counter({str(PulledKind.OURS): len(hashes) - len(found)})

    def _our_dois(self, ends: Iterable[str]) -> dict[str, int]:
        """Those of the canonical ids that are DOIs of the repository, published or not, with their row ids."""
        folded = {identifiers.fold(end): end for end in ends}
        found: dict[str, int] = {}
        for some in in_chunks(folded, IN_ONE):
            query = Doi.select(Doi.folded, Doi.id).where(Doi.folded.in_(some), Doi.repository == self.repository_id)
            rows: Any = query.tuples()
            found |= {folded[doi]: number for doi, number in rows}
        return found

    def _is_row(self, prefix: str) -> Any:
        is_here = (EventPull.repository_id == self.repository_id) & (EventPull.url == self.query.url)
        return is_here & (EventPull.prefix == prefix)

    def _remember(self, prefix: str, cursor: str, newest: int) -> None:
        place = {"repository_id": self.repository_id, "url": self.query.url, "prefix": prefix}
        reached = {"cursor": cursor, "newest_doi_id": newest, "updated_at": database.now()}
        target = [EventPull.repository_id, EventPull.url, EventPull.prefix]
        EventPull.insert(**place, **reached).on_conflict(conflict_target=target, update=reached).execute()


def pull(
    query: EventQueryClient,
    repository: Repository,
    own: OwnEvents,
    *,
    full: bool = False,
    dry_run: bool = False,
    step: Callable[[int], None] = lambda _: None,
) -> PullResult:
    """Read what is new about the DOIs of `repository`, prefix by prefix; each page is stored before the next is read.

    `full`: everything, from the beginning. `step` gets the number of events that were read. Raises as
    `EventQueryClient.all_pages`.
    """
    one = _Pull(query, repository.id, own, dry_run, step)
    return sum((one.prefix(prefix, full=full) for prefix in prefixes(repository.id)), PullResult())


def own_events(config: Config) -> OwnEvents:
    """How the events that this repository sent are recognised. Raises `Misconfigured` for an unreadable token."""
    sources = frozenset({config.text("event_source_relation"), config.text("event_source_usage")})
    token = str(config.settings.secret("event_source_token"))
    # Everybody's default says nothing about who sent an event.
    return OwnEvents(sources, "" if token == TABLE["event_source_token"].default else token)


def prefixes(repository_id: int) -> list[str]:
    """The prefixes of a repository's public DOIs, sorted."""
    found: set[str] = set()
    after = ""
    while row := _public(repository_id).where(Doi.folded > after).order_by(Doi.folded).limit(1).first():
        prefix = row.folded.partition("/")[0]
        found.add(prefix)
        after = f"{prefix}0"  # behind all that begin with the prefix and a slash
    return sorted(found)


def _public(repository_id: int, prefix: str = "") -> Any:
    query = Doi.select(Doi.id, Doi.folded).join(Record, on=Doi.record == Record.id)
    query = query.where(Doi.repository == repository_id, eligible.IS_PUBLIC)
    return query.where(Doi.folded > f"{prefix}/", Doi.folded < f"{prefix}0") if prefix else query


def _known(model: Any, hashes: Iterable[str]) -> dict[str, Any]:
    rows: Iterator[Any] = (
        row
        for some in in_chunks(hashes, IN_ONE)
        for row in model.select(model.id, model.dedupe_hash, model.total, model.occurred_at, model.uuid).where(
            model.dedupe_hash.in_(some)
        )
    )
    return {row.dedupe_hash: row for row in rows}


def _saved(found: dict[str, tuple[PulledValue, int]], repository_id: int, *, dry_run: bool) -> PullResult:
    """Insert what is new, update what has changed."""
    known = _known(PulledEvent, found)
    new = [key for key in sorted(found) if key not in known]
    changed = [key for key in known if _differs(known[key], found[key][0])]
    if not dry_run:
        now = database.now()
        _insert([_columns(key, *found[key], repository_id, clock.micros(now)) for key in new])
        for key in changed:
            one = found[key][0]
            columns = {"total": one.total, "uuid": one.uuid, "occurred_at": one.occurred_at, "updated_at": now}
            PulledEvent.update(**columns).where(PulledEvent.id == known[key].id).execute()
    return PullResult(len(new), len(changed), len(known) - len(changed))


def _differs(row: PulledEvent, event: PulledValue) -> bool:
    return (row.total, row.uuid, clock.micros(row.occurred_at)) != (event.total, event.uuid, event.occurred_at)


def _columns(key: str, event: PulledValue, doi_id: int, repository_id: int, at: int) -> dict[str, Any]:
    return {
        "dedupe_hash": key,
        "uuid": event.uuid,
        "repository_id": repository_id,
        "doi_id": doi_id,
        "subj_id": event.subj_id,
        "relation_type_id": event.relation_type_id,
        "obj_id": event.obj_id,
        "source_id": event.source_id,
        "total": event.total,
        "occurred_at": event.occurred_at,
        "created_at": at,
        "updated_at": at,
    }


def _insert(rows: list[dict[str, Any]]) -> None:
    if rows:
        opened = database.current()
        values = (tuple(row.values()) for row in rows)
        opened.dialect.insert_new(opened.db, "pulled_event", list(rows[0]), values, len(rows), "dedupe_hash")

"""`doitui event derive`: the events of DOIs minted before events existed, and the sources of links without one.

First the documents, then the agencies: each DOI whose document DataCite has gets the events that it states, as after a
write. Then the resolver is asked for the agency of each DOI prefix that nobody knows, once a run, at the pace of the
resolver checks. A prefix without an agency gives no source and is asked about again by the next run.

Both parts only add what is missing. An interrupted run continues at the DOI where it stopped. Each night runs the
second part, with a limit (`link`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from peewee import SQL

from doitui_core import clock
from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.datacite import resolver
from doitui_core.datacite.agency import AgencyClient
from doitui_core.db import database, raw_sql
from doitui_core.db.chunks import Step, paced, row_chunks, to_the_end
from doitui_core.db.models import Doi, Event, EventDerivation, Record, Repository
from doitui_core.domain.link_sources import link_source, prefix_to_ask
from doitui_core.errors import RemoteFailed
from doitui_core.events import agencies, eligible, stated
from doitui_core.events.store import StoreResult

#: DOIs of one transaction, and links looked at in one go.
AT_ONCE, LINKS_AT_ONCE = 100, 1000

#: After so many questions in a row without an answer the resolver counts as unreachable.
PATIENCE = 3

#: Prefixes asked about in one night, and how long nights leave a prefix alone that had no agency.
A_NIGHT, LEFT_ALONE = 200, timedelta(days=7)


#: The condition of the index `event_without_link_source`, as literals: with parameters PostgreSQL could not use it.
_IS_UNLINKED: Any = (Event.link_source_id == SQL("''")) & Event.origin.in_(SQL("('metadata', 'hand')"))


@dataclass
class DeriveResult:
    """What a run did. `dois` were looked at; `new` events are queued; `linked` events have a source now.

    `asked`: prefixes the resolver was asked about; `unknown`: those it named no agency for; `failed`: why it did not
    answer, by prefix. `stopped`: the run was interrupted.
    """

    dois: int = 0
    new: int = 0
    linked: int = 0
    asked: int = 0
    unknown: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    stopped: bool = False


def count(repository: Repository | None = None) -> int:
    """How many DOIs a run looks at, less those that an interrupted one looked at."""
    return int(_public(repository).where(Doi.id > _position(repository)).count())


def derive(
    repository: Repository | None = None,
    *,
    actor: str = "python",
    step: Step = to_the_end,
    result: DeriveResult | None = None,
) -> DeriveResult:
    """Run both parts, for `repository` or for all. `step` is called with the number of DOIs of each chunk, and stops
    the run with False. `result` is added to, also where an error ends the run.

    Raises `Misconfigured` and `WrongEnvironment` for settings. A resolver that does not answer is in `failed`.
    """
    result = DeriveResult() if result is None else result
    configs = _Configs()
    position = _position(repository)
    ended = False

    def watched(number: int) -> object:
        nonlocal ended
        ended = step(number) is False
        return not ended

    chunks = row_chunks(_public(repository).where(Doi.id > position), Doi.id, AT_ONCE)
    for rows in paced(chunks, watched):
        ids = [row.id for row in rows]
        result.new += _derive(ids, repository, configs, actor).new
        result.dois += len(ids)
    if ended:
        result.stopped = True
        return result
    with database.write():
        EventDerivation.delete().where(EventDerivation.repository_id == _number(repository)).execute()
    _Linking(repository, configs, result).run(step)
    return result


def link(repository: Repository | None = None, *, most: int = A_NIGHT, step: Step = to_the_end) -> DeriveResult:
    """Run the second part only, as each night does: at most `most` prefixes are asked about, and none that had no
    agency in the last days. `step` as for `derive`. Raises `Misconfigured` and `WrongEnvironment` for settings.
    """
    result = DeriveResult()
    _Linking(repository, _Configs(), result, most, database.now() - LEFT_ALONE).run(step)
    return result


def preview(repository: Repository | None = None) -> DeriveResult:
    """What a run would do: `unknown` are the prefixes it would ask about, as far as they are in the database or in the
    documents. A read.
    """
    result, configs, prefixes = DeriveResult(), _Configs(), set[str]()
    for rows in row_chunks(_public(repository).where(Doi.id > _position(repository)), Doi.id, AT_ONCE):
        found = [one for row in rows for one in stated.events_of(row, configs.of(row.repository_id)) or ()]
        keys: Any = Event.select(Event.dedupe_hash).where(Event.dedupe_hash.in_([one.key for one in found])).tuples()
        there = {key for (key,) in keys}
        new = [one.event for one in found if one.key not in there]
        result.dois += len(rows)
        result.new += len(new)
        prefixes |= _unknown({prefix_to_ask(one.relation_type_id, one.obj_id) for one in new})
    for links in _unlinked(repository):
        asked = [prefix_to_ask(row.relation_type_id, row.obj_id) for row in links]
        unknown = _unknown(set(asked))
        prefixes |= unknown
        result.linked += sum(
            prefix not in unknown and bool(prefix or link_source(row.relation_type_id, row.obj_id))
            for row, prefix in zip(links, asked, strict=True)
        )
    result.unknown = sorted(prefixes)
    return result


class _Configs:
    """The settings of repositories, read once."""

    def __init__(self) -> None:
        self._found: dict[int, Config] = {}

    def of(self, repository_id: int) -> Config:
        if repository_id not in self._found:
            self._found[repository_id] = repositories.config(Repository.get_by_id(repository_id))
        return self._found[repository_id]


def _number(repository: Repository | None) -> int:
    return 0 if repository is None else repository.id


def _position(repository: Repository | None) -> int:
    row = EventDerivation.get_or_none(EventDerivation.repository_id == _number(repository))
    return 0 if row is None else int(row.doi_id)


def _public(repository: Repository | None) -> Any:
    query = Doi.select(Doi).join(Record, on=Doi.record == Record.id).where(eligible.IS_PUBLIC)
    return query if repository is None else query.where(Doi.repository == repository.id)


def _derive(ids: Sequence[int], repository: Repository | None, configs: _Configs, actor: str) -> StoreResult:
    """The events of these DOIs and the run's position, in one transaction."""
    result = StoreResult()
    with database.write():
        # Locked as a write of the DOI locks it: what it states now is what is stored.
        for row in list(database.for_update(Doi.select().where(Doi.id.in_(ids)).order_by(Doi.id))):
            result += stated.confirmed(row, configs.of(row.repository_id), actor=actor)
        position = {"doi_id": ids[-1]}
        reached = EventDerivation.insert(repository_id=_number(repository), **position)
        reached.on_conflict(conflict_target=[EventDerivation.repository_id], update=position).execute()
    return result


def _unlinked(repository: Repository | None) -> Iterator[Sequence[Event]]:
    """Links without a source, oldest first."""
    columns = (Event.id, Event.repository, Event.relation_type_id, Event.obj_id)
    query = Event.select(*columns).where(_IS_UNLINKED)
    query = query if repository is None else query.where(Event.repository == repository.id)
    return row_chunks(query, Event.id, LINKS_AT_ONCE)


def _unknown(prefixes: set[str]) -> set[str]:
    named = prefixes - {""}
    return named - agencies.known(named).keys()


class _Linking:
    """The second part of a run."""

    def __init__(
        self,
        repository: Repository | None,
        configs: _Configs,
        result: DeriveResult,
        most: int | None = None,
        asked_before: datetime | None = None,
    ) -> None:
        """`most`: prefixes to ask about; `asked_before`: none that had no agency since then."""
        self._repository, self._configs, self._result = repository, configs, result
        self._most, self._asked_before = most, asked_before
        self._clients: dict[str, AgencyClient] = {}
        self._done: set[str] = set()
        self._silent = 0

    def run(self, step: Step) -> None:
        for links in _unlinked(self._repository):
            asked = {prefix_to_ask(row.relation_type_id, row.obj_id): row.repository_id for row in links}
            for prefix in sorted(self._due(_unknown(set(asked)) - self._done)):
                if step(0) is False:
                    self._result.stopped = True
                    return
                self._ask(prefix, self._configs.of(asked[prefix]))
            self._link(links)

    def _due(self, prefixes: set[str]) -> set[str]:
        return prefixes - agencies.asked_since(prefixes, self._asked_before) if self._asked_before else prefixes

    def _ask(self, prefix: str, config: Config) -> None:
        if self._silent >= PATIENCE or (self._most is not None and len(self._done) >= self._most):
            return
        self._done.add(prefix)
        try:
            agency = self._client(config).ask(prefix)
        except RemoteFailed as error:
            self._silent += 1
            self._result.failed[prefix] = str(error)
            return
        self._silent = 0
        self._result.asked += 1
        if not agency:
            self._result.unknown.append(prefix)
        with database.write():
            agencies.note(prefix, agency)

    def _client(self, config: Config) -> AgencyClient:
        base = resolver.base(config)
        if base not in self._clients:
            self._clients[base] = AgencyClient(base, email=config.text("contact_email"))
        return self._clients[base]

    def _link(self, links: Sequence[Event]) -> None:
        """Write the sources that are known now."""
        prefixes = {row.id: prefix_to_ask(row.relation_type_id, row.obj_id) for row in links}
        known = agencies.known({prefix for prefix in prefixes.values() if prefix})
        found: dict[str, list[int]] = {}
        for row in links:
            source = link_source(row.relation_type_id, row.obj_id, known.get(prefixes[row.id], ""))
            if source:
                found.setdefault(source, []).append(row.id)
        with database.write():
            for source, ids in sorted(found.items()):
                raw_sql.set_where("event", "link_source_id", source, ids)
                raw_sql.set_where("event", "updated_at", clock.micros(database.now()), ids)  # the hub copies changes
        self._result.linked += sum(map(len, found.values()))

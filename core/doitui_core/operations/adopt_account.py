"""Adopt all DOIs of an account that exist at DataCite: their states, and records for those that have none here.

DataCite's list is read by cursor; each page is stored with the cursor of the next one, so that the same command
continues after whatever ended it. Content of records here never changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from doitui_core import clock
from doitui_core.config.repositories import Config
from doitui_core.datacite import list_pages
from doitui_core.db import chunks, database
from doitui_core.db.models import Doi, Harvest, Record, Repository
from doitui_core.dois import datacite_document, doi_rows, reservations
from doitui_core.domain import doi_spelling, identifiers, outcomes, states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Certainty, Remote
from doitui_core.errors import BadInput, DoituiError, RemoteFailed
from doitui_core.metadata import from_json
from doitui_core.operations import adoption, sync
from doitui_core.queue import connection, rate_limit
from doitui_core.queue.connection import Connection
from doitui_core.records import harvest_state, importing, record_plan, records
from doitui_core.records.harvest_state import HarvestRequest
from doitui_core.records.reading import Document
from doitui_core.records.records import AdoptedDoi, RecordInput, StoreResult

ACTION = "adopt"

#: Requests for one page, while the service gives no usable answer, and seconds before the second of them.
TRIES, PAUSE = 3, 0.5

#: Seconds that a dry run waits at most, because it cannot note the pause for others.
LONGEST_WAIT = 60.0

#: Statuses of a cursor that the server does not take any more: the list is read from its beginning again.
EXPIRED = (400, 404, 410, 422)


@dataclass
class AdoptResult:
    """What was done so far. `continued`: the list was read from where it ended before. `rejected`: why, by DOI."""

    total: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    continued: bool = False
    rejected: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """DOIs that were read."""
        return self.inserted + self.updated + self.unchanged + len(self.rejected)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A DOI of the list."""

    doi: str
    state: str
    owner: str
    attributes: Mapping[str, Any]

    @property
    def folded(self) -> str:
        return identifiers.fold(self.doi)

    @property
    def registered(self) -> datetime | None:
        try:
            return clock.parse(str(self.attributes.get("registered") or ""))
        except BadInput:
            return None


def adopt_account(
    repository: Repository,
    result: AdoptResult | None = None,
    *,
    prefix: str = "",
    actor: str = "python",
    dry_run: bool = False,
    step: Callable[[int], object] = lambda _: None,
) -> AdoptResult:
    """Adopt the DOIs of the repository's account (under `prefix`). `result` is added to, page by page, also where an
    error ends it; `step` is called with numbers of read DOIs.

    Raises `BadInput` for an invalid prefix, `Misconfigured` and `RemoteFailed` as the client does.
    """
    prefix = doi_spelling.bare(prefix).strip("/")
    if prefix and not identifiers.PREFIX.fullmatch(prefix):
        raise BadInput(f"{prefix!r} is not a DOI prefix: use one such as 10.5072")
    run = _Run(connection.for_repository(repository), result or AdoptResult(), prefix, actor, dry_run)
    for listed, token in run.pages():
        for number in run.store(listed, token):
            step(number)
    return run.result


class _Run:
    def __init__(self, at: Connection, result: AdoptResult, prefix: str, actor: str, dry_run: bool) -> None:
        self.at, self.config, self.result, self.actor, self.dry_run = at, at.config, result, actor, dry_run
        self.filters = {"client_id": at.client.account.lower()} | ({"prefix": prefix} if prefix else {})
        address = f"{at.url}/dois?{urlencode(self.filters)}"
        self.row: Harvest = harvest_state.load(self.config.repository_id, HarvestRequest(address, prefix="dois"))
        result.continued = bool(self.row.token)
        self.foreign = _foreign(self.config)

    def pages(self) -> Iterator[tuple[list[_Listed], str]]:
        """The DOIs of each page, and the cursor of the next one, empty at the end."""
        url = f"{self.at.url}/dois"
        reading = list_pages.Reading(url, self.row.token or list_pages.FIRST)
        more = True
        while more:
            try:
                answer = self._page(reading.cursor)
            except _ExpiredError:
                self.row.token, reading = "", list_pages.Reading(url)
                continue
            listed = [_listed(item) for item in list_pages.items(answer, url, needed=["doi"])]
            more = reading.advance(answer, [one.doi for one in listed])
            self.result.total = max(list_pages.total(answer, url, 0), self.result.done + len(listed))
            yield listed, reading.cursor if more else ""

    def _page(self, cursor: str) -> Answer:
        """A page; asked for again while the service gives no usable answer."""
        for left in reversed(range(TRIES)):
            answer = None
            sync.wait_for_turn(self.at)
            try:
                answer = self.at.client.list_page(cursor, **self.filters)
                if answer.status in EXPIRED and cursor != list_pages.FIRST:
                    raise _ExpiredError
                list_pages.items(answer, f"{self.at.url}/dois", needed=["doi"])
                return answer
            except RemoteFailed:
                if not left:
                    raise
            self._wait(outcomes.retry_after(answer) if answer is not None else None, TRIES - left)
        raise AssertionError("the last try returns or raises")

    def _wait(self, asked: float | None, tried: int) -> None:
        """Wait as long as the service asked for, with all who use the account; else a little."""
        if asked is not None and not self.dry_run:
            rate_limit.pause(self.at.rate_limit, database.now() + timedelta(seconds=asked))
        else:
            time.sleep(PAUSE * tried if asked is None else min(asked, LONGEST_WAIT))

    def store(self, listed: Sequence[_Listed], token: str) -> Iterator[int]:
        """Store a page some at a time, with the last of them the cursor of the next page."""
        if not self.row.started:
            self.row.started = clock.iso(database.now()) or ""
        for start in range(0, max(len(listed), 1), importing.BATCH):
            some = listed[start : start + importing.BATCH]
            known = reservations.by_strings(one.doi for one in some)
            ask: list[tuple[Doi, _Listed]] = []
            with nullcontext() if self.dry_run else database.write():
                self._store_new([one for one in some if one.folded not in known])
                for one in some:
                    if one.folded in known and not self._store_known(known[one.folded], one):
                        ask.append((known[one.folded], one))
                if start + importing.BATCH >= len(listed) and not self.dry_run and not ask:
                    self._advance(token)
            for row, one in ask:  # requests, so outside of the transaction
                self._ask(row, one)
            if start + importing.BATCH >= len(listed) and not self.dry_run and ask:
                self._advance(token)
            yield len(some)

    def _advance(self, token: str) -> None:
        self.row.token = token
        if not token:
            harvest_state.finish(self.row)
        harvest_state.save(self.row)

    def _store_new(self, listed: Sequence[_Listed]) -> None:
        given: list[RecordInput] = []
        for one in listed:
            try:
                given.append(self._input(one))
            except DoituiError as error:
                self.result.rejected[one.doi] = str(error)
        for some in chunks.disjoint(given, lambda each: each.names, lambda each: each.needs):
            found = records.preview_all(self.config, some) if self.dry_run else self._stored(some)
            for record, result in zip(some, found, strict=True):
                self._count(record.doi, result)

    def _stored(self, some: Sequence[RecordInput]) -> list[StoreResult | DoituiError]:
        return records.store_all(self.config, some, self.actor, ACTION)

    def _count(self, doi: str, result: StoreResult | DoituiError) -> None:
        if isinstance(result, DoituiError):
            self.result.rejected[doi] = str(result)
        elif result.created:
            self.result.inserted += 1
        else:
            self.result.updated += 1

    def _input(self, one: _Listed) -> RecordInput:
        """A record from the list. Raises `BadInput` for a DOI that is not ours or that has no state."""
        remote = self._remote(one)
        attributes = from_json.canonical(one.attributes)
        object_id = self.foreign.get(one.folded) or importing.choose_id(
            Document(one.doi, "", attributes, {}), attributes, "auto"
        )
        columns = {"published": remote is Remote.FINDABLE}
        adopted = AdoptedDoi(doi_spelling.bare(one.doi), remote, one.attributes, one.registered)
        return RecordInput(object_id, attributes, columns, adopted=adopted)

    def _remote(self, one: _Listed) -> Remote:
        account = self.at.client.account.lower()
        if one.owner and one.owner != account:
            raise BadInput(f"{one.doi} belongs to {one.owner}, not to {account}")
        if one.state not in states.TARGET.values():
            raise BadInput(f"{one.doi} has the state {one.state[:40]!r} at DataCite")
        return Remote(one.state)

    def _store_known(self, seen: Doi, one: _Listed) -> bool:
        """Store the state of a DOI that is here. False: the list is not enough, and DataCite has to be asked."""
        try:
            remote = self._remote(one)
            if seen.repository_id != self.config.repository_id:
                raise BadInput(f"{seen.doi} is a DOI of the repository {seen.repository.code}")
        except BadInput as error:
            self.result.rejected[one.doi] = str(error)
            return True
        facts = doi_rows.facts(seen)
        if (facts.remote, facts.certainty) == (remote, Certainty.CONFIRMED):
            self.result.unchanged += 1
            return True
        # The list is DataCite's index, which lags: it is not believed about what was sent from here.
        assumed = facts.certainty is Certainty.UNCERTAIN or facts.remote in states.ABSENT
        if not assumed or doi_rows.may_be_ours(seen.id, excluding=0) or doi_rows.unfinished(seen.id):
            return False
        self.result.updated += 1
        if not self.dry_run:
            columns = {"minted_at": seen.minted_at or one.registered}
            row = doi_rows.lock(seen.id)
            record = doi_rows.record(row)
            if record is not None:
                known = datacite_document.attributes(record, self.config)
                columns["confirmed_hash"] = record_plan.confirmed_hash(record, row, self.config, known, one.attributes)
            adoption.store(row, remote, self.actor, f"was {remote} in account {self.at.client.account}", **columns)
        return True

    def _ask(self, row: Doi, one: _Listed) -> None:
        found = sync.ask(row, self.at, actor=self.actor, dry_run=self.dry_run)
        if isinstance(found, Outcome):
            self.result.rejected[one.doi] = found.message
        elif found is None:
            self.result.unchanged += 1
        else:
            self.result.updated += 1


class _ExpiredError(Exception):
    """The server does not know the cursor."""


def _foreign(config: Config) -> dict[str, str]:
    """Object ids by the foreign DOI of their record: one that is in our account is ours."""
    rows = Record.select(Record.object_id, Record.foreign_doi).where(
        Record.repository == config.repository_id, Record.foreign_doi != ""
    )
    return {identifiers.fold(foreign): object_id for object_id, foreign in rows.tuples().iterator()}


def _listed(item: Mapping[str, Any]) -> _Listed:
    attributes = item["attributes"]
    relationships = item.get("relationships") or {}
    client = ((relationships.get("client") or {}).get("data") or {}).get("id", "")
    return _Listed(attributes["doi"], str(attributes.get("state") or ""), str(client).lower(), attributes)

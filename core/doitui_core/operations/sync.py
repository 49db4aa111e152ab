"""Update the stored states of DOIs from DataCite. Nothing is sent that changes a DOI.

DataCite's list comes from its search index, which lags: it only says which DOIs to ask for one by one. Target states
stay as they are; a tombstone that is public again is queued to be hidden.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from doitui_core.config import repositories
from doitui_core.datacite.pace import PACE
from doitui_core.datacite.wait_log import RESUME, Waits
from doitui_core.db import audit, database
from doitui_core.db.chunks import row_chunks
from doitui_core.db.models import Doi, Repository
from doitui_core.dois import doi_rows, restored_dois
from doitui_core.dois.targets import Queued
from doitui_core.domain import doi_spelling, identifiers, states
from doitui_core.domain.answer import Answer
from doitui_core.domain.job_kinds import JobKind
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import TARGET, Certainty, Remote, Wanted
from doitui_core.errors import BadInput, Refused, RemoteFailed
from doitui_core.queue import connection, jobs, rate_limit
from doitui_core.queue.connection import Connection

#: The waits of this process.
WAITS = Waits()

#: DOIs compared at once: as many as DataCite lists on a page.
CHUNK = 1000

#: Seconds for `sync_one`: a person waits for the answer.
PATIENCE = 10.0

#: As in the audit log and a DOI's history.
ACTION = "sync"


@dataclass(frozen=True, slots=True)
class StateDifference:
    """A DOI with another state at DataCite (`after`) than here (`before`). `todo`: what to do, if anything."""

    doi: str
    before: str
    after: str
    todo: str = ""


@dataclass
class SyncResult:
    """How many DOIs were compared; those that differ; those of our accounts that are `unknown` here; by DOI why it
    could not be asked for.
    """

    compared: int = 0
    differences: list[StateDifference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def sync(
    *,
    prefix: str = "",
    actor: str = "python",
    dry_run: bool = False,
    step: Callable[[int], None] = lambda _: None,
) -> SyncResult:
    """Compare all DOIs of active repositories (under `prefix`) with their accounts at DataCite.

    Raises `BadInput` for an invalid prefix, `Misconfigured` and `RemoteFailed` as the client does; what was found
    before stays stored.
    """
    prefix = doi_spelling.bare(prefix).strip("/")
    if prefix and not identifiers.PREFIX.fullmatch(prefix):
        raise BadInput(f"{prefix!r} is not a DOI prefix: use one such as 10.5072")
    run = _Run(actor, dry_run)
    for repository in repositories.all_repositories():
        if not repository.active:
            continue
        at = connection.for_repository(repository)
        own = prefix or at.config.require_prefix()
        if prefix and at.config.text("datacite_prefix") != prefix:
            continue
        for page in _list_pages(at, own):
            run.compare(repository, at, page)
            step(len(page))
        run.ask_unlisted(repository, at, own)
    return run.result


def sync_one(text: str, *, actor: str = "python") -> Queued:
    """`sync` for one DOI; the note says what DataCite has.

    Raises `Refused` while a write is running, `RemoteFailed` where DataCite gave no answer that tells the state,
    `Misconfigured` and `NotFound`.
    """
    row = doi_rows.find_sendable(text)
    if _is_being_written(row):
        raise Refused("a write is running: the worker checks its outcome", "in_flight")
    at = connection.for_repository(row.repository)
    at.client.deadline = PATIENCE
    with database.write():
        audit.note(actor, ACTION, row.doi)
    found = ask(row, at, actor=actor)
    if isinstance(found, Outcome):
        raise RemoteFailed(f"DataCite could not be asked: {found.message}")
    if found is None:
        return Queued(row, 0, f"is {row.remote} at DataCite, as it was known here")
    todo = f": {found.todo}" if found.todo else ""
    return Queued(row, 0, f"is {found.after} at DataCite, not {found.before}{todo}")


@dataclass
class _Run:
    """One `sync`, and the DOIs that DataCite has listed so far."""

    actor: str
    dry_run: bool
    result: SyncResult = field(default_factory=SyncResult)
    listed: set[str] = field(default_factory=set)

    def compare(self, repository: Repository, at: Connection, page: dict[str, str]) -> None:
        """Ask for those of a page whose state is not ours."""
        here = {row.folded: row for row in Doi.select().where(Doi.folded.in_(list(page)))}
        for folded, state in page.items():
            row = here.get(folded)
            if row is None:
                if folded not in self.listed:
                    self.result.unknown.append(folded)
            elif row.repository_id == repository.id:
                self._compared(row, at, ask_for=state != row.remote or row.certainty == Certainty.UNCERTAIN)
            self.listed.add(folded)

    def ask_unlisted(self, repository: Repository, at: Connection, prefix: str) -> None:
        """Ask for those that are at DataCite as far as we know, and not in its list."""
        present = [str(state) for state in Remote if state not in states.ABSENT]
        query = Doi.select().where(Doi.repository == repository.id, Doi.remote.in_(present))
        for row in chain.from_iterable(row_chunks(query, Doi.id, CHUNK)):
            if row.folded not in self.listed and row.folded.startswith(f"{prefix}/"):
                self._compared(row, at, ask_for=True)

    def _compared(self, row: Doi, at: Connection, *, ask_for: bool) -> None:
        self.result.compared += 1
        found = ask(row, at, actor=self.actor, dry_run=self.dry_run) if ask_for else None
        if isinstance(found, Outcome):
            self.result.failed[row.doi] = found.message
        elif found is not None:
            self.result.differences.append(found)


def _list_pages(at: Connection, prefix: str) -> Iterator[dict[str, str]]:
    """{folded DOI: state}, page by page, at the allowed pace."""
    found = at.client.list(prefix=prefix, client_id=at.client.account.lower())
    while True:
        wait_for_turn(at)
        page = {identifiers.fold(str(row["doi"])): str(row.get("state") or "") for row in islice(found, CHUNK)}
        if not page:
            return
        yield page


def wait_for_turn(at: Connection) -> None:
    """Return when the next request may be sent. Raises `RemoteFailed` while the service is unavailable."""
    if database.current().read_only:
        PACE(at.config.url)
        return
    while not (grant := rate_limit.take(at.rate_limit, 1, at.config.rate)).tokens:
        if grant.open:
            raise RemoteFailed(f"{at.config.url} is unavailable: sync later")
        WAITS.note(rate_limit.description(at.rate_limit), grant.wait, RESUME)
        time.sleep(min(grant.wait, 1.0))


def ask(row: Doi, at: Connection, *, actor: str, dry_run: bool = False) -> StateDifference | Outcome | None:
    """Ask DataCite's database for one DOI and store its state. The difference to ours, None for none; the outcome where
    it could not be asked.
    """
    if _is_being_written(row):
        return None
    wait_for_turn(at)
    answer = at.ask(row.doi)
    if isinstance(answer, Outcome):
        return answer
    remote = _remote(row, answer, at)
    if remote is None or (remote == row.remote and row.certainty == Certainty.CONFIRMED):
        return None
    if not (dry_run or _stored(row, remote, actor)):
        return None
    return StateDifference(row.doi, row.remote, remote, _todo(row, remote))


def _is_being_written(row: Doi) -> bool:
    """Whether a write is running or its outcome unknown: then its probe finds out the state. So does the check of a DOI
    that comes from a backup.
    """
    if row.certainty == Certainty.UNCERTAIN and restored_dois.backed_up_at(row.id) is not None:
        return True
    sent = row.certainty == Certainty.UNCERTAIN and doi_rows.may_be_ours(row.id, excluding=0)
    return sent or doi_rows.unfinished(row.id)


def _remote(row: Doi, answer: Answer, at: Connection) -> Remote | None:
    """The state of the DOI; None for one that is not ours and was never sent from here."""
    if answer.status == 404:
        return Remote.NONE if row.remote != Remote.UNKNOWN else None
    if answer.owner != at.client.account.lower():
        return None
    if row.remote in states.ABSENT and not doi_rows.may_be_ours(row.id, excluding=0):
        return None  # a person decides: `doi adopt`
    return Remote(answer.state)


def _stored(seen: Doi, remote: Remote, actor: str) -> bool:
    """Store the state, unless the row was written since it was `seen`; whether it was stored."""
    with database.write():
        row = doi_rows.lock(seen.id)
        if doi_rows.written_since(seen, row):
            return False
        facts = states.answered(doi_rows.facts(row), remote)
        if facts.wanted is Wanted.NONE:
            facts = states.cancelled(facts)
        detail = f"{remote} at DataCite, not {row.remote}"
        doi_rows.write(row, facts, actor=actor, action=ACTION, cause=row.cause, detail=detail)
        if facts.wanted is Wanted.TOMBSTONE and remote is Remote.FINDABLE:
            attempts, action = repositories.config(row.repository).number("max_attempts"), states.action(facts)
            jobs.enqueue(JobKind.WRITE, row.id, row.repository_id, actor=actor, max_attempts=attempts, action=action)
    return True


def _todo(row: Doi, remote: Remote) -> str:
    wanted = Wanted(row.wanted)
    if wanted is Wanted.TOMBSTONE and remote is Remote.FINDABLE:
        return "the worker hides it again"
    if wanted not in TARGET or TARGET[wanted] is remote:
        return ""
    if remote is Remote.REGISTERED and wanted is Wanted.FINDABLE:
        hide, publish = f"doitui doi deactivate {row.doi} --reason TEXT", f"doitui doi update {row.doi}"
        return f"`{hide}` keeps it hidden, `{publish}` publishes it"
    return f"`doitui doi update {row.doi}` makes it {TARGET[wanted]}" if remote is not Remote.NONE else "mint it again"

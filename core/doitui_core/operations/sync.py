"""Bring what we know of DOIs in line with what DataCite has. Nothing is sent that changes a DOI.

DataCite's list comes from its search index, which lags: it only says which DOIs to ask for one by one. What is wanted
stays as it is; a tombstone that is public again is queued to be hidden.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from doitui_core.config import repositories
from doitui_core.datacite.pace import PACE
from doitui_core.datacite.wait_log import RESUME, Waits
from doitui_core.db import database
from doitui_core.db.chunks import row_chunks
from doitui_core.db.models import Doi, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import doi_spelling, identifiers, job_kinds, states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import TARGET, Certainty, Remote, Wanted
from doitui_core.errors import BadInput, RemoteFailed
from doitui_core.queue import connection, jobs, rate_limit
from doitui_core.queue.connection import Connection

#: The waits of this process.
WAITS = Waits()

#: DOIs compared at once: as many as DataCite lists on a page.
CHUNK = 1000

ACTION = "sync"


@dataclass(frozen=True, slots=True)
class StateDifference:
    """A DOI whose state at DataCite was not what we knew. `todo` says what a person should do, if anything."""

    doi: str
    before: str
    after: str
    todo: str = ""


@dataclass
class SyncResult:
    """DOIs compared; those that differed; those of our account that nobody has here; those that could not be asked."""

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

    Raises `BadInput` for a prefix that is none, `Misconfigured` and `RemoteFailed` as the client does; what was found
    before stays noted.
    """
    prefix = doi_spelling.bare(prefix).strip("/")
    if prefix and not identifiers.PREFIX.fullmatch(prefix):
        raise BadInput(f"{prefix!r} is not a DOI prefix: use one such as 10.5072")
    result = SyncResult()
    listed: set[str] = set()
    for repository in repositories.all_repositories():
        if not repository.active:
            continue
        at = connection.for_repository(repository)
        own = prefix or at.config.require_prefix()
        if prefix and at.config.text("datacite_prefix") != prefix:
            continue
        for page in _list_pages(at, own):
            _compare_page(repository, at, page, listed, result, actor, dry_run)
            step(len(page))
        _ask_for_unlisted(repository, at, own, listed, result, actor, dry_run)
    return result


def _list_pages(at: Connection, prefix: str) -> Iterator[dict[str, str]]:
    """{folded DOI: state}, page by page, at the allowed pace."""
    found = at.client.list(prefix=prefix, client_id=at.client.account.lower())
    while True:
        _wait_for_turn(at)
        page = {identifiers.fold(str(row["doi"])): str(row.get("state") or "") for row in islice(found, CHUNK)}
        if not page:
            return
        yield page


def _wait_for_turn(at: Connection) -> None:
    if database.current().read_only:
        PACE(at.config.url)
        return
    while not (grant := rate_limit.take(at.rate_limit, 1, at.config.rate)).tokens:
        if grant.open:
            raise RemoteFailed(f"{at.config.url} is unavailable: sync later")
        WAITS.note(rate_limit.description(at.rate_limit), grant.wait, RESUME)
        time.sleep(min(grant.wait, 1.0))


def _compare_page(
    repository: Repository,
    at: Connection,
    page: dict[str, str],
    listed: set[str],
    result: SyncResult,
    actor: str,
    dry_run: bool,
) -> None:
    here = {row.folded: row for row in Doi.select().where(Doi.folded.in_(list(page)))}
    for folded, state in page.items():
        row = here.get(folded)
        if row is None:
            if folded not in listed:
                result.unknown.append(folded)
        elif row.repository_id == repository.id:
            result.compared += 1
            if state != row.remote:
                ask(row, at, result, actor, dry_run)
        listed.add(folded)


def _ask_for_unlisted(
    repository: Repository, at: Connection, prefix: str, listed: set[str], result: SyncResult, actor: str, dry_run: bool
) -> None:
    """Those we believe to be at DataCite and that its list does not show."""
    present = [str(state) for state in Remote if state not in states.ABSENT]
    query = Doi.select().where(Doi.repository == repository.id, Doi.remote.in_(present))
    for chunk in row_chunks(query, Doi.id, CHUNK):
        for row in chunk:
            if row.folded not in listed and row.folded.startswith(f"{prefix}/"):
                result.compared += 1
                ask(row, at, result, actor, dry_run)


def ask(row: Doi, at: Connection, result: SyncResult, actor: str, dry_run: bool) -> None:
    """Ask DataCite's database for one DOI, and note what it says."""
    if row.certainty == Certainty.UNCERTAIN or doi_rows.unfinished(row.id):
        return  # a write is under way; its probe finds out
    _wait_for_turn(at)
    answer = at.ask(row.doi)
    if isinstance(answer, Outcome):
        result.failed[row.doi] = answer.message
        return
    remote = _remote(row, answer, at)
    if remote is not None and remote != row.remote and (dry_run or _noted(row, remote, actor)):
        result.differences.append(StateDifference(row.doi, row.remote, remote, _todo(row, remote)))


def _remote(row: Doi, answer: Answer, at: Connection) -> Remote | None:
    """Its state; None for what is not ours and was never sent from here."""
    if answer.status == 404:
        return Remote.NONE if row.remote != Remote.UNKNOWN else None
    if answer.owner != at.client.account.lower():
        return None
    if row.remote in states.ABSENT and not doi_rows.may_be_ours(row.id, excluding=0):
        return None  # a person decides: `doi adopt`
    return Remote(answer.state)


def _noted(seen: Doi, remote: Remote, actor: str) -> bool:
    """Write it, unless the row was written since it was `seen`."""
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
            config = repositories.config(row.repository)
            jobs.enqueue(
                job_kinds.JobKind.WRITE,
                row.id,
                row.repository_id,
                actor=actor,
                max_attempts=config.number("max_attempts"),
                action=states.action(facts),
            )
    return True


def _todo(row: Doi, remote: Remote) -> str:
    wanted = Wanted(row.wanted)
    if wanted is Wanted.TOMBSTONE and remote is Remote.FINDABLE:
        return "the worker hides it again"
    if wanted not in TARGET or TARGET[wanted] is remote:
        return ""
    if remote is Remote.REGISTERED and wanted is Wanted.FINDABLE:
        return f"`doitui doi deactivate {row.doi}` keeps it hidden, `doitui doi update {row.doi}` publishes it"
    return f"`doitui doi update {row.doi}` makes it {TARGET[wanted]}" if remote is not Remote.NONE else "mint it again"

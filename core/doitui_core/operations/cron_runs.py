"""Runs over many DOIs for cron, as OPUS 4 has them: register what is unregistered, verify what is registered.

A run queues its work, works until nothing is due, and reports each document in its result, the log, and one mail.
One document's failure never stops the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import peewee

from doitui_core.clock import micros
from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.chunks import in_chunks, row_chunks
from doitui_core.db.models import Doi, Job, Record, Repository
from doitui_core.delivery import verification
from doitui_core.dois import activity_log, mint_candidates, targets
from doitui_core.domain import states
from doitui_core.domain.job_kinds import JobKind
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Wanted
from doitui_core.errors import DatabaseUnavailable, DoituiError, InvalidMetadata
from doitui_core.notify import digest, digest_lines
from doitui_core.notify.digest import Digest, DigestLine
from doitui_core.notify.digest_lines import CHUNK
from doitui_core.queue import finished_runs, jobs
from doitui_core.worker import worker


@dataclass
class RunResult:
    """`lines`: the result of each document, in the order of its record. `blocked`: by the code of a repository, why
    nothing of it could be sent.
    """

    lines: list[DigestLine] = field(default_factory=list)
    blocked: dict[str, Outcome] = field(default_factory=dict)

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """OPUS's result object (DoiManagerStatus): document -> {"msg": its DOI or the error, "error": whether}."""
        return {line.object_id: {"msg": line.error or line.doi, "error": bool(line.cause)} for line in self.lines}

    @property
    def failed(self) -> list[DigestLine]:
        """The documents that failed."""
        return [line for line in self.lines if line.cause]


@finished_runs.noted("register")
def register(*, repository: str = "", actor: str = "python", **working: Any) -> RunResult:
    """Mint every unregistered DOI of ours that a published record has, failed ones included (OPUS registerPending).

    `working`: options of `worker.run`. Raises `NotFound` for a repository.
    """
    run = BulkRun("register", JobKind.WRITE, repository)
    configs: dict[int, Config] = {}
    for row in chain.from_iterable(row_chunks(unregistered(repository), Doi.id, CHUNK)):
        if row.repository_id not in configs:
            configs[row.repository_id] = repositories.config(row.repository)
        assert row.record is not None, "the published record it was found by"
        had_failed = bool(row.cause)
        try:
            targets.mint(row.record, Wanted.FINDABLE, actor=actor, config=configs[row.repository_id])
            run.add(row, had_failed=had_failed)
        except DatabaseUnavailable:  # the next ones would fail too
            raise
        except DoituiError as error:
            if isinstance(error, InvalidMetadata):
                targets.note_refused(row.id, error, actor=actor, target=Wanted.FINDABLE)
            run.refused(row, error)
    result = run.work(working)
    done = sum(not line.cause for line in result.lines)
    activity_log.count_line(f"number of successful DOI registrations: {done}")
    return run.mail("DOI registration")


@finished_runs.noted("verify")
def verify(
    delay_hours: int, *, repository: str = "", limit: int = 0, actor: str = "python", **working: Any
) -> RunResult:
    """Verify what `verification.queue_due` finds; 0 hours: every registered DOI. Options and errors as `register`."""
    ids = verification.queue_due(delay_hours, repository=repository, actor=actor, limit=limit)
    run = BulkRun("verify", JobKind.VERIFY, repository)
    for chunk in in_chunks(ids, CHUNK):
        for row in digest_lines.with_record(Doi.id.in_(chunk)):
            run.add(row, had_failed=bool(row.cause) or row.verification == states.Verification.MISMATCH)
    run.work(working)
    return run.mail("DOI verification")


@dataclass
class BulkRun:
    """A run: the names of its DOIs by id, and which had failed before. `key` is part of the topic of its mail."""

    key: str
    kind: JobKind
    repository: str
    result: RunResult = field(default_factory=RunResult)
    names: dict[int, str] = field(default_factory=dict)
    had_failed: set[int] = field(default_factory=set)

    def add(self, row: Doi, *, had_failed: bool) -> None:
        """A DOI that was queued."""
        self.names[row.id] = digest_lines.name_of(row, self.repository)
        if had_failed:
            self.had_failed.add(row.id)

    def refused(self, row: Doi, error: DoituiError) -> None:
        """A DOI that was not queued."""
        name, cause = digest_lines.name_of(row, self.repository), "metadata"
        if not isinstance(error, InvalidMetadata):  # logged already
            cause = getattr(error, "cause", "") or "refused"
            activity_log.not_registered(row.doi, name, str(error))
        status = digest_lines.status_text(row)
        self.result.lines.append(DigestLine(row.doi, row.url, status, cause, str(error), object_id=name))

    def work(self, working: dict[str, Any]) -> RunResult:
        """Work until nothing is due, and add the results of the DOIs."""
        if self.names:
            self.result.blocked = worker.run(drain=True, **working).blocked
        self.result.lines += digest_lines.ended(self.names, self.kind, self.had_failed)
        return self.result

    def mail(self, what: str) -> RunResult:
        """Store the digest of the run."""
        config = repositories.config(repositories.find(self.repository)) if self.repository else None
        with database.write():
            key = f"{self.key}:{micros(database.now())}"
            digest.report(Digest(what, key, self.result.lines, self.names.keys()), config)
        return self.result


def without_doi(repository: str = "") -> int:
    """How many published records have no DOI, neither one of ours nor a foreign one. Raises `NotFound`."""
    query = mint_candidates.mintable(repository and repositories.find(repository).code, Wanted.FINDABLE)
    return int(query.where(Doi.id.is_null(), Record.published == True, Record.foreign_doi == "").count())  # noqa: E712


def unregistered(repository: str = "") -> peewee.ModelSelect[Doi]:
    """The DOIs that `register` registers. Raises `NotFound`."""
    wanted = [str(state) for state in (Wanted.NONE, *states.LADDER)]
    absent = jobs.as_literals(("unknown", "none", "draft"))  # as in the index `doi_unregistered`
    # By a person (`jobs.schedule`); what waits for a retry is not.
    put_off = Job.select().where(
        Job.subject_id == Doi.id,
        Job.kind == str(JobKind.WRITE),
        Job.status.in_(jobs.as_literals(["pending"])),
        Job.put_off == True,  # noqa: E712
        Job.scheduled_at > database.now(),
    )
    query = digest_lines.with_record(
        Doi.remote.in_(absent), Doi.wanted.in_(wanted), Record.published == 1, Repository.active == 1
    )
    query = query.where(~peewee.fn.EXISTS(put_off))
    return query.where(Doi.repository == repositories.find(repository).id) if repository else query

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
from doitui_core.dois import activity_log, targets
from doitui_core.domain import states
from doitui_core.domain.job_kinds import JobKind
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Wanted
from doitui_core.errors import DatabaseUnavailable, DoituiError, InvalidMetadata
from doitui_core.notify import digest_lines, notices
from doitui_core.notify.digest_lines import CHUNK
from doitui_core.notify.notices import Digest, DigestLine
from doitui_core.queue import jobs
from doitui_core.worker import worker


@dataclass
class RunResult:
    """`lines`: what became of each document, in the order of its record. `blocked`: why nothing of which repository
    (by code) could be sent.
    """

    lines: list[DigestLine] = field(default_factory=list)
    blocked: dict[str, Outcome] = field(default_factory=dict)

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """OPUS's result object (DoiManagerStatus): document -> {"msg": its DOI or the error, "error": whether}."""
        return {line.object_id: {"msg": line.error or line.doi, "error": bool(line.cause)} for line in self.lines}

    @property
    def failed(self) -> list[DigestLine]:
        return [line for line in self.lines if line.cause]


def register(*, repository: str = "", actor: str = "python", **working: Any) -> RunResult:
    """Mint every unregistered DOI of ours that a published record has, failed ones included (OPUS registerPending).

    `working`: options of `worker.run`. Raises `NotFound` for a repository.
    """
    result, known, had_failed = RunResult(), dict[int, str](), set[int]()
    configs: dict[int, Config] = {}
    for row in chain.from_iterable(row_chunks(unregistered(repository), Doi.id, CHUNK)):
        config = configs.setdefault(row.repository_id, repositories.config(row.repository))
        name = digest_lines.name_of(row, configs, repository)
        if row.cause:
            had_failed.add(row.id)
        assert row.record is not None, "the published record it was found by"
        try:
            targets.mint(row.record, Wanted.FINDABLE, actor=actor, config=config)
            known[row.id] = name
        except DatabaseUnavailable:  # it would be the same with all that follow
            raise
        except DoituiError as error:
            cause = "metadata" if isinstance(error, InvalidMetadata) else getattr(error, "cause", "") or "refused"
            if not isinstance(error, InvalidMetadata):  # told already
                activity_log.not_registered(row.doi, name, str(error))
            result.lines.append(
                DigestLine(row.doi, row.url, digest_lines.status_text(row), cause, str(error), object_id=name)
            )
    result.blocked = worker.run(drain=True, **working).blocked if known else {}
    result.lines += digest_lines.ended(known, JobKind.WRITE, had_failed)
    done = sum(not line.cause for line in result.lines)
    activity_log.count_line(f"number of successful DOI registrations: {done}")
    _mail("DOI registration", "register", result, repository)
    return result


def verify(
    delay_hours: int, *, repository: str = "", limit: int = 0, actor: str = "python", **working: Any
) -> RunResult:
    """Verify what `verification.queue_due` finds; 0 hours: every registered DOI. Options and errors as `register`."""
    ids = verification.queue_due(delay_hours, repository=repository, actor=actor, limit=limit)
    result, known, had_failed = RunResult(), dict[int, str](), set[int]()
    configs: dict[int, Config] = {}
    for chunk in in_chunks(ids, CHUNK):
        for row in digest_lines.with_record(Doi.id.in_(chunk)):
            configs.setdefault(row.repository_id, repositories.config(row.repository))
            known[row.id] = digest_lines.name_of(row, configs, repository)
            if row.cause or row.verification == states.Verification.MISMATCH:
                had_failed.add(row.id)
    result.blocked = worker.run(drain=True, **working).blocked if known else {}
    result.lines = digest_lines.ended(known, JobKind.VERIFY, had_failed)
    _mail("DOI verification", "verify", result, repository)
    return result


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


def _mail(what: str, key: str, result: RunResult, repository: str) -> None:
    config = repositories.config(repositories.find(repository)) if repository else None
    with database.write():
        notices.digest(Digest(what, f"{key}:{micros(database.now())}", result.lines), config)

"""Mint many: every record whose DOI is not minted yet, and the reason for each that is skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.chunks import GAP, Step, in_chunks, paced, row_chunks, to_the_end
from doitui_core.db.models import Doi, Job, Record
from doitui_core.dois import mint_candidates, reservations, targets
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.domain.states import Wanted
from doitui_core.errors import BadInput, InvalidMetadata, Refused
from doitui_core.notify import bulk_digests
from doitui_core.queue import breaker

#: Records queued in one transaction.
CHUNK = 200

FAILED_BEFORE = "failed before (`doitui queue retry` tries again)"

#: Causes that are no fault of the document: the same one may work the next time.
TRANSIENT = frozenset({*breaker.CAUSES, "attempts_spent", "conflict", "throttled"})


@dataclass
class MintResult:
    """How many were queued, and skipped by reason. `refusals`: how many records must be corrected; `refused`: the first
    `max_reasons` of them, or all, as (object id, why).
    """

    queued: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    refusals: int = 0
    max_reasons: int | None = None
    job_ids: list[int] = field(default_factory=list)
    #: Row ids of the DOIs that were queued, and of those that failed before and are not sent again as they are.
    doi_ids: list[int] = field(default_factory=list)
    failed_before: list[int] = field(default_factory=list)

    def refuse(self, record: Record, reason: str, error: Exception) -> None:
        """Count a record that must be corrected: skipped for `reason`, `error` in detail."""
        self.skipped[reason] += 1
        self.refusals += 1
        if self.max_reasons is None or len(self.refused) < self.max_reasons:
            self.refused.append((record.object_id, str(error)))


def mint(
    records: Iterable[Record] | None = None,
    *,
    repository: str = "",
    state: str = "findable",
    limit: int = 100,
    actor: str = "python",
    dry_run: bool = False,
    step: Step = to_the_end,
    max_reasons: int | None = None,
) -> MintResult:
    """Queue up to `limit` mints (0: all), of `records` or of all candidates, oldest record first. A chunk is a
    transaction. `max_reasons`: how many refusals have their reasons in the result (None: all). If digests are enabled,
    one reports the results.

    Raises `Misconfigured` at the first repository without a usable prefix; what was queued before stays queued.
    """
    run = _Run(Wanted(state), limit, actor, dry_run, MintResult(max_reasons=max_reasons))
    chunks: Iterable[Sequence[Record]]
    if records is None:
        chunks = row_chunks(mint_candidates.mintable(repository, run.target), Record.id, CHUNK)
    else:
        chunks = in_chunks(records, CHUNK)
    try:
        run.queue(paced(chunks, step, gap=0 if dry_run else GAP))
    finally:
        if not dry_run:
            result = run.result
            bulk_digests.record(
                "DOI registration", result.job_ids, actor=actor, repository=repository, refused=result.refused
            )
    return run.result


@dataclass
class _Run:
    """One `mint`: its options, the settings of its repositories, and its result so far."""

    target: Wanted
    limit: int
    actor: str
    dry_run: bool
    result: MintResult
    configs: dict[int, Config] = field(default_factory=dict)

    def queue(self, chunks: Iterable[Sequence[Record]]) -> None:
        for chunk in chunks:
            with database.read() if self.dry_run else database.write():
                for record in chunk:
                    if self.limit and self.result.queued >= self.limit:
                        return
                    self._one(record)

    def _one(self, record: Record) -> None:
        reason = skip_reason(record, self.target)
        try:
            if reason or (reason := self._mint(record)):
                self.result.skipped[reason] += 1
            else:
                self.result.queued += 1
        except InvalidMetadata as error:
            self.result.refuse(record, "metadata DataCite would refuse", error)
        except (Refused, BadInput) as error:
            cause = getattr(error, "cause", "cannot be minted")
            self.result.refuse(record, cause.replace("_", " "), error)

    def _mint(self, record: Record) -> str:
        """Queue the mint, or only check it; the reason if nothing is to be done."""
        if record.repository_id not in self.configs:
            self.configs[record.repository_id] = repositories.config(record.repository)
        config = self.configs[record.repository_id]
        if self.dry_run:
            targets.check_mintable(record, self.target, config)
            reservations.preview(record)
        elif (queued := targets.mint(record, self.target, actor=self.actor, config=config)).job_id:
            self.result.job_ids.append(queued.job_id)
            self.result.doi_ids.append(queued.doi.id)
        else:
            return "minted already"
        return ""


def skip_reason(record: Record, target: Wanted) -> str:
    """Why the record is skipped without a check of its content; empty when it is not."""
    if record.foreign_doi:
        return "foreign DOI"
    if not record.published and target is not Wanted.DRAFT:
        return "not published"
    row = reservations.for_record(record)
    return unfinished_write(row) if row is not None else ""


def unfinished_write(row: Doi) -> str:
    """Why the DOI is not queued again, by its last write; empty where it can be."""
    job = Job.get_or_none(
        Job.subject_id == row.id, Job.kind == str(JobKind.WRITE), Job.status.not_in(("completed", "cancelled"))
    )
    if job is None:
        return ""
    if job.status == JobStatus.FAILED:
        # Sent again only if its content has changed: a nightly run must not repeat what was refused.
        return "" if row.current_hash != row.sent_hash or job.cause in TRANSIENT else FAILED_BEFORE
    return "queued already"

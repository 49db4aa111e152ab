"""Mint many: every record whose DOI is not minted yet, and for each that is left out the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.chunks import GAP, Step, in_chunks, paced, row_chunks, to_the_end
from doitui_core.db.models import Job, Record
from doitui_core.dois import mint_candidates, reservations, targets
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.domain.states import Wanted
from doitui_core.errors import BadInput, InvalidMetadata, Refused
from doitui_core.notify import bulk_acts

#: Records looked at in one transaction.
CHUNK = 200


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

    def refuse(self, record: Record, why: str) -> None:
        self.refusals += 1
        if self.max_reasons is None or len(self.refused) < self.max_reasons:
            self.refused.append((record.object_id, why))


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
    """Queue up to `limit` mints (0: all), of `records` or of all that are candidates, oldest record first. A chunk is a
    transaction. `max_reasons`: so many refusals are kept with their reasons, all of them where it is None. Where
    digests are wanted, one tells how it all ended.

    Raises `Misconfigured` at the first repository without a usable prefix; what was queued before stays queued.
    """
    result = MintResult(max_reasons=max_reasons)
    try:
        _queue(records, repository, Wanted(state), limit, actor, dry_run, step, result)
    finally:
        if not dry_run:
            bulk_acts.record(
                "DOI registration", result.job_ids, actor=actor, repository=repository, refused=result.refused
            )
    return result


def _queue(
    records: Iterable[Record] | None,
    repository: str,
    target: Wanted,
    limit: int,
    actor: str,
    dry_run: bool,
    step: Step,
    result: MintResult,
) -> None:
    configs: dict[int, Config] = {}
    chunks: Iterable[Sequence[Record]]
    if records is None:
        chunks = row_chunks(mint_candidates.mintable(repository, target), Record.id, CHUNK)
    else:
        chunks = in_chunks(records, CHUNK)
    for chunk in paced(chunks, step, gap=0 if dry_run else GAP):
        with database.read() if dry_run else database.write():
            for record in chunk:
                if limit and result.queued >= limit:
                    return
                if record.repository_id not in configs:
                    configs[record.repository_id] = repositories.config(record.repository)
                _one(record, configs[record.repository_id], target, actor, dry_run, result)


def _one(record: Record, config: Config, target: Wanted, actor: str, dry_run: bool, result: MintResult) -> None:
    reason = _reason(record, target)
    if reason:
        result.skipped[reason] += 1
        return
    try:
        if dry_run:
            targets.check_mintable(record, target, config)
            reservations.preview(record)
        elif job_id := targets.mint(record, target, actor=actor, config=config).job_id:
            result.job_ids.append(job_id)
        else:
            result.skipped["minted already"] += 1
            return
        result.queued += 1
    except InvalidMetadata as error:
        result.skipped["metadata DataCite would refuse"] += 1
        result.refuse(record, str(error))
    except (Refused, BadInput) as error:
        result.skipped[getattr(error, "cause", "cannot be minted").replace("_", " ")] += 1
        result.refuse(record, str(error))


def _reason(record: Record, target: Wanted) -> str:
    """Why the record is left out without being looked into; empty when it is not."""
    if record.foreign_doi:
        return "foreign DOI"
    if not record.published and target is not Wanted.DRAFT:
        return "not published"
    row = reservations.for_record(record)
    if row is None:
        return ""
    job = Job.get_or_none(
        Job.subject_id == row.id, Job.kind == str(JobKind.WRITE), Job.status.not_in(("completed", "cancelled"))
    )
    if job is None:
        return ""
    if job.status == JobStatus.FAILED:
        # Sent again only when there is something new to send: a nightly run must not repeat what was refused.
        return "" if row.current_hash != row.sent_hash else "failed before (`doitui queue retry` tries again)"
    return "queued already"

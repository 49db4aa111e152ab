"""What people can do to a DOI: mint, update, verify, deactivate, restore, abandon.

Each function changes the DOI's facts and queues the work in one transaction; the worker then brings DataCite to the
target state. The log names `actor`.
"""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import audit, database
from doitui_core.db.models import Doi, Job, Record
from doitui_core.dois import activity_log, datacite_document, doi_rows, reservations
from doitui_core.domain import doi_paths, doi_spelling, identifiers, job_kinds, states
from doitui_core.domain.job_kinds import JobKind, Service
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Certainty, Remote, Wanted
from doitui_core.errors import BadInput, InvalidMetadata, Refused
from doitui_core.metadata.validate import Finding
from doitui_core.queue import jobs, refused_jobs


@dataclass(frozen=True, slots=True)
class Queued:
    """`job_id` 0: nothing to do, `note` says why. `outcome`: the result, where it was done at once (`--now`)."""

    doi: Doi
    job_id: int
    note: str = ""
    outcome: Outcome | None = None


def mint(record: Record, target: Wanted, *, actor: str, config: Config | None = None, because: str = "") -> Queued:
    """Queue the mint of a record. `because`: the setting that asks for it, for the logs; empty where a person does.

    Raises as `check_mintable` and `reservations.reserve`.
    """
    config = config or repositories.config(record.repository)
    with database.write():
        record = reservations.lock_record(record)
        try:
            check_mintable(record, target, config)
        except InvalidMetadata as error:
            activity_log.not_described(record.object_id, error)
            raise
        row = reservations.for_record(record)
        if row is None:
            row = reservations.create(record, config, actor)
        else:
            doi_paths.check_sendable(row.doi)
            reservations.refresh(record, config)
            row = doi_rows.lock(row.id)
        facts = doi_rows.facts(row)
        new_facts = states.want(facts, target, row.doi)
        if new_facts != facts:
            detail = f"to {target} ({because})" if because else f"to {target}"
            doi_rows.write(row, new_facts, actor=actor, action="mint", detail=detail)
        if new_facts.settled and not row.changed and jobs.open_job(JobKind.WRITE, row.id) is None:
            return Queued(row, 0, f"is {row.status} already")
        if because:
            activity_log.queued(row.doi, record.object_id, because)
        return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))


def note_refused(doi_id: int, error: InvalidMetadata, *, actor: str, target: Wanted | None = None) -> None:
    """Give the DOI a failed job with the error, so that it carries the mark `failed` and is in the lists of failures
    until its record is corrected. `target`: what was asked for; None: what is wanted already. Nothing is sent. The
    same error is noted once.
    """
    message = str(error)
    with database.write():
        row = doi_rows.lock(doi_id)
        if refused_jobs.is_noted(row.id, message):
            return
        facts = doi_rows.facts(row)
        new_facts = states.want(facts, target, row.doi) if target is not None else facts
        doi_rows.write(row, new_facts, actor=actor, action="mint", cause="metadata", detail=message)
        job_id = _enqueue(row, JobKind.WRITE, repositories.config(row.repository), actor)
        refused_jobs.fail(job_id, "metadata", message)


def check_mintable(record: Record, target: Wanted, config: Config) -> None:
    """Raise `Refused` or `InvalidMetadata` where the record cannot be brought to `target`."""
    reservations.refuse_foreign(record)
    if not record.published and target is not Wanted.DRAFT:
        raise Refused(
            f"record {record.object_id} is not published: publish it, or mint with --state draft", "unpublished"
        )
    if target is Wanted.REGISTERED and config.text("transport") == "mds":
        raise Refused("MDS cannot register without publishing: mint it as findable, or set transport to rest", "no_way")
    found = datacite_document.errors(record, config, target)
    if found:
        raise InvalidMetadata(found)


def check_update(doi: str) -> Doi:
    """The DOI, if it exists at DataCite. Raises `NotFound`, `Refused`."""
    row = doi_rows.find_sendable(doi)
    if row.remote in states.ABSENT and row.certainty == Certainty.CONFIRMED:
        what = f": `doitui doi mint {row.record.object_id}`" if row.record else ""
        raise Refused(f"{row.doi} is not at DataCite yet{what}", "not_minted")
    return row


def update(doi: str, *, actor: str = "python") -> Queued:
    """Queue an update with the record's current content. Raises as `check_update`."""
    found = check_update(doi)
    config = repositories.config(found.repository)
    with database.write():
        if found.record is not None:
            reservations.refresh(reservations.lock_record(found.record), config)
        row = doi_rows.lock(found.id)
        doi_rows.write(row, doi_rows.facts(row), actor=actor, action="update")
        return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))


def check_deactivate(doi: str, reason: str, successor: str = "") -> Doi:
    """The DOI, if it can become a tombstone. Raises `BadInput` without a reason or for an invalid successor, `Refused`
    for a DOI that was never registered.
    """
    if not reason.strip():
        raise BadInput("a tombstone needs a reason: --reason TEXT")
    if successor:
        identifiers.validate(successor)
    row = doi_rows.find_sendable(doi)
    states.deactivate(doi_rows.facts(row), row.doi)
    return row


def _refuse_uncertain(row: Doi) -> None:
    """Raise `Refused` while the outcome of the last write is unknown: it may still create or change the DOI."""
    if row.certainty == Certainty.UNCERTAIN or doi_rows.unfinished(row.id):
        raise Refused(
            f"the outcome of the last write of {row.doi} is unknown: wait until the worker has checked it", "uncertain"
        )


def deactivate(doi: str, *, reason: str, successor: str = "", actor: str = "python") -> Queued:
    """Make the DOI a tombstone: it stays registered and resolves, its metadata is no longer public.

    Raises as `check_deactivate`.
    """
    with activity_log.refusals(activity_log.MESSAGES["deactivate"][1], doi):
        found = check_deactivate(doi, reason, successor)
    successor = doi_spelling.bare(successor)
    config = repositories.config(found.repository)
    with database.write():
        row = doi_rows.lock(found.id)
        facts = doi_rows.facts(row)
        new_facts = states.deactivate(facts, row.doi)
        if new_facts == facts and new_facts.settled:
            return Queued(row, 0, "is a tombstone already")
        text = reason.strip()
        doi_rows.write(row, new_facts, actor=actor, action="deactivate", detail=text, reason=text, successor=successor)
        return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))


def check_abandon(doi: str) -> Doi:
    """The DOI, if it was never registered. Raises `NotFound`, `Refused`."""
    row = doi_rows.find(doi)
    states.abandon(doi_rows.facts(row), row.doi)
    if row.remote == Remote.DRAFT:  # only then is something sent
        doi_paths.check_sendable(row.doi)
    return row


def abandon(doi: str, *, actor: str = "python") -> Queued:
    """Abandon a DOI that was never registered: its draft at DataCite is deleted, its string is never used again.

    The record may get another DOI. Raises as `check_abandon`.
    """
    found = check_abandon(doi)
    config = repositories.config(found.repository)
    with database.write():
        row = doi_rows.lock(found.id)
        new_facts = states.abandon(doi_rows.facts(row), row.doi)
        open_job = jobs.open_job(JobKind.WRITE, row.id)
        if open_job is not None and open_job.status == job_kinds.JobStatus.PROCESSING:
            raise Refused(f"{row.doi} is being sent: try again when that has finished", "busy")
        _refuse_uncertain(row)
        doi_rows.write(row, new_facts, actor=actor, action="abandon")
        if new_facts.remote is Remote.DRAFT:
            return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))
        if open_job is not None:
            jobs.cancel(open_job.id)
        return Queued(row, 0, "is abandoned; its string is never used again")


def check_restore(doi: str, reason: str) -> Doi:
    """The DOI, if it is a tombstone and there is a reason. Raises `BadInput`, `NotFound`, `Refused`."""
    if not reason.strip():
        raise BadInput("restoring a tombstone needs a reason: --reason TEXT")
    row = doi_rows.find_sendable(doi)
    states.restore(doi_rows.facts(row), Wanted.FINDABLE, row.doi)
    return row


def restore(doi: str, *, reason: str, actor: str = "python") -> Queued:
    """Make a tombstone findable again: nothing else does. Raises as `check_restore`."""
    found = check_restore(doi, reason)
    config = repositories.config(found.repository)
    with database.write():
        record, row = _lock_with_record(found)
        new_facts = states.restore(doi_rows.facts(row), Wanted.FINDABLE, row.doi)
        # The row keeps the tombstone's reason: cancelling the restore makes it the same tombstone again.
        doi_rows.write(row, new_facts, actor=actor, action="restore", detail=reason.strip())
        if record is not None:
            reservations.refresh(record, config)
            row = doi_rows.read(row.id)
        return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))


def _lock_with_record(found: Doi) -> tuple[Record | None, Doi]:
    """The DOI's record and row, locked in this order. Inside `database.write()`."""
    record = reservations.lock_record(found.record) if found.record is not None else None
    return record, doi_rows.lock(found.id)


def check_verify(doi: str) -> Doi:
    """The DOI, if it is registered or findable. Raises `NotFound`, `Refused`."""
    row = doi_rows.find_sendable(doi)
    if not doi_rows.facts(row).minted:
        raise Refused(
            f"{row.doi} is {row.status}, not registered or findable: there is nothing to verify", "not_minted"
        )
    return row


def verify(doi: str, *, actor: str = "python") -> Queued:
    """Queue a comparison of state and landing page with DataCite's. Raises as `check_verify`."""
    row = check_verify(doi)
    config = repositories.config(row.repository)
    with database.write():
        row = doi_rows.lock(row.id)
        audit.note(actor, "verify", row.doi)
        return Queued(row, _enqueue(row, JobKind.VERIFY, config, actor))


def cancel(job_id: int, *, actor: str = "python") -> Job:
    """Cancel a job and its request: the target becomes the current state. Raises `NotFound`, `Refused`."""
    with database.write():
        job = jobs.cancellable(job_id)
        if JobKind(job.kind).service is not Service.DOIS:
            return jobs.cancel(job_id)  # its subject is an event or a report
        record, row = _lock_with_record(doi_rows.read(job.subject_id))
        if job.kind == JobKind.WRITE:
            if row.wanted == Wanted.ABANDONED:
                raise Refused(f"{row.doi} is abandoned: the deletion of its draft cannot be cancelled", "abandoned")
            _refuse_uncertain(row)
            new_facts = states.cancelled(doi_rows.facts(row), was_tombstone=bool(row.reason))
            doi_rows.write(row, new_facts, actor=actor, action="cancel")
            if record is not None:
                reservations.refresh(record, repositories.config(row.repository))
        return jobs.cancel(job_id)


def check(record: Record, state: str = "findable") -> list[Finding]:
    """The errors (DataCite would reject) and warnings of a record."""
    return datacite_document.findings(record, repositories.config(record.repository), state)


def _enqueue(row: Doi, kind: JobKind, config: Config, actor: str) -> int:
    return jobs.enqueue(
        kind,
        row.id,
        row.repository_id,
        actor=actor,
        max_attempts=config.number("max_attempts"),
        action=states.action(doi_rows.facts(row)) if kind is JobKind.WRITE else str(kind),
    )

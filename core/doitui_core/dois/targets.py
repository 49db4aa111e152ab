"""What one can do to a DOI: reserve, mint, update, verify, deactivate, adopt.

Each act changes facts and queues the work in one transaction; the worker brings DataCite to what is wanted. `actor`
is who asks; it stands in the log.
"""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import audit, database
from doitui_core.db.models import Doi, Job, Record
from doitui_core.dois import activity_log, documents, doi_rows, lookup, reservations
from doitui_core.domain import doi_paths, doi_spelling, identifiers, job_kinds, states
from doitui_core.domain.job_kinds import JobKind, Service
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Certainty, Remote, Wanted
from doitui_core.errors import BadInput, InvalidMetadata, Refused
from doitui_core.metadata.validate import Finding
from doitui_core.queue import jobs


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of a wish: the DOI, the job that carries it out (0: nothing is to do), and why.

    `outcome`: how it went, where it was done here and now.
    """

    doi: Doi
    job_id: int
    note: str = ""
    outcome: Outcome | None = None


def mint(record: Record, target: Wanted, *, actor: str, config: Config | None = None) -> Queued:
    """`mint` for a record at hand, queued. One transaction."""
    config = config or repositories.config(record.repository)
    with database.write():
        record = reservations.fresh(record)
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
            doi_rows.write(row, new_facts, actor=actor, action="mint", detail=f"to {target}")
        if new_facts.settled and not row.changed and jobs.open_job(JobKind.WRITE, row.id) is None:
            return Queued(row, 0, f"is {row.status} already")
        return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))


def check_mintable(record: Record, target: Wanted, config: Config) -> None:
    """Raise `Refused` or `InvalidMetadata` where the record cannot be brought to `target`. Nothing is changed."""
    if record.foreign_doi:
        raise Refused(
            f"record {record.object_id} has the foreign DOI {record.foreign_doi}; we do not register it", "foreign_doi"
        )
    if not record.published and target is not Wanted.DRAFT:
        raise Refused(
            f"record {record.object_id} is not published: publish it, or mint with --state draft", "unpublished"
        )
    if target is Wanted.REGISTERED and config.text("transport") == "mds":
        raise Refused("MDS cannot register without publishing: mint it as findable, or set transport to rest", "no_way")
    found = documents.errors(record, config, target)
    if found:
        raise InvalidMetadata(found)


def check_update(doi: str) -> Doi:
    """The DOI, if there is something at DataCite to update. Raises `NotFound`, `Refused`."""
    row = lookup.find_sendable(doi)
    if row.remote in states.ABSENT and row.certainty == Certainty.CONFIRMED:
        what = f": `doitui doi mint {row.record.object_id}`" if row.record else ""
        raise Refused(f"{row.doi} is not at DataCite yet{what}", "not_minted")
    return row


def update(doi: str, *, actor: str = "python") -> Queued:
    """Send the record's present content again. Raises as `check_update`."""
    found = check_update(doi)
    config = repositories.config(found.repository)
    with database.write():
        if found.record is not None:
            reservations.refresh(reservations.fresh(found.record), config)
        row = doi_rows.lock(found.id)
        doi_rows.write(row, doi_rows.facts(row), actor=actor, action="update")
        return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))


def check_deactivate(doi: str, reason: str, successor: str = "") -> Doi:
    """The DOI, if it can become a tombstone. Raises `BadInput` without a reason or for a successor that is no DOI,
    `Refused` for a DOI that was never registered.
    """
    if not reason.strip():
        raise BadInput("a tombstone needs a reason: --reason TEXT")
    if successor:
        identifiers.validate(successor)
    row = lookup.find_sendable(doi)
    states.deactivate(doi_rows.facts(row), row.doi)
    return row


def _refuse_uncertain(row: Doi) -> None:
    """Raise `Refused` while nobody knows what became of the last write: to take the wish back now could bring the DOI
    back later.
    """
    if row.certainty == Certainty.UNCERTAIN or doi_rows.unfinished(row.id):
        raise Refused(
            f"nobody knows yet what became of the last write of {row.doi}: it has to be asked about first", "uncertain"
        )


def deactivate(doi: str, *, reason: str, successor: str = "", actor: str = "python") -> Queued:
    """Make the DOI a tombstone: it stays registered and resolves, its metadata is no longer public.

    Raises as `check_deactivate`.
    """
    with activity_log.deactivating(doi):
        found = check_deactivate(doi, reason, successor)
    successor = doi_spelling.bare(successor)
    config = repositories.config(found.repository)
    with database.write():
        row = doi_rows.lock(found.id)
        facts = doi_rows.facts(row)
        new_facts = states.deactivate(facts, row.doi)
        if new_facts == facts and new_facts.settled:
            return Queued(row, 0, "is a tombstone already")
        doi_rows.write(
            row,
            new_facts,
            actor=actor,
            action="deactivate",
            detail=reason.strip(),
            reason=reason.strip(),
            successor=successor,
        )
        return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))


def check_abandon(doi: str) -> Doi:
    """The DOI, if it was never registered. Raises `NotFound`, `Refused`."""
    row = lookup.find(doi)
    states.abandon(doi_rows.facts(row), row.doi)
    if row.remote == Remote.DRAFT:  # else nothing is sent
        doi_paths.check_sendable(row.doi)
    return row


def abandon(doi: str, *, actor: str = "python") -> Queued:
    """Give up a DOI that was never registered: a draft at DataCite is deleted, the string is never used again.

    The record may get another one. Raises as `check_abandon`.
    """
    found = check_abandon(doi)
    config = repositories.config(found.repository)
    with database.write():
        row = doi_rows.lock(found.id)
        new_facts = states.abandon(doi_rows.facts(row), row.doi)
        open_job = jobs.open_job(JobKind.WRITE, row.id)
        if open_job is not None and open_job.status == job_kinds.JobStatus.PROCESSING:
            raise Refused(f"{row.doi} is being sent this moment: try again when that has ended", "busy")
        _refuse_uncertain(row)
        doi_rows.write(row, new_facts, actor=actor, action="abandon")
        if new_facts.remote is Remote.DRAFT:
            queued = Queued(row, _enqueue(row, JobKind.WRITE, config, actor))
        else:
            if open_job is not None:
                jobs.cancel(open_job.id)
            queued = Queued(row, 0, "is abandoned; its string is never used again")
    return queued


def check_restore(doi: str, reason: str) -> Doi:
    """The DOI, if it is a tombstone and there is a reason. Raises `BadInput`, `NotFound`, `Refused`."""
    if not reason.strip():
        raise BadInput("bringing a tombstone back needs a reason: --reason TEXT")
    row = lookup.find_sendable(doi)
    states.restore(doi_rows.facts(row), Wanted.FINDABLE, row.doi)
    return row


def restore(doi: str, *, reason: str, actor: str = "python") -> Queued:
    """Bring a tombstone back to findable: the one way out. Raises as `check_restore`."""
    found = check_restore(doi, reason)
    config = repositories.config(found.repository)
    with database.write():
        record, row = _lock_with_record(found)
        new_facts = states.restore(doi_rows.facts(row), Wanted.FINDABLE, row.doi)
        # The tombstone's own reason stays on the row: taken back, this wish leads to the same tombstone again.
        doi_rows.write(row, new_facts, actor=actor, action="restore", detail=reason.strip())
        if record is not None:
            reservations.refresh(record, config)
            row = doi_rows.read(row.id)
        return Queued(row, _enqueue(row, JobKind.WRITE, config, actor))


def _lock_with_record(found: Doi) -> tuple[Record | None, Doi]:
    """The DOI's record and its row, locked in this order. Inside `database.write()`."""
    record = reservations.fresh(found.record) if found.record is not None else None
    return record, doi_rows.lock(found.id)


def check_verify(doi: str) -> Doi:
    """The DOI, if there is something to verify. Raises `Refused` for one that was never registered."""
    row = lookup.find_sendable(doi)
    if not doi_rows.facts(row).minted:
        raise Refused(
            f"{row.doi} is {row.status}, not registered or findable: there is nothing to verify", "not_minted"
        )
    return row


def verify(doi: str, *, actor: str = "python") -> Queued:
    """Compare state and landing page with what DataCite has. Raises as `check_verify`."""
    row = check_verify(doi)
    config = repositories.config(row.repository)
    with database.write():
        row = doi_rows.lock(row.id)
        queued = Queued(row, _enqueue(row, JobKind.VERIFY, config, actor))
        audit.note(actor, "verify", row.doi)
    return queued


def cancel(job_id: int, *, actor: str = "python") -> Job:
    """Cancel a job and the wish behind it: what is wanted is again what is there. Raises `NotFound`, `Refused`."""
    with database.write():
        job = jobs.cancellable(job_id)
        if JobKind(job.kind).service is not Service.DOIS:
            return jobs.cancel(job_id)  # its subject is an event or a report
        record, row = _lock_with_record(doi_rows.read(job.subject_id))
        if job.kind == JobKind.WRITE:
            if row.wanted == Wanted.ABANDONED:
                raise Refused(f"{row.doi} is abandoned: its draft at DataCite has to go", "abandoned")
            _refuse_uncertain(row)
            new_facts = states.cancelled(doi_rows.facts(row), was_tombstone=bool(row.reason))
            doi_rows.write(row, new_facts, actor=actor, action="cancel")
            if record is not None:
                reservations.refresh(record, repositories.config(row.repository))
        return jobs.cancel(job_id)


def check(record: Record, state: str = "findable") -> list[Finding]:
    """What DataCite would refuse in the record, and what a person should know. Nothing is changed."""
    return documents.findings(record, repositories.config(record.repository), state)


def _enqueue(row: Doi, kind: JobKind, config: Config, actor: str) -> int:
    return jobs.enqueue(
        kind,
        row.id,
        row.repository_id,
        actor=actor,
        max_attempts=config.number("max_attempts"),
        action=states.action(doi_rows.facts(row)) if kind is JobKind.WRITE else str(kind),
    )

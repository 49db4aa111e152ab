"""What one can do to a DOI: reserve, mint, update, verify, deactivate, adopt.

Each act changes facts and queues the work in one transaction; the worker brings DataCite to what is wanted. With
`now=True` the work is done here, before the function returns. `actor` is who asks; it stands in the log.
"""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core import (
    activity,
    audit,
    database,
    documents,
    doi_paths,
    identifiers,
    ledger,
    queue,
    records,
    repositories,
    reservations,
    states,
)
from doitui_core.errors import BadInput, InvalidMetadata, NotFound, Refused
from doitui_core.jobs import Lane
from doitui_core.metadata.validate import Finding
from doitui_core.models import Doi, Job, Record
from doitui_core.outcomes import Outcome
from doitui_core.queue import Kind
from doitui_core.repositories import Config
from doitui_core.reservations import preview as preview
from doitui_core.reservations import reserve as reserve
from doitui_core.states import Certainty, Remote, Wanted


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of a wish: the DOI, the job that carries it out (0: nothing is to do), and why.

    `outcome`: how it went, where it was done here and now.
    """

    doi: Doi
    job_id: int
    note: str = ""
    outcome: Outcome | None = None


def find(text: str) -> Doi:
    """The DOI that `text` names, in any spelling. Raises `NotFound`, and `InvalidDoi` for what cannot be one here."""
    row = Doi.get_or_none(Doi.folded == identifiers.fold(text)) if database.storable(text) else None
    if row is None:
        doi_paths.check(identifiers.bare(text))
        raise NotFound(f"there is no DOI {text!r} here: `doitui doi list` shows those that are")
    return row


def find_sendable(text: str) -> Doi:
    """`find` for what sends something. Raises `InvalidDoi` too for a row from before that no request can name."""
    row = find(text)
    doi_paths.check_sendable(row.doi)
    return row


def mint(
    object_id: str, *, state: str = "findable", now: bool = False, actor: str = "python", repository: str | None = None
) -> Queued:
    """Bring the record's DOI to `state` (draft, registered, findable), reserving one where there is none.

    Raises `InvalidMetadata` with the findings when DataCite would refuse it; then nothing is queued. `Refused` for an
    unpublished record (unless draft), a foreign DOI, or a way back; `TombstoneStays`.
    """
    record = records.find(f"{repository}:{object_id}" if repository else object_id)
    queued = request(record, Wanted(state), actor=actor)
    return _carry_out(queued) if now else queued


def request(record: Record, target: Wanted, *, actor: str, config: Config | None = None) -> Queued:
    """`mint` for a record at hand, queued. One transaction."""
    config = config or repositories.config(record.repository)
    with database.write():
        record = reservations.fresh(record)
        try:
            check_mintable(record, target, config)
        except InvalidMetadata as error:
            activity.not_described(record.object_id, error)
            raise
        row = reservations.of_record(record)
        if row is None:
            row = reservations.make(record, config, actor)
        else:
            doi_paths.check_sendable(row.doi)
            reservations.refresh(record, config)
            row = ledger.lock(row.id)
        facts = ledger.facts(row)
        wished = states.want(facts, target, row.doi)
        if wished != facts:
            ledger.write(row, wished, actor=actor, action="mint", detail=f"to {target}")
        if wished.settled and not row.changed and queue.open_job(Kind.WRITE, row.id) is None:
            return Queued(row, 0, f"is {row.status} already")
        return Queued(row, _enqueue(row, Kind.WRITE, config, actor))


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
    row = find_sendable(doi)
    if row.remote in states.ABSENT and row.certainty == Certainty.CONFIRMED:
        what = f": `doitui doi mint {row.record.object_id}`" if row.record else ""
        raise Refused(f"{row.doi} is not at DataCite yet{what}", "not_minted")
    return row


def update(doi: str, *, now: bool = False, actor: str = "python") -> Queued:
    """Send the record's present content again. Raises as `check_update`."""
    found = check_update(doi)
    config = repositories.config(found.repository)
    with database.write():
        if found.record is not None:
            reservations.refresh(reservations.fresh(found.record), config)
        row = ledger.lock(found.id)
        ledger.write(row, ledger.facts(row), actor=actor, action="update")
        queued = Queued(row, _enqueue(row, Kind.WRITE, config, actor))
    return _carry_out(queued) if now else queued


def check_deactivate(doi: str, reason: str, successor: str = "") -> Doi:
    """The DOI, if it can become a tombstone. Raises `BadInput` without a reason or for a successor that is no DOI,
    `Refused` for a DOI that was never registered.
    """
    if not reason.strip():
        raise BadInput("a tombstone needs a reason: --reason TEXT")
    if successor:
        identifiers.validate(successor)
    row = find_sendable(doi)
    states.deactivate(ledger.facts(row), row.doi)
    return row


def _refuse_unsettled(row: Doi) -> None:
    """Raise `Refused` while nobody knows what became of the last write: to take the wish back now could bring the DOI
    back later.
    """
    if row.certainty == Certainty.UNCERTAIN or ledger.unfinished(row.id):
        raise Refused(
            f"nobody knows yet what became of the last write of {row.doi}: it has to be asked about first", "uncertain"
        )


def deactivate(doi: str, *, reason: str, successor: str = "", now: bool = False, actor: str = "python") -> Queued:
    """Make the DOI a tombstone: it stays registered and resolves, its metadata is no longer public.

    Raises as `check_deactivate`.
    """
    with activity.deactivating(doi):
        found = check_deactivate(doi, reason, successor)
    successor = identifiers.bare(successor)
    config = repositories.config(found.repository)
    with database.write():
        row = ledger.lock(found.id)
        facts = ledger.facts(row)
        wished = states.deactivate(facts, row.doi)
        if wished == facts and wished.settled:
            return Queued(row, 0, "is a tombstone already")
        ledger.write(
            row,
            wished,
            actor=actor,
            action="deactivate",
            detail=reason.strip(),
            reason=reason.strip(),
            successor=successor,
        )
        queued = Queued(row, _enqueue(row, Kind.WRITE, config, actor))
    return _carry_out(queued) if now else queued


def check_abandon(doi: str) -> Doi:
    """The DOI, if it was never registered. Raises `NotFound`, `Refused`."""
    row = find(doi)
    states.abandon(ledger.facts(row), row.doi)
    if row.remote == Remote.DRAFT:  # else nothing is sent
        doi_paths.check_sendable(row.doi)
    return row


def abandon(doi: str, *, now: bool = False, actor: str = "python") -> Queued:
    """Give up a DOI that was never registered: a draft at DataCite is deleted, the string is never used again.

    The record may get another one. Raises as `check_abandon`.
    """
    found = check_abandon(doi)
    config = repositories.config(found.repository)
    with database.write():
        row = ledger.lock(found.id)
        wished = states.abandon(ledger.facts(row), row.doi)
        open_job = queue.open_job(Kind.WRITE, row.id)
        if open_job is not None and open_job.status == queue.Status.PROCESSING:
            raise Refused(f"{row.doi} is being sent this moment: try again when that has ended", "busy")
        _refuse_unsettled(row)
        ledger.write(row, wished, actor=actor, action="abandon")
        if wished.remote is Remote.DRAFT:
            queued = Queued(row, _enqueue(row, Kind.WRITE, config, actor))
        else:
            if open_job is not None:
                queue.cancel(open_job.id)
            queued = Queued(row, 0, "is abandoned; its string is never used again")
    return _carry_out(queued) if now else queued


def check_set_url(doi: str, url: str) -> Doi:
    """The DOI, if its landing page can become `url`. Raises `BadInput`, `NotFound`, `Refused`."""
    records.check_url(url)
    found = find_sendable(doi)
    if found.wanted == Wanted.ABANDONED:
        raise Refused(f"{found.doi} was abandoned; it has no landing page", "abandoned")
    if found.record is None:
        raise Refused(f"{found.doi} has no record here whose landing page could be changed", "no_record")
    return found


def set_url(doi: str, url: str, *, now: bool = False, actor: str = "python") -> Queued:
    """Change the landing page. Queued for a DOI that DataCite has, else it goes with the mint. As `check_set_url`."""
    with activity.readdressing(doi, url):
        found = check_set_url(doi, url)
    assert found.record is not None
    with database.write():
        records.change_url(found.record, url)
        audit.note(actor, "set-url", found.doi, url)
        activity.readdressed(found, url)
    if found.remote in states.ABSENT:
        return Queued(find(doi), 0, "the new landing page goes out with its mint")
    return update(doi, now=now, actor=actor)


def check_restore(doi: str, reason: str) -> Doi:
    """The DOI, if it is a tombstone and there is a reason. Raises `BadInput`, `NotFound`, `Refused`."""
    if not reason.strip():
        raise BadInput("bringing a tombstone back needs a reason: --reason TEXT")
    row = find_sendable(doi)
    states.restore(ledger.facts(row), Wanted.FINDABLE, row.doi)
    return row


def restore(doi: str, *, reason: str, now: bool = False, actor: str = "python") -> Queued:
    """Bring a tombstone back to findable: the one way out. Raises as `check_restore`."""
    found = check_restore(doi, reason)
    config = repositories.config(found.repository)
    with database.write():
        record, row = _held(found)
        wished = states.restore(ledger.facts(row), Wanted.FINDABLE, row.doi)
        # The tombstone's own reason stays on the row: taken back, this wish leads to the same tombstone again.
        ledger.write(row, wished, actor=actor, action="restore", detail=reason.strip())
        if record is not None:
            reservations.refresh(record, config)
            row = ledger.read(row.id)
        queued = Queued(row, _enqueue(row, Kind.WRITE, config, actor))
    return _carry_out(queued) if now else queued


def _held(found: Doi) -> tuple[Record | None, Doi]:
    """The DOI's record and its row, locked in this order. Inside `database.write()`."""
    record = reservations.fresh(found.record) if found.record is not None else None
    return record, ledger.lock(found.id)


def check_verify(doi: str) -> Doi:
    """The DOI, if there is something to verify. Raises `Refused` for one that was never registered."""
    row = find_sendable(doi)
    if not ledger.facts(row).minted:
        raise Refused(
            f"{row.doi} is {row.status}, not registered or findable: there is nothing to verify", "not_minted"
        )
    return row


def verify(doi: str, *, now: bool = False, actor: str = "python") -> Queued:
    """Compare state and landing page with what DataCite has. Raises as `check_verify`."""
    row = check_verify(doi)
    config = repositories.config(row.repository)
    with database.write():
        row = ledger.lock(row.id)
        queued = Queued(row, _enqueue(row, Kind.VERIFY, config, actor))
        audit.note(actor, "verify", row.doi)
    return _carry_out(queued) if now else queued


def withdraw(job_id: int, *, actor: str = "python") -> Job:
    """Cancel a job and the wish behind it: what is wanted is again what is there. Raises `NotFound`, `Refused`."""
    with database.write():
        job = queue.cancellable(job_id)
        if Kind(job.kind).lane is not Lane.DOIS:
            return queue.cancel(job_id)  # its subject is an event or a report
        record, row = _held(ledger.read(job.subject_id))
        if job.kind == Kind.WRITE:
            if row.wanted == Wanted.ABANDONED:
                raise Refused(f"{row.doi} is abandoned: its draft at DataCite has to go", "abandoned")
            _refuse_unsettled(row)
            wished = states.withdrawn(ledger.facts(row), was_tombstone=bool(row.reason))
            ledger.write(row, wished, actor=actor, action="cancel")
            if record is not None:
                reservations.refresh(record, repositories.config(row.repository))
        return queue.cancel(job_id)


def check(record: Record, state: str = "findable") -> list[Finding]:
    """What DataCite would refuse in the record, and what a person should know. Nothing is changed."""
    return documents.findings(record, repositories.config(record.repository), state)


def _enqueue(row: Doi, kind: Kind, config: Config, actor: str) -> int:
    return queue.enqueue(
        kind,
        row.id,
        row.repository_id,
        actor=actor,
        max_attempts=config.number("max_attempts"),
        action=states.action(ledger.facts(row)) if kind is Kind.WRITE else str(kind),
    )


def _carry_out(queued: Queued) -> Queued:
    from doitui_core import worker

    if not queued.job_id:
        return queued
    if database.in_write():
        raise BadInput("now=True sends at once, so it cannot be part of a transaction: queue it, or commit first")
    outcome = worker.run_one(queued.job_id)
    return Queued(Doi.get_by_id(queued.doi.id), queued.job_id, queued.note, outcome)

"""Update many: send every DOI whose record has changed since it was sent, and say why the others are skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import peewee

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.chunks import GAP, Step, in_chunks, paced, row_chunks, to_the_end
from doitui_core.db.models import Doi, Record
from doitui_core.dois import reservations, targets
from doitui_core.domain import states
from doitui_core.domain.states import Wanted
from doitui_core.errors import InvalidMetadata, Refused
from doitui_core.notify import bulk_digests
from doitui_core.operations.bulk_mint import CHUNK, FAILED_BEFORE, MintResult, unfinished_write

#: Why a record is skipped; none of them is a failure.
UNCHANGED, TOMBSTONE = "not changed since it was sent", "tombstone"


def update(
    records: Iterable[Record] | None = None,
    *,
    repository: str = "",
    limit: int = 0,
    actor: str = "python",
    dry_run: bool = False,
    step: Step = to_the_end,
    digest: bool = True,
) -> MintResult:
    """Queue up to `limit` updates (0: all), of `records` or of all DOIs that have changed. A chunk is a transaction.
    `digest`: whether one reports the results, if digests are enabled. A refused record is in the result. Raises
    `NotFound` for a repository.
    """
    result, configs = MintResult(), dict[int, Config]()
    chunks: Iterable[Sequence[Record]]
    if records is None:
        chunks = ([row.record for row in rows] for rows in row_chunks(changed(repository), Doi.id, CHUNK))
    else:
        chunks = in_chunks(records, CHUNK)
    for chunk in paced(chunks, step, gap=0 if dry_run else GAP):
        with database.read() if dry_run else database.write():
            for record in chunk:
                if not limit or result.queued < limit:
                    _one(record, configs, result, actor, dry_run)
    if digest and not dry_run:
        bulk_digests.record("DOI update", result.job_ids, actor=actor, repository=repository, refused=result.refused)
    return result


def changed(repository: str = "") -> peewee.ModelSelect[Doi]:
    """The DOIs with a record that has changed since it was sent. Raises `NotFound`."""
    query = Doi.select(Doi, Record).join(Record).where(Doi.changed == True)  # noqa: E712
    query = query.order_by(Doi.id)
    return query.where(Doi.repository == repositories.find(repository).id) if repository else query


def _one(record: Record, configs: dict[int, Config], result: MintResult, actor: str, dry_run: bool) -> None:
    row = reservations.for_record(record)
    if record.repository_id not in configs:
        configs[record.repository_id] = repositories.config(record.repository)
    config = configs[record.repository_id]
    if row is not None and not dry_run and row.remote not in states.ABSENT:
        reservations.refresh(record, config)  # settings may have changed what is sent
        row = reservations.for_record(record)
    if (reason := _reason(record, row)) or row is None:
        result.skipped[reason] += 1
        if reason == FAILED_BEFORE and row is not None:
            result.failed_before.append(row.id)
        return
    try:
        target = Wanted(row.wanted)
        targets.check_mintable(record, target if target in states.LADDER else Wanted.FINDABLE, config)
        if not dry_run:
            result.job_ids.append(targets.update(row.doi, actor=actor).job_id)
            result.doi_ids.append(row.id)
        result.queued += 1
    except InvalidMetadata as error:
        if not dry_run:
            targets.note_refused(row.id, error, actor=actor)
        result.refuse(record, "metadata DataCite would refuse", error)
    except Refused as error:
        result.refuse(record, error.cause.replace("_", " "), error)


def _reason(record: Record, row: Doi | None) -> str:
    """Why there is nothing to send; empty where there is."""
    if record.foreign_doi:
        return "foreign DOI"
    if row is None or row.remote in states.ABSENT:
        return "not at DataCite yet"
    if row.wanted == Wanted.TOMBSTONE:
        return TOMBSTONE
    if not record.published and row.wanted != Wanted.DRAFT:
        return "not published"
    return unfinished_write(row) or ("" if row.changed else UNCHANGED)

"""The API's functions for records."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from doitui_core.api.calls import acting, public
from doitui_core.api.results import ActResult, FundingCounts, ImportCounts, ImportedDocument, RecordInfo, from_row
from doitui_core.config import repositories
from doitui_core.db import audit, database
from doitui_core.db.models import Record, Repository
from doitui_core.dois import reservations, tombstone_page
from doitui_core.domain import strict_json
from doitui_core.domain.job_kinds import JobKind
from doitui_core.errors import BadInput
from doitui_core.queue import jobs
from doitui_core.records import funding_import, importing, publish_rules, record_lookup, records
from doitui_core.records.importing import ImportOptions, ImportResult
from doitui_core.records.publish_transition import PublishEffect
from doitui_core.text import plural


@public
def save_record(
    object_id: str,
    *,
    repository: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    description: Mapping[str, Any] | None = None,
    url: str | None = None,
    owner_name: str | None = None,
    owner_email: str | None = None,
    published: bool | None = None,
    actor: str | None = None,
) -> ActResult:
    """Store a record, or change the one with this object id. None: unchanged. A new record is published.

    `object_id`: 1 to 255 characters, or `CODE:ID`. `repository`: its code, needed where there are several.

    A new record needs one of the two. `metadata`: DataCite's Kernel-4 JSON attributes (`creators`, `titles`,
    `publisher`, `publicationYear`, `types`, …). `description`: an archival description, of which they are made now
    (`title`, `actors`, `events`, `scope_and_content`, `parent`, …; docs/python.md has all keys). Without a creator it
    takes the setting `default_publisher` as the single one, without a date the year in which the record was stored
    first. A `doi` in either is kept: as the record's own under the repository's prefix, else as foreign, and never
    registered.

    `url`: the landing page; without one the repository's template makes it. What is given stays when the record's
    document is imported later; an empty text takes that back.

    The outcome is `created`, `updated` or `unchanged`. Nothing is sent: `mint` and `update` do that. A record that
    becomes published by it may get a DOI, as `publish` says; then `job_id` is the job that registers it.
    Raises `BadInput` for what cannot be stored, `DoiTaken` for a DOI of another record, `NotFound` for a repository.

    Example: `doitui_core.save_record("ms-1", metadata={"titles": [{"title": "Letters"}], …})`
    """
    who = acting(actor)
    code, object_id = _placed(object_id, repository)
    attributes = None if metadata is None else _plain(metadata, "metadata")
    described = None if description is None else _plain(description, "description")
    with database.write():
        stored = records.save(
            object_id,
            metadata=attributes,
            description=described,
            repository=code,
            url=url,
            owner_name=owner_name,
            owner_email=owner_email,
            published=published,
            actor=who,
        )
        outcome = "created" if stored.created else "updated" if stored.changed else "unchanged"
        if outcome != "unchanged":
            audit.note(who, "save", f"record {stored.record.object_id}", outcome)
    return _with_effect(stored.record, stored.published, outcome)


@public
def get_record(id: str) -> RecordInfo:
    """The record that `id` names.

    Raises `NotFound`, and `AmbiguousId` where several repositories have it.

    Example: `doitui_core.get_record("h:ms-1").title`
    """
    row = record_lookup.find(id)
    return from_row(
        RecordInfo,
        row,
        repository=row.repository.code,
        doi=_doi_of(row),
        foreign_doi=row.foreign_doi or None,
        published=bool(row.published),
        metadata=strict_json.tolerant_loads(row.metadata),
    )


@public
def delete_record(id: str, reason: str = publish_rules.REASON, *, actor: str | None = None) -> ActResult:
    """Delete a record. A registered or findable DOI becomes a tombstone with `reason`, and the record stays,
    unpublished, for the tombstone's page; any other DOI is abandoned and never used again.

    The outcome is `queued` where DataCite must be updated, else `done`. The `message` warns as that of `deactivate`.
    Raises `NotFound`, `AmbiguousId`, and `Refused` while the DOI's last write has no known outcome.

    Example: `doitui_core.delete_record("ms-1", reason="Withdrawn by its author")`
    """
    who = acting(actor)
    if not reason.strip():
        raise BadInput("reason is empty: say why the record is deleted")
    with database.write():
        row = record_lookup.find(id)
        doi = reservations.for_record(row)
        effect = publish_rules.delete(row, reason=reason, actor=who)
        job = jobs.open_job(JobKind.WRITE, doi.id) if doi is not None else None
        warning = tombstone_page.missing(doi) if doi is not None and effect == "tombstone" else ""
    return ActResult(doi.doi if doi else None, job.id if job else None, "queued" if job else "done", message=warning)


@public
def publish(id: str, *, actor: str | None = None) -> ActResult:
    """Mark a record as published. The settings `auto_create`, `register_at_publish` and `auto_mint` say whether that
    creates its DOI and queues its registration; else it is minted by `mint`, `mint_all` or `register_local`.

    The outcome is `queued` with the job that registers it, `done` or `unchanged`. A DOI that could not be created or
    queued does not stop the publication: `cause` is then `not_registered`, `message` the reason.
    Raises `NotFound`, `AmbiguousId`.

    Example: `doitui_core.publish("ms-1")`
    """
    return _set_published(id, True, acting(actor))


@public
def unpublish(id: str, *, actor: str | None = None) -> ActResult:
    """Mark a record as not published. Its DOI stays as it is: `deactivate` makes a tombstone.

    The outcome is `done` or `unchanged`. Raises `NotFound`, `AmbiguousId`.

    Example: `doitui_core.unpublish("ms-1")`
    """
    return _set_published(id, False, acting(actor))


@public
def import_records(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    repository: str | None = None,
    *,
    overwrite: bool = False,
    object_id: str = "auto",
    owner_name: str = "",
    owner_email: str = "",
    actor: str | None = None,
) -> ImportCounts:
    """Import files of DataCite XML, DataCite JSON, JSON lines, CSV or AtoM's ISAD CSV; importing again updates. The
    format is recognised.

    `paths`: one file or several. `repository`: its code, needed where there are several. `object_id`: the column or
    member with the object ids, `filename`, or `auto`. A document with the DOI of a record updates that record; if its
    object id is only the DOI, it becomes that of the document (`renamed` in the result). `owner_name`, `owner_email`:
    the owner of documents that name none. A document that cannot be stored is `rejected` in the result, with the
    reason, and the others are stored. Records are stored in portions of 200; inside `transaction()` all are kept or
    none. What a document does not say stays as it is, and so does what a person set: such differences are `kept` in the
    result; with `overwrite` the document counts, and they are `overwritten`.

    Raises `NotFound` or `BadInput` for the repository, `BadInput` for paths that are no paths.

    Example: `doitui_core.import_records(Path("records").glob("*.xml")).rejected`
    """
    who = acting(actor)
    config = repositories.config(repositories.find_or_only(repository))
    files = [_path(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    options = ImportOptions(
        object_id=object_id, overwrite=overwrite, actor=who, owner_name=owner_name, owner_email=owner_email
    )
    documents = tuple(_imported(found) for found in importing.files(files, config, options))
    counts = Counter(document.outcome for document in documents)
    if stored := counts["created"] + counts["updated"]:
        with database.write():
            audit.note(who, "import", plural(stored, "record"))
    return ImportCounts(counts["created"], counts["updated"], counts["rejected"], documents, counts["unchanged"])


@public
def import_funding(path: str | os.PathLike[str], *, actor: str | None = None) -> FundingCounts:
    """Import fundings from a CSV file with the columns object_id and funder_name, and as known funder_identifier,
    funder_identifier_type (ROR, ISNI, Crossref Funder ID, GRID, Other), award_number, award_uri, award_title.

    They are sent with the next update of the record's DOI, besides the fundings of its
    document. A funding that the record has already is a duplicate and skipped; a row that cannot be stored is
    `rejected`, with the reason.

    Raises `UnreadableDocument` for a file that is no such CSV.

    Example: `doitui_core.import_funding("fundings.csv").imported`
    """
    who = acting(actor)
    found = funding_import.import_fundings([_path(path)])
    if found.imported:
        with database.write():
            audit.note(who, "import", plural(found.imported, "funding"))
    return FundingCounts(found.imported, found.duplicates, tuple(found.rejected))


def _imported(found: ImportResult) -> ImportedDocument:
    stored = "created" if found.created else "updated" if found.changed else "unchanged"
    return ImportedDocument(
        found.place,
        found.object_id,
        "rejected" if found.error else stored,
        found.error,
        tuple(found.findings),
        kept=tuple(field.message for field in found.protected),
        overwritten=tuple(field.message for field in found.overwritten),
        renamed=found.renamed,
    )


def _path(path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise BadInput(f"paths contains {path!r}, of type {type(path).__name__}: give texts or paths")
    return Path(os.fsdecode(path))


def _set_published(id: str, on: bool, who: str) -> ActResult:
    with database.write():
        row = record_lookup.find(id)
        change = publish_rules.publish(row, on=on, actor=who)
        done = "queued" if change.effect.job_id else "done"
        return _with_effect(row, change.effect, done if change.changed else "unchanged")


def _with_effect(row: Record, effect: PublishEffect, outcome: str) -> ActResult:
    """The result of an act that may have published the record."""
    cause = "not_registered" if effect.error else ""
    return ActResult(_doi_of(row), effect.job_id or None, outcome, cause, effect.error)


def _doi_of(row: Record) -> str | None:
    doi = reservations.for_record(row)
    return doi.doi if doi is not None else None


def _placed(object_id: str, repository: str | None) -> tuple[str | None, str]:
    """(code, object id) of `CODE:ID`. A record whose own id begins so comes first."""
    code, colon, rest = object_id.partition(":")
    if repository is not None or not colon or not rest:
        return repository, object_id
    known = Repository.select().where(Repository.code == code).exists()
    if not known or Record.select().where(Record.object_id == object_id).exists():
        return None, object_id
    return code, rest


def _plain(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """`given` as JSON has it. Raises `BadInput` for what JSON cannot write."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(given)))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"{name} cannot be written as JSON: {error}") from error
    return plain

"""What the functions of the API return: frozen dataclasses. Times are aware datetimes in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from doitui_core.metadata.validate import Finding
    from doitui_core.operations.sync import StateDifference

Shape = TypeVar("Shape")


def from_row(shape: type[Shape], row: Any, **others: Any) -> Shape:
    """The result of the class `shape`: its fields are the attributes of `row` with these names, except for `others`."""
    names = [name for name in shape.__match_args__ if name not in others]  # type: ignore[attr-defined]
    return shape(**{name: getattr(row, name) for name in names}, **others)


@dataclass(frozen=True, slots=True)
class ActResult:
    """What became of one act.

    `doi`: bare, None for a record without one. `job_id`: the job that does it, None where nothing has to be sent.
    `outcome`: `queued`; `unchanged` when there was nothing to do; `created`, `updated` or `done` for what is complete;
    with `now=True` how it went: `done`, `retryable`, `ambiguous`, `permanent`, `blocked` or `throttled`.
    `cause`: one stable word for what went wrong, else empty. `message`: the same for people.
    """

    doi: str | None
    job_id: int | None
    outcome: str
    cause: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RecordInfo:
    """A record. `doi`: its own, None without one; `foreign_doi`: one that its document names and that we never
    register. `metadata`: Kernel-4 JSON attributes without `doi` and `url`. `url`: the landing page given for it, empty
    where the repository's template makes it.
    """

    object_id: str
    repository: str
    title: str
    doi: str | None
    foreign_doi: str | None
    published: bool
    url: str
    owner_name: str
    owner_email: str
    metadata: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DoiInfo:
    """A DOI: the columns of `doitui doi list --json`.

    `status`: reserved, draft, registered, findable, tombstone or abandoned. `marks`: of failed, uncertain, changed and
    pending. `wanted`: the target state; `remote`: the state at DataCite; `verification`: unverified, verified or
    mismatch. `object_id` and `title`: None without a record. `minted_at`: None before it is minted.
    """

    doi: str
    object_id: str | None
    repository: str
    status: str
    marks: tuple[str, ...]
    wanted: str
    remote: str
    certainty: str
    verification: str
    url: str
    title: str | None
    created_at: datetime
    minted_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DoiDetails(DoiInfo):
    """A DOI with what only its own page shows. `reason` and `successor`: of a tombstone, else empty. `cause` and
    `last_error`: what went wrong last. `api_check` and `resolver_check`: the two halves of the verification, with their
    times.
    """

    reason: str
    successor: str
    cause: str
    last_error: str
    api_check: str
    api_checked_at: datetime | None
    resolver_check: str
    resolver_checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImportedDocument:
    """What became of one document. `place`: its file, and its line in JSON lines. `outcome`: `created`, `updated`,
    `unchanged` or `rejected`. `message`: why it was rejected. `findings`: what DataCite would refuse (`level` error),
    change or drop (warning); errors have to be corrected before the record can be minted. `kept` and `overwritten`:
    one sentence for each value set by hand that differs from the document, or that `overwrite` replaced. `renamed`: the
    record's object id until now, where that was only its DOI.
    """

    place: str
    object_id: str
    outcome: str
    message: str = ""
    findings: tuple[Finding, ...] = ()
    kept: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    renamed: str = ""


@dataclass(frozen=True, slots=True)
class FundingCounts:
    """What an import of fundings did: rows `imported`, `duplicates` skipped, and those `rejected`: (place, why)."""

    imported: int
    duplicates: int
    rejected: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class BackfillCounts:
    """What a backfill of accuracy metrics did: rows `stored`, `unchanged` since they were stored before, and those
    `rejected`: (place, why). `models`: (service, version, how many collections changed) of each active model.
    """

    stored: int
    unchanged: int
    models: tuple[tuple[str, str, int], ...]
    rejected: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import did: counts, and every document; those that cannot be read may come before their turn."""

    created: int
    updated: int
    rejected: int
    documents: tuple[ImportedDocument, ...]
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class BulkMintResult:
    """`queued`: how many mints; `job_ids`: their jobs. `skipped`: how many records were left out, by reason. `refused`:
    (object id, why) of those that somebody has to correct first.
    """

    queued: int
    job_ids: tuple[int, ...]
    skipped: Mapping[str, int]
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RetryResult:
    """The jobs that are pending again."""

    job_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """A job that is not done. `outcome` and `cause` as in `ActResult`."""

    job_id: int
    outcome: str
    cause: str
    message: str


@dataclass(frozen=True, slots=True)
class WorkResult:
    """What a run of the worker did. `taken`: jobs; `outcomes`: how many by outcome; `left`: those not done. `blocked`:
    why nothing could be sent, by code of the repository. `other_services`: outcomes of other jobs that were done
    meanwhile, by service (dois, events, reports). `unsent_mails`: mails that are due and not sent.
    """

    taken: int
    outcomes: Mapping[str, int]
    left: tuple[JobOutcome, ...]
    blocked: Mapping[str, str]
    other_services: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unsent_mails: int = 0


@dataclass(frozen=True, slots=True)
class ProcessedDocument:
    """A document that a run processed. `cause` and `message`: why it failed; empty when it did not."""

    object_id: str
    doi: str
    cause: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class BulkRunResult:
    """What a run for cron did: counts and documents. `blocked` as in `WorkResult`."""

    processed: int
    failed: int
    documents: tuple[ProcessedDocument, ...]
    blocked: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SyncCounts:
    """`compared`: how many DOIs. `differences`: `doi`, `before`, `after` and `todo`, what a person should do.
    `unknown`: DOIs of the account that are not here. `failed`: DOI -> why it could not be asked for.
    """

    compared: int
    differences: tuple[StateDifference, ...]
    unknown: tuple[str, ...]
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DrainResult:
    """`files` and `lines`: drained from the spool; `rejected`: lines that could not be read; `hits`: how many by
    reason; `hours`: hours counted. `busy`: another drain was at work, and this one did nothing. `refused`: entries of
    the spool that are not drained, and why.
    """

    files: int
    lines: int
    rejected: int
    hits: Mapping[str, int]
    hours: int
    busy: bool
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportResult:
    """What became of the usage report of one repository: as `ActResult`, with its code and the report's UUID."""

    repository: str
    uuid: str
    job_id: int | None
    outcome: str
    cause: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ReportsResult:
    """The usage reports of a month, one for each repository that counted anything."""

    month: str
    reports: tuple[ReportResult, ...]

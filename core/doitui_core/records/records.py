"""Store records: what the institution describes. Their DOIs are in `dois.targets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import peewee

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import audit, database, prepared
from doitui_core.db.models import Record
from doitui_core.dois import doi_rows, fundings, parent_link, record_checks, reservations
from doitui_core.domain import identifiers
from doitui_core.errors import BadInput, DoituiError, Misconfigured, Refused
from doitui_core.metadata import from_json, landing_pages
from doitui_core.records import publish_transition, record_identity, record_merge, record_plan
from doitui_core.records.record_plan import AdoptedDoi as AdoptedDoi
from doitui_core.records.record_plan import Known, RecordPlan
from doitui_core.records.record_plan import RecordInput as RecordInput
from doitui_core.records.record_plan import StoreResult as StoreResult


def save(
    object_id: str,
    *,
    metadata: Mapping[str, Any] | None = None,
    description: Mapping[str, Any] | None = None,
    repository: str | None = None,
    url: str | None = None,
    owner_name: str | None = None,
    owner_email: str | None = None,
    published: bool | None = None,
    actor: str = "python",
) -> StoreResult:
    """Store a record, or update the one with this object id. Joins the caller's transaction.

    None: unchanged; a new record is published. What is given stays when its document is imported; an empty text undoes
    that. `metadata`: DataCite's JSON attributes (Kernel-4). Its `doi` is kept: under our prefix as the record's own,
    any other as foreign and never registered. `description`: an archival description in its place
    (`metadata.archival`). `url`: the landing page; where none is given, the `url` of the metadata, else the
    repository's template.
    Raises `BadInput` for what cannot be stored, `DoiTaken` when the DOI belongs to another record.
    """
    config = repositories.config(repositories.find_or_only(repository))
    given = {"url": url, "owner_name": owner_name, "owner_email": owner_email, "published": published}
    by_hand = {name: value for name, value in given.items() if value is not None}
    if metadata is not None and description is not None:
        raise BadInput(f"record {object_id!r}: give metadata or a description, not both")
    return store(config, RecordInput(object_id, _canonical(metadata), {}, by_hand, description=description), actor)


def _canonical(metadata: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Canonical attributes, with the parent that a record's stored metadata names: reading and storing them again
    loses nothing.
    """
    if metadata is None:
        return None
    parent = metadata.get(parent_link.PARENT)
    return from_json.canonical(metadata) | ({parent_link.PARENT: parent} if parent and isinstance(parent, str) else {})


def store(config: Config, given: RecordInput, actor: str) -> StoreResult:
    """Store a record of a repository. One that becomes published by it may get a DOI (`publish_transition`); what fails
    there is in the result and does not stop it. Raises as `save`.
    """
    return _only(store_all(config, [given], actor))


def preview(config: Config, given: RecordInput) -> StoreResult:
    """What `store` would return; nothing is stored. Raises as `store`."""
    return _only(preview_all(config, [given]))


def _only(results: Sequence[StoreResult | DoituiError]) -> StoreResult:
    (result,) = results
    if isinstance(result, DoituiError):
        raise result
    return result


def store_all(
    config: Config, given: Sequence[RecordInput], actor: str, action: str = "reserve"
) -> list[StoreResult | DoituiError]:
    """`store` for several records, in one transaction: the result of each, or why it was rejected. None of them has or
    needs a name of an earlier one (`names`, `needs`). `action`: the word for new DOIs in the log. Raises
    `Misconfigured`.
    """
    try:
        with database.write():
            return _write(_plans(config, given, lock=True), config, actor, action)
    except _ConflictError:  # by now what conflicted can be read
        return [result for one in given for result in store_all(config, [one], actor, action)]


def preview_all(config: Config, given: Sequence[RecordInput]) -> list[StoreResult | DoituiError]:
    """What `store_all` would return; nothing is stored."""
    try:
        plans = _plans(config, given, lock=False)
    except _ConflictError:
        return [result for one in given for result in preview_all(config, [one])]
    return [_expected(plan, config) if isinstance(plan, RecordPlan) else plan for plan in plans]


class _ConflictError(Exception):
    """Two are about one record, or another process was faster with a record or a DOI."""


def _plans(config: Config, given: Sequence[RecordInput], *, lock: bool) -> list[RecordPlan | DoituiError]:
    found = record_identity.find_all(config.repository_id, [one.identity for one in given], lock=lock)
    ids = [record.id for record in found if isinstance(record, Record)]
    if len(set(ids)) < len(ids):  # one names it by its object id, one by its DOI
        raise _ConflictError
    own, others = reservations.for_records(ids), reservations.by_strings(one.doi for one in given if one.doi)
    funded = fundings.imported(ids)

    def plan(one: RecordInput, record: Record | Refused | None) -> RecordPlan | DoituiError:
        if isinstance(record, Refused):
            return record
        id_ = record.id if record else 0
        known = Known(own.get(id_), others.get(identifiers.fold(one.doi)), funded.get(id_, []))
        try:
            return record_plan.plan(one, record, known, config)
        except Misconfigured:  # wrong for all of them
            raise
        except DoituiError as error:
            return error

    return [plan(*pair) for pair in zip(given, found, strict=True)]


def _write(
    plans: Sequence[RecordPlan | DoituiError], config: Config, actor: str, action: str
) -> list[StoreResult | DoituiError]:
    """Raises `_ConflictError`."""
    valid = [plan for plan in plans if isinstance(plan, RecordPlan)]
    if not prepared.insert_all([plan.result.record for plan in valid if plan.result.created], "object_id"):
        raise _ConflictError
    for plan in valid:
        if not plan.result.created:  # what did not change may have another check, by other settings
            _update(plan.result, actor)
        if plan.new_row is not None:
            plan.new_row.record_id = plan.result.record.id
    if not doi_rows.insert_all([plan.new_row for plan in valid if plan.new_row is not None], actor, action):
        raise _ConflictError
    for plan in valid:
        if plan.row is not None:
            reservations.refresh_row(plan.row, plan.result.record, config, plan.result.attributes)
    return [_published(plan, config, actor) if isinstance(plan, RecordPlan) else plan for plan in plans]


def _update(result: StoreResult, actor: str) -> None:
    try:
        prepared.update(result.record)
    except peewee.IntegrityError as error:  # another process was faster with the object id
        raise _ConflictError from error
    if result.renamed:
        audit.note(actor, "rename", f"record {result.record.object_id}", f"its object id was {result.renamed}")


def _published(plan: RecordPlan, config: Config, actor: str) -> StoreResult:
    if not plan.publishes:
        return plan.result
    return replace(plan.result, published=publish_transition.apply(plan.result.record, config, actor))


def _expected(plan: RecordPlan, config: Config) -> StoreResult:
    if not plan.publishes:
        return plan.result
    named = plan.new_row.doi if plan.new_row is not None else ""
    return replace(plan.result, published=publish_transition.preview(plan.result.record, config, named))


def check_url(url: str) -> None:
    """Raise `BadInput` for what cannot be a landing page (`metadata.landing_pages`)."""
    if not database.storable(url):
        raise BadInput(f"{landing_pages.quoted(url)} cannot be stored: remove unpaired surrogates and NUL")
    if (refused := landing_pages.refusal(url)) is not None:
        raise BadInput(f"landing page {refused.message}")


def change_url(record: Record, url: str) -> None:
    """Set the landing page of the record by hand, and update its DOI. Raises as `check_url`."""
    check_url(url)
    with database.write():
        fresh = reservations.lock_record(record)
        fresh.url, fresh.updated_at = url, database.now()
        fresh.set_by_hand = record_merge.with_hand(fresh.set_by_hand, "url")
        config = repositories.config(fresh.repository)
        record_checks.store(fresh, config)
        reservations.refresh(fresh, config)

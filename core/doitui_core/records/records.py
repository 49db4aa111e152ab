"""Store records: what the institution describes. Their DOIs are in `dois.targets`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.models import Record
from doitui_core.dois import parent_link, reservations
from doitui_core.dois.reservations import DocumentDoi
from doitui_core.domain import doi_spelling, identifiers
from doitui_core.errors import BadInput
from doitui_core.metadata import archival, build, from_json, landing_pages
from doitui_core.records import parents, publish_transition, record_lookup, record_merge
from doitui_core.records.publish_transition import NO_EFFECT, PublishEffect
from doitui_core.records.record_lookup import CONTROL, checked_id
from doitui_core.records.record_merge import FOREIGN_DOI, Columns, Merged, OverwrittenField, ProtectedField


@dataclass(frozen=True, slots=True)
class RecordInput:
    """New content of a record.

    `metadata`: Kernel-4 attributes in canonical form, `description`: an archival description (`metadata.archival`), of
    which they are made when it is stored; both None: unchanged. `document`: the columns that its document fills
    besides (`record_merge.FIELDS`). `by_hand`: those that a person or a script sets now. `own_doi` False: a DOI in
    the metadata is dropped. `overwrite`: what the document says counts also where a person set something else.
    """

    object_id: str
    metadata: Mapping[str, Any] | None = None
    document: Columns = field(default_factory=dict)
    by_hand: Columns = field(default_factory=dict)
    own_doi: bool = True
    description: Mapping[str, Any] | None = None
    overwrite: bool = False

    @property
    def doi(self) -> str:
        """The DOI the metadata name, bare; empty where it is dropped."""
        stated = self.metadata if self.description is None else self.description
        return doi_spelling.bare(str((stated or {}).get("doi") or "")) if self.own_doi else ""


@dataclass(frozen=True, slots=True)
class StoreResult:
    """The record as it is now, whether it is new, the fields protected from its document, whether it was changed, the
    fields set by hand that its document replaced, and what its publication did to its DOI.
    """

    record: Record
    created: bool
    protected: tuple[ProtectedField, ...] = ()
    changed: bool = True
    overwritten: tuple[OverwrittenField, ...] = ()
    published: PublishEffect = NO_EFFECT


@dataclass(frozen=True, slots=True)
class _Plan:
    """The columns to write, the differences between the document and what was set by hand, what happens to the DOI the
    document names, and whether the record becomes published.
    """

    columns: dict[str, Any]
    protected: tuple[ProtectedField, ...]
    overwritten: tuple[OverwrittenField, ...]
    doi: str
    document_doi: DocumentDoi | None
    publishes: bool


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
    object_id = checked_id(given.object_id)
    with database.write():
        stored = record_lookup.same(config.repository_id, given.object_id, given.doi, lock=True)
        plan = _plan(stored, given, config)
        changed = stored is None or _update(stored, plan.columns)
        record = stored or _insert(config.repository_id, object_id, plan.columns)
        if record is None:
            return store(config, given, actor)  # another process was faster; its row is updated
        if plan.document_doi is DocumentDoi.NEW:
            reservations.adopt_string(record, plan.doi, config, actor)
        if stored is not None:
            reservations.refresh(record, config)
        effect = publish_transition.apply(record, config, actor) if plan.publishes else NO_EFFECT
    return StoreResult(record, stored is None, plan.protected, changed, plan.overwritten, effect)


def preview(config: Config, given: RecordInput) -> StoreResult:
    """What `store` would return; nothing is stored. Raises as `store`."""
    object_id = checked_id(given.object_id)
    stored = record_lookup.same(config.repository_id, given.object_id, given.doi, lock=False)
    plan = _plan(stored, given, config)
    record = stored or Record(repository=config.repository_id, object_id=object_id)
    _set_columns(record, plan.columns)
    named = plan.doi if plan.document_doi is DocumentDoi.NEW else ""
    effect = publish_transition.preview(record, config, named) if plan.publishes else NO_EFFECT
    return StoreResult(record, stored is None, plan.protected, True, plan.overwritten, effect)


def _plan(stored: Record | None, given: RecordInput, config: Config) -> _Plan:
    """What to write for `given`; `stored`: the record as it is, None for a new one."""
    if given.metadata is None and given.description is None and stored is None:
        raise BadInput(f"record {given.object_id!r} is new: give its metadata or a description")
    object_id = stored.object_id if stored else checked_id(given.object_id)
    stated = given.metadata if given.description is None else _described(given.description, object_id, stored, config)
    attributes = dict(stated or {})
    doi, page = given.doi, str(attributes.pop("url", "") or "")
    attributes.pop("doi", None)
    document = {"url": page, **given.document} if page else given.document
    before = stored.__data__ if stored else {}
    merged = record_merge.merge(before, document, given.by_hand, overwrite=given.overwrite)
    _check_lines(merged.columns, doi, object_id)
    metadata = attributes if stated is not None else None
    columns = merged.columns | _content(metadata, merged.columns, stored, object_id)
    document_doi = reservations.check_adoptable(stored, object_id, doi, config) if doi else None
    merged = _merge_foreign(stored, given, Merged(columns, merged.protected, merged.overwritten), document_doi)
    publishes = bool(merged.columns.get("published", stored is None)) and not (stored and stored.published)
    document_doi = None if _named(merged.protected) else document_doi
    return _Plan(merged.columns, merged.protected, merged.overwritten, doi, document_doi, publishes)


def _merge_foreign(
    stored: Record | None, given: RecordInput, merged: Merged, document_doi: DocumentDoi | None
) -> Merged:
    """`merged` with the foreign DOI: that of the document, unless a person assigned another one (`doi assign`)."""
    if document_doi is None and given.own_doi:
        return merged
    foreign = given.doi if document_doi is DocumentDoi.FOREIGN else ""
    columns, protected, overwritten = dict(merged.columns), merged.protected, merged.overwritten
    if stored is not None and FOREIGN_DOI in record_merge.names(stored.set_by_hand):
        if identifiers.fold(stored.foreign_doi) == identifiers.fold(given.doi):
            return merged
        if given.own_doi and not given.overwrite:
            return Merged(
                columns, (*protected, ProtectedField(FOREIGN_DOI, stored.foreign_doi, given.doi)), overwritten
            )
        if given.own_doi:
            overwritten = (*overwritten, OverwrittenField(FOREIGN_DOI, stored.foreign_doi, given.doi))
        by_hand = columns.get("set_by_hand", stored.set_by_hand)
        columns["set_by_hand"] = record_merge.without_hand(by_hand, FOREIGN_DOI)
    return Merged(columns | {FOREIGN_DOI: foreign}, protected, overwritten)


def _named(protected: tuple[ProtectedField, ...]) -> bool:
    """Whether the DOI is among the fields protected from the document."""
    return any(one.field == FOREIGN_DOI for one in protected)


def _described(description: Mapping[str, Any], object_id: str, stored: Record | None, config: Config) -> dict[str, Any]:
    """The metadata of an archival description. Without any date the year is that in which the record was stored first:
    so it is the same whenever the description comes again.
    """
    year = (stored.created_at if stored else database.now()).year
    publisher = config.text("default_publisher")
    found = archival.attributes(description, object_id=object_id, year=year, publisher=publisher)
    parent = archival.parent(description)
    return {**found, parent_link.PARENT: parents.checked(parent, object_id, config)} if parent else found


def _content(
    attributes: dict[str, Any] | None, values: Mapping[str, Any], stored: Record | None, object_id: str
) -> dict[str, Any]:
    """The columns that hold the metadata, and the fingerprint of metadata and landing page."""
    page = values.get("url", stored.url if stored else "")
    if attributes is None:
        assert stored is not None
        return {"content_hash": build.fingerprint({"metadata": json.loads(stored.metadata), "url": page})}
    return {
        "title": title(attributes),
        "metadata": dumps(attributes, object_id),
        "content_hash": build.fingerprint({"metadata": attributes, "url": page}),
    }


def _insert(repository_id: int, object_id: str, values: Mapping[str, Any]) -> Record | None:
    """A new row; None where there is one by now."""
    now = database.now()
    record = Record(**values, repository=repository_id, object_id=object_id, created_at=now, updated_at=now)
    return record if prepared.insert(record) else None


def _update(record: Record, columns: Mapping[str, Any]) -> bool:
    """Write the columns that differ; whether any does."""
    changed = {name: value for name, value in columns.items() if getattr(record, name) != value}
    if changed:
        _set_columns(record, {**changed, "updated_at": database.now()})
        prepared.update(record)
    return bool(changed)


def _set_columns(record: Record, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(record, name, value)


def dumps(attributes: Mapping[str, Any], object_id: str) -> str:
    """Canonical attributes as they are stored. Raises `BadInput` for unpaired surrogates, NaN and infinity."""
    try:
        text = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(
            f"record {object_id!r} contains an unpaired surrogate ({error.object[error.start]!r}): fix its encoding"
        ) from error
    except ValueError as error:
        raise BadInput(f"record {object_id!r} contains a number that JSON cannot write (NaN or infinity)") from error
    return text


def _check_lines(values: Mapping[str, Any], doi: str, object_id: str) -> None:
    """Raise `BadInput` for a text that is not one storable line."""
    texts = {"DOI": doi} | {label: values.get(name, "") for name, label in record_merge.LABELS.items()}
    for what, text in texts.items():
        if isinstance(text, str) and (CONTROL.search(text) or not database.storable(text)):
            raise BadInput(
                f"record {object_id!r}: its {what} {text[:60]!r} contains control characters or an unpaired surrogate"
            )


def title(attributes: Mapping[str, Any]) -> str:
    """The main title in one line of at most 500 characters; empty when there is none."""
    titles = attributes.get("titles")
    rows = [row for row in titles if isinstance(row, dict)] if isinstance(titles, list) else []
    rows.sort(key=lambda row: bool(row.get("titleType")))
    return CONTROL.sub(" ", str(rows[0].get("title") or ""))[:500] if rows else ""


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
        prepared.update(fresh)
        reservations.refresh(fresh, repositories.config(fresh.repository))

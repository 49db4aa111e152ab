"""What is written for one record: its document and what is stored already, merged. Nothing is written here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import Doi, Record
from doitui_core.dois import datacite_document, doi_rows, parent_link, record_checks, reservations
from doitui_core.dois.reservations import DocumentDoi
from doitui_core.domain import doi_spelling, identifiers
from doitui_core.domain.states import MINTED, Remote, Wanted
from doitui_core.errors import BadInput, Refused
from doitui_core.metadata import archival, build, compare, from_json
from doitui_core.records import parents, record_identity, record_merge
from doitui_core.records.parents import ParentOf
from doitui_core.records.publish_transition import NO_EFFECT, PublishEffect
from doitui_core.records.record_identity import Identity
from doitui_core.records.record_lookup import CONTROL, checked_id
from doitui_core.records.record_merge import FOREIGN_DOI, Columns, Merged, OverwrittenField, ProtectedField


@dataclass(frozen=True, slots=True)
class AdoptedDoi:
    """A DOI of our account at DataCite: its state and attributes there, and when it was registered."""

    doi: str
    remote: Remote
    attributes: Mapping[str, Any]
    minted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordInput:
    """New content of a record.

    `metadata`: Kernel-4 attributes in canonical form, `description`: an archival description (`metadata.archival`), of
    which they are made when it is stored; both None: unchanged. `document`: the columns that its document fills
    besides (`record_merge.FIELDS`). `by_hand`: those that a person or a script sets now. `own_doi` False: a DOI in
    the metadata is dropped. `overwrite`: what the document says counts also where a person set something else;
    `parent_of`: the parents in the file that is imported (`parents.checked`). `adopted`: its DOI exists at DataCite;
    the content of a record that is stored already does not change. `by_doi`: the DOI in the metadata says first which
    record it is, and repairs its object id (`record_identity`).
    """

    object_id: str
    metadata: Mapping[str, Any] | None = None
    document: Columns = field(default_factory=dict)
    by_hand: Columns = field(default_factory=dict)
    own_doi: bool = True
    description: Mapping[str, Any] | None = None
    overwrite: bool = False
    parent_of: ParentOf = parents.in_no_file
    adopted: AdoptedDoi | None = None
    by_doi: bool = False

    @property
    def doi(self) -> str:
        """The DOI the metadata name, bare; empty where it is dropped."""
        if self.adopted is not None:
            return self.adopted.doi
        return self.stated_doi if self.own_doi else ""

    @property
    def stated_doi(self) -> str:
        """The DOI the metadata name, bare, also where it is dropped."""
        stated = self.metadata if self.description is None else self.description
        return doi_spelling.bare(str((stated or {}).get("doi") or ""))

    @property
    def identity(self) -> Identity:
        """What names the record."""
        return Identity(self.object_id, self.doi, identifiers.parse_doi(self.stated_doi) if self.by_doi else "")

    @property
    def names(self) -> set[str]:
        """What says which record and which DOI it is about. Raises `BadInput` as `checked_id`."""
        object_id = checked_id(self.object_id)
        dois = {identifiers.fold(self.doi), identifiers.fold(self.identity.found_by)}
        return {object_id, identifiers.fold(object_id), *dois} - {""}

    @property
    def needs(self) -> set[str]:
        """The name of the parent: where it is a record, that has to be stored before. One of the same file
        need not.
        """
        parent = str((self.metadata or {}).get(parent_link.PARENT) or "")
        if self.description is not None:
            parent = archival.parent(self.description)
        if self.parent_of(parent) is not None:
            return set()
        return {parent, parent.strip(), identifiers.fold(parent)} - {""}


@dataclass(frozen=True, slots=True)
class StoreResult:
    """The record as it is now, whether it is new, the fields protected from its document, whether it was changed, the
    fields set by hand that its document replaced, and what its publication did to its DOI.
    `attributes`: its metadata with parent, fundings and defaults (`datacite_document.attributes`). `renamed`: its
    object id until now, where that was repaired; `moved`: whether the landing page of its registered DOI changes.
    """

    record: Record
    created: bool
    protected: tuple[ProtectedField, ...] = ()
    changed: bool = True
    overwritten: tuple[OverwrittenField, ...] = ()
    published: PublishEffect = NO_EFFECT
    attributes: dict[str, Any] = field(default_factory=dict)
    renamed: str = ""
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about a record: the row of its DOI, the row of the DOI its document names, its fundings."""

    row: Doi | None
    other: Doi | None
    fundings: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """A result with columns that are not written yet; the row of the record's DOI, and one to insert; whether the
    record becomes published.
    """

    result: StoreResult
    row: Doi | None
    new_row: Doi | None
    publishes: bool


def plan(given: RecordInput, stored: Record | None, known: Known, config: Config) -> RecordPlan:
    """What to write for `given`; `stored`: the record as it is, None for a new one. Raises as `records.save`."""
    if given.metadata is None and given.description is None and stored is None:
        raise BadInput(f"record {given.object_id!r} is new: give its metadata or a description")
    if given.adopted is not None and stored is not None:
        given = replace(given, metadata=None, document={})
    before_id, object_id = stored.object_id if stored else "", _object_id(given, stored)
    stated = given.metadata if given.description is None else _described(given, object_id, stored, config)
    attributes = dict(stated or {})
    _check_parent(attributes, stored, object_id, given, config)
    doi, page = given.doi, str(attributes.pop("url", "") or "")
    attributes.pop("doi", None)
    document = {"url": page, **given.document} if page else given.document
    before = stored.__data__ if stored else {}
    merged = record_merge.merge(before, document, given.by_hand, overwrite=given.overwrite)
    _check_lines(merged.columns, doi, object_id)
    metadata = attributes if stated is not None else None
    columns = merged.columns | _content(metadata, merged.columns, stored, object_id)
    document_doi = _document_doi(given, known, object_id, config) if doi else None
    merged = _merge_foreign(stored, given, Merged(columns, merged.protected, merged.overwritten), document_doi)
    publishes = (
        given.adopted is None
        and bool(merged.columns.get("published", stored is None))
        and not (stored and stored.published)
    )
    document_doi = None if _named(merged.protected) else document_doi
    record = stored or _new(config.repository_id, object_id)
    changed = _set_columns(record, {**merged.columns, "object_id": object_id})
    if stored is not None and changed:
        record.updated_at = database.now()
    whole = datacite_document.attributes(record, config, known.fundings, metadata)
    record_checks.set_on(record, config, whole)
    new_row = reservations.adopted(record, doi, config, whole) if document_doi is DocumentDoi.NEW else None
    if new_row is not None and given.adopted is not None:
        doi_rows.set_adopted(new_row, given.adopted.remote, given.adopted.minted_at)
        new_row.confirmed_hash = confirmed_hash(record, new_row, config, whole, given.adopted.attributes)
    result = StoreResult(
        record,
        created=stored is None,
        protected=merged.protected,
        changed=changed or stored is None,
        overwritten=merged.overwritten,
        attributes=whole,
        renamed=before_id if before_id != object_id else "",
        moved=_is_moved(known.row, record, config),
    )
    return RecordPlan(result, known.row, new_row, publishes)


def _object_id(given: RecordInput, stored: Record | None) -> str:
    if stored is None:
        return checked_id(given.object_id)
    return record_identity.object_id(stored.object_id, given.object_id, given.identity.found_by)


def _is_moved(row: Doi | None, record: Record, config: Config) -> bool:
    if row is None or row.wanted == Wanted.TOMBSTONE or row.remote not in MINTED:
        return False
    return datacite_document.landing_page(record, config) != row.url


#: Members of a document that say nothing about its content.
_EACH_OWN = ("doi", "schemaVersion")


def confirmed_hash(record: Record, row: Doi, config: Config, known: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """The fingerprint of the content here, if DataCite's attributes `there` are the same; else empty."""
    sent = datacite_document.document(record, row.doi, config, known)
    # As a new record has it: word for word, which is known in a fraction of the time of a comparison.
    stated = {name: value for name, value in sent.items() if value not in (None, []) and name not in _EACH_OWN}
    if stated == {name: value for name, value in from_json.canonical(there).items() if name not in _EACH_OWN}:
        return row.current_hash
    return "" if compare.differences(sent, there) else row.current_hash


def _document_doi(given: RecordInput, known: Known, object_id: str, config: Config) -> DocumentDoi:
    ours = given.adopted is not None
    return reservations.check_adoptable(known.row, known.other, object_id, given.doi, config, ours=ours)


def _merge_foreign(
    stored: Record | None, given: RecordInput, merged: Merged, document_doi: DocumentDoi | None
) -> Merged:
    """`merged` with the foreign DOI: that of the document, unless a person assigned another one (`doi assign`)."""
    if document_doi is None and given.own_doi:
        return merged
    if given.adopted is not None and stored is not None and stored.foreign_doi:
        if identifiers.fold(stored.foreign_doi) != identifiers.fold(given.doi):
            raise Refused(f"record {stored.object_id} has the foreign DOI {stored.foreign_doi}", "foreign_doi")
        by_hand = record_merge.without_hand(stored.set_by_hand, FOREIGN_DOI)
        return Merged({**merged.columns, FOREIGN_DOI: "", "set_by_hand": by_hand}, merged.protected, merged.overwritten)
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


def _described(given: RecordInput, object_id: str, stored: Record | None, config: Config) -> dict[str, Any]:
    """The metadata of an archival description. Without any date the year is that in which the record was stored first:
    so it is the same whenever the description comes again.
    """
    year = (stored.created_at if stored else database.now()).year
    publisher = config.text("default_publisher")
    described = given.description or {}
    found = archival.attributes(described, object_id=object_id, year=year, publisher=publisher)
    parent = archival.parent(described)
    return {**found, parent_link.PARENT: parent} if parent else found


def _check_parent(
    attributes: dict[str, Any], stored: Record | None, object_id: str, given: RecordInput, config: Config
) -> None:
    """Check the parent, unless it is the stored one of metadata that are read and stored again: it may be deleted."""
    parent = attributes.get(parent_link.PARENT)
    if not parent:
        return
    before = json.loads(stored.metadata).get(parent_link.PARENT) if stored and given.description is None else None
    if parent != before:
        attributes[parent_link.PARENT] = parents.checked(parent, object_id, config, given.parent_of)


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


def _new(repository_id: int, object_id: str) -> Record:
    now = database.now()
    return Record(repository=repository_id, object_id=object_id, created_at=now, updated_at=now)


def _set_columns(record: Record, columns: Mapping[str, Any]) -> bool:
    """Set the columns that differ; whether any does."""
    changed = {name: value for name, value in columns.items() if getattr(record, name) != value}
    for name, value in changed.items():
        setattr(record, name, value)
    return bool(changed)


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

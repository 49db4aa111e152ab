"""Import the documents of files as records; an invalid document does not stop the others.

`reading` reads the files. `metadata.validate` checks the content; its findings are in the result, and errors among them
prevent a mint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doitui_core.config import setting_parsers
from doitui_core.config.repositories import Config
from doitui_core.db import chunks, database
from doitui_core.db.disk_map import DiskMap
from doitui_core.db.models import Record
from doitui_core.dois import datacite_document
from doitui_core.dois.datacite_document import findings
from doitui_core.domain import identifiers
from doitui_core.errors import BadInput, DoituiError
from doitui_core.metadata import from_json, validate
from doitui_core.metadata.validate import Finding
from doitui_core.records import parents, reading, record_lookup, records
from doitui_core.records.publish_transition import NO_EFFECT, PublishEffect
from doitui_core.records.reading import Document, Unread
from doitui_core.records.record_merge import OverwrittenField, ProtectedField
from doitui_core.records.records import RecordInput, StoreResult
from doitui_core.text import OFF, ON, is_on

#: Documents stored in one transaction: large enough to be fast, small enough to let workers write in between.
BATCH = 200

#: The same for large documents, which are in memory until then. Bytes.
BATCH_BYTES = 16 * 1024 * 1024

#: Members of a JSON document that are ours, not (only) metadata.
OWN_MEMBERS = ("object_id", "url", "owner_name", "owner_email", "published", "auto_create")

_TEXTS = ("url", "owner_name", "owner_email")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of one document: stored as `object_id`, or rejected with `error`. `findings`: what DataCite would
    refuse or change; `protected`: values set by hand that differ from the document; `overwritten`: those it replaced;
    `published`: what its publication did to its DOI; `changed`: whether anything was stored; `column`: that of a CSV
    because of which it was rejected.

    `renamed`: its object id until now, where that was its DOI and the document has another; `stated_id`: the object id
    of the document, where the record found by its DOI keeps another; `from_doi`: its object id is the DOI, because the
    document names no other, `stem`: the one that --object-id filename gives. `page`: its landing page; `from_template`:
    which the repository's template makes of the object id; `moved`: its registered DOI has another one yet.
    """

    place: str
    object_id: str = ""
    error: str = ""
    created: bool = False
    doi: str = ""
    findings: Sequence[Finding] = ()
    protected: Sequence[ProtectedField] = ()
    overwritten: Sequence[OverwrittenField] = ()
    published: PublishEffect = NO_EFFECT
    changed: bool = True
    column: str = ""
    renamed: str = ""
    stated_id: str = ""
    from_doi: bool = False
    stem: str = ""
    page: str = ""
    from_template: bool = False
    moved: bool = False


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of `record import`. `published` None: as in the document, else unchanged; a new record is
    published. `overwrite`: documents count also where a person set something else. `repeats`: the same place may be
    read again, as a page of a harvest. `owner_name` and `owner_email`: the owner of documents that name neither.
    """

    format: str = "auto"
    use_own_doi: bool = True
    object_id: str = "auto"
    published: bool | None = None
    overwrite: bool = False
    dry_run: bool = False
    actor: str = "python"
    repeats: bool = False
    owner_name: str = ""
    owner_email: str = ""


def files(
    paths: Sequence[Path], config: Config, options: ImportOptions, step: Callable[[int], None] = lambda _: None
) -> Iterator[ImportResult]:
    """Import `paths` in order; an `ImportResult` for each document. `step` is called with numbers of finished files.

    Raises `BadInput` for options that cannot be.
    """
    try:
        setting_parsers.one_mail(options.owner_email.strip())
    except ValueError as error:
        raise BadInput(f"the owner's address cannot be {options.owner_email!r}: {error}") from error
    yield from documents(_read(paths, options, step), config, options, DiskMap())


def _read(paths: Sequence[Path], options: ImportOptions, step: Callable[[int], None]) -> Iterator[Document | Unread]:
    for path in paths:
        yield from reading.read(path, options.format, options.object_id)
        step(1)


def documents(
    stream: Iterable[Document | Unread], config: Config, options: ImportOptions, seen: MutableMapping[str, str]
) -> Iterator[ImportResult]:
    """Import a stream of documents, in batches of one transaction each; an `ImportResult` for each.

    `seen`: the place of each object id and DOI so far. It is added to; a second document with one of them is
    rejected.
    """
    batch: list[Document] = []
    size = 0
    for read in stream:
        if isinstance(read, Unread):
            yield ImportResult(read.place, error=read.error, column=read.column)
            continue
        batch.append(read)
        size += read.size
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield from _store(batch, config, options, seen)
            batch, size = [], 0
    yield from _store(batch, config, options, seen)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A document and what is stored of it. `from_doi`: it names no object id but its DOI."""

    document: Document
    given: RecordInput
    from_doi: bool


def _store(
    batch: Sequence[Document], config: Config, options: ImportOptions, seen: MutableMapping[str, str]
) -> Iterator[ImportResult]:
    ready = [_read_document(document, options) for document in batch]
    with nullcontext() if options.dry_run or not batch else database.write():
        results = [
            result
            for some in chunks.disjoint(ready, _names, _needs)
            for result in _store_together(some, config, options, seen)
        ]
    yield from results


def _read_document(document: Document, options: ImportOptions) -> _Ready | ImportResult:
    try:
        attributes = from_json.canonical(document.attributes) if document.description is None else {}
        object_id = record_lookup.checked_id(choose_id(document, attributes, options.object_id))
        by_hand = {} if options.published is None else {"published": options.published}
        given = RecordInput(
            object_id,
            attributes,
            _columns(document) | _owner(document, options),
            by_hand,
            options.use_own_doi,
            document.description,
            options.overwrite,
            document.parent_of or parents.in_no_file,
            by_doi=True,
        )
        from_doi = options.object_id == "auto" and not _stated_id(document, attributes)
    except DoituiError as error:
        return ImportResult(document.place, error=str(error), column=_column(error, document))
    return _Ready(document, given, from_doi)


def _names(one: _Ready | ImportResult) -> set[str]:
    return one.given.names if isinstance(one, _Ready) else set()


def _needs(one: _Ready | ImportResult) -> set[str]:
    return one.given.needs if isinstance(one, _Ready) else set()


def _store_together(
    some: Sequence[_Ready | ImportResult], config: Config, options: ImportOptions, seen: MutableMapping[str, str]
) -> list[ImportResult]:
    """Store documents that share no name."""
    first = [_unseen(one, seen, options) if isinstance(one, _Ready) else one for one in some]
    given = [one.given for one in first if isinstance(one, _Ready)]
    stored = iter(
        records.preview_all(config, given) if options.dry_run else records.store_all(config, given, options.actor)
    )
    return [
        one if isinstance(one, ImportResult) else _result(one, next(stored), config, options, seen) for one in first
    ]


def _keys(given: RecordInput) -> dict[str, str]:
    """What no other document may name: by key what a message calls it."""
    object_id = identifiers.fold(identifiers.parse_doi(given.object_id)) or given.object_id
    doi = identifiers.fold(identifiers.parse_doi(given.doi))
    names = {object_id: f"object id {given.object_id!r}"}
    return names if doi in ("", object_id) else {**names, doi: f"DOI {given.doi}"}


def _unseen(ready: _Ready, seen: MutableMapping[str, str], options: ImportOptions) -> _Ready | ImportResult:
    own = ready.document.place
    for key, name in _keys(ready.given).items():
        place = seen.get(key)
        if place is not None and not (options.repeats and place == own):
            return ImportResult(own, error=f"has the {name} of {place}: each record needs its own")
    return ready


def _result(
    ready: _Ready,
    stored: StoreResult | DoituiError,
    config: Config,
    options: ImportOptions,
    seen: MutableMapping[str, str],
) -> ImportResult:
    if isinstance(stored, DoituiError):
        column = _column(stored, ready.document)
        return ImportResult(ready.document.place, error=str(stored), column=column)
    place, record = ready.document.place, stored.record
    seen.update(dict.fromkeys(_keys(ready.given), place))
    found = findings(record, config, "findable", stored.attributes) + ready.document.findings
    found += validate.unknown_fields(ready.document.attributes, (*OWN_MEMBERS, options.object_id))
    return ImportResult(
        place,
        record.object_id,
        created=stored.created,
        doi=ready.given.doi,
        findings=found,
        protected=stored.protected,
        overwritten=stored.overwritten,
        published=stored.published,
        changed=stored.changed,
        renamed=stored.renamed,
        stated_id=_other_id(ready.given, record),
        from_doi=ready.from_doi and bool(identifiers.parse_doi(record.object_id)),
        stem=ready.document.stem,
        page=datacite_document.landing_page(record, config),
        from_template=not record.url,
        moved=stored.moved,
    )


def _other_id(given: RecordInput, record: Record) -> str:
    """The object id of a document whose record has another one; empty where it only is the DOI."""
    stated = given.object_id
    return "" if stated == record.object_id or identifiers.parse_doi(stated) else stated


def _column(error: DoituiError, document: Document) -> str:
    """The column of an ISAD CSV because of which a row was rejected."""
    if document.description is None or not isinstance(error, BadInput) or error.member != "parent":
        return ""
    return next((name for name in ("parentId", "qubitParentSlug") if name in document.members), "")


def _columns(document: Document) -> dict[str, str | bool]:
    """The columns a document fills, its metadata apart. A member that is missing, null or empty fills none."""
    columns: dict[str, str | bool] = {name: text for name in _TEXTS if (text := _text(document, name))}
    columns |= _auto_create(document)
    value = document.members.get("published")
    if value != "" and str(value).strip().lower() in ON | OFF and not isinstance(value, bool):
        raise BadInput(f"has published = {value!r}: it must be true or false")
    # DataCite's own `published` is a date, which says nothing about us.
    return {**columns, "published": value} if isinstance(value, bool) else columns


def _auto_create(document: Document) -> dict[str, str]:
    """`auto_create` as it is stored (OPUS's enrichment `opus.doi.autoCreate`)."""
    value = document.members.get("auto_create")
    if value is None or value == "":
        return {}
    try:
        return {"auto_create": "true" if is_on(str(value)) else "false"}
    except ValueError as error:
        raise BadInput(f"has auto_create = {value!r}: it must be true or false") from error


def _owner(document: Document, options: ImportOptions) -> dict[str, str | bool]:
    """The owner of a document that names neither a name nor an address: never those of two people."""
    if any(document.members.get(name) for name in ("owner_name", "owner_email")):
        return {}
    return {name: text for name in ("owner_name", "owner_email") if (text := getattr(options, name).strip())}


def _text(document: Document, name: str) -> str:
    value = document.members.get(name) or ""
    if not isinstance(value, str):
        raise BadInput(f"has {name} = {value!r}: it must be text")
    return value.strip()


def choose_id(document: Document, attributes: Mapping[str, Any], rule: str) -> str:
    """The object id of a document. `auto`: `object_id`, else the first Local alternate identifier, else its own DOI;
    `filename`: the file's name without its ending; anything else: that member of the document. Raises `BadInput`.
    """
    if rule == "filename":
        return document.stem
    if rule != "auto":
        return _id(document.members.get(rule, attributes.get(rule)), rule)
    if found := _stated_id(document, attributes) or attributes.get("doi"):
        return str(found)
    raise BadInput(
        "names no object id: give it `object_id` or an alternate identifier of type Local, or --object-id filename"
    )


def _stated_id(document: Document, attributes: Mapping[str, Any]) -> str:
    """`object_id`, else the first Local alternate identifier; empty without both. Raises `BadInput`."""
    if "object_id" in document.members:
        return _id(document.members["object_id"], "object_id")
    local = [row for row in attributes.get("identifiers") or [] if isinstance(row, dict)]
    for row in local:
        if str(row.get("identifierType", "")).lower() == "local" and row.get("identifier"):
            return str(row["identifier"])
    return ""


def _id(value: Any, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadInput(f"has no usable {name!r} to take the object id from (--object-id)")
    return str(value)

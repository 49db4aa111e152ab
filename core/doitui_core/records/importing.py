"""Import the documents of files as records; an invalid document does not stop the others.

`reading` reads the files. `metadata.validate` checks the content; its findings are in the result, and errors among them
prevent a mint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.dois.datacite_document import findings
from doitui_core.domain import identifiers
from doitui_core.errors import BadInput, DoituiError, Misconfigured
from doitui_core.metadata import from_json, validate
from doitui_core.metadata.validate import Finding
from doitui_core.records import reading, record_lookup, records
from doitui_core.records.publish_transition import NO_EFFECT, PublishEffect
from doitui_core.records.reading import Document, Unread
from doitui_core.records.record_merge import OverwrittenField, ProtectedField
from doitui_core.records.records import RecordInput
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
    `published`: what its publication did to its DOI.
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


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of `record import`. `published` None: as in the document, else unchanged; a new record is
    published. `overwrite`: documents count also where a person set something else. `repeats`: the same place may be
    read again, as a page of a harvest.
    """

    format: str = "auto"
    use_own_doi: bool = True
    object_id: str = "auto"
    published: bool | None = None
    overwrite: bool = False
    dry_run: bool = False
    actor: str = "python"
    repeats: bool = False


def files(
    paths: Sequence[Path], config: Config, options: ImportOptions, step: Callable[[int], None] = lambda _: None
) -> Iterator[ImportResult]:
    """Import `paths` in order; an `ImportResult` for each document. `step` is called with numbers of finished files."""
    yield from documents(_read(paths, options.format, step), config, options, {})


def _read(paths: Sequence[Path], form: str, step: Callable[[int], None]) -> Iterator[Document | Unread]:
    for path in paths:
        yield from reading.read(path, form)
        step(1)


def documents(
    stream: Iterable[Document | Unread], config: Config, options: ImportOptions, seen: dict[str, str]
) -> Iterator[ImportResult]:
    """Import a stream of documents, in batches of one transaction each; an `ImportResult` for each.

    `seen`: the place of each object id so far. It is added to; a second document with the same object id is
    rejected.
    """
    batch: list[Document] = []
    size = 0
    for read in stream:
        if isinstance(read, Unread):
            yield ImportResult(read.place, error=read.error)
            continue
        batch.append(read)
        size += read.size
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield from _store(batch, config, options, seen)
            batch, size = [], 0
    yield from _store(batch, config, options, seen)


def _store(
    batch: Sequence[Document], config: Config, options: ImportOptions, seen: dict[str, str]
) -> Iterator[ImportResult]:
    with nullcontext() if options.dry_run or not batch else database.write():
        results = [_one(document, config, options, seen) for document in batch]
    yield from results


def _one(document: Document, config: Config, options: ImportOptions, seen: dict[str, str]) -> ImportResult:
    try:
        attributes = from_json.canonical(document.attributes)
        object_id = choose_id(document, attributes, options.object_id)
        key = identifiers.fold(identifiers.parse_doi(object_id)) or record_lookup.checked_id(object_id)
        if key in seen and not (options.repeats and seen[key] == document.place):
            raise BadInput(f"has the object id {object_id!r} of {seen[key]}: each record needs its own")
        result = _save(document, attributes, object_id, config, options)
        seen[key] = document.place
    except Misconfigured:  # wrong for all of them
        raise
    except DoituiError as error:
        return ImportResult(document.place, error=str(error))
    return result


def _save(
    document: Document, attributes: dict[str, Any], object_id: str, config: Config, options: ImportOptions
) -> ImportResult:
    by_hand = {} if options.published is None else {"published": options.published}
    given = RecordInput(
        object_id, attributes, _columns(document), by_hand, options.use_own_doi, overwrite=options.overwrite
    )
    stored = records.preview(config, given) if options.dry_run else records.store(config, given, options.actor)
    found = findings(stored.record, config, "findable") + document.findings
    found += validate.unknown_fields(document.attributes, (*OWN_MEMBERS, options.object_id))
    return ImportResult(
        document.place,
        stored.record.object_id,
        created=stored.created,
        doi=given.doi,
        findings=found,
        protected=stored.protected,
        overwritten=stored.overwritten,
        published=stored.published,
    )


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
    if "object_id" in document.members:
        return _id(document.members["object_id"], "object_id")
    local = [row for row in attributes.get("identifiers") or [] if isinstance(row, dict)]
    for row in local:
        if str(row.get("identifierType", "")).lower() == "local" and row.get("identifier"):
            return str(row["identifier"])
    if attributes.get("doi"):
        return str(attributes["doi"])
    raise BadInput(
        "names no object id: give it `object_id` or an alternate identifier of type Local, or --object-id filename"
    )


def _id(value: Any, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadInput(f"has no usable {name!r} to take the object id from (--object-id)")
    return str(value)

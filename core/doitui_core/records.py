"""Records in: save, find, publish. What the institution describes; its DOI is in `dois`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from doitui_core import database, identifiers, repositories, reservations, statements
from doitui_core.errors import AmbiguousId, BadInput, NotFound
from doitui_core.metadata import build, from_json, landing_pages
from doitui_core.models import Record, Repository
from doitui_core.repositories import Config

#: Control characters have no place in a title, and PostgreSQL keeps no NUL.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def save(
    object_id: str,
    *,
    metadata: Mapping[str, Any],
    repository: str | None = None,
    url: str = "",
    owner_name: str = "",
    owner_email: str = "",
    published: bool = True,
    own_doi: bool = True,
    actor: str = "python",
) -> Record:
    """Store a record, or bring the one with this object id up to date. Joins the caller's transaction.

    `metadata`: DataCite's JSON attributes (Kernel-4). Its `doi`, if `own_doi`: under our prefix it is reserved as ours,
    any other is kept as foreign and never registered. `url`: the landing page; empty: the repository's template.
    Raises `BadInput` for what cannot be stored, `DoiTaken` when the DOI belongs to another record.
    """
    config = repositories.config(repositories.find_or_only(repository))
    return store(config, object_id, metadata, url, owner_name, owner_email, published, own_doi, actor)[0]


def store(
    config: Config,
    object_id: str,
    metadata: Mapping[str, Any],
    url: str,
    owner_name: str,
    owner_email: str,
    published: bool,
    own_doi: bool,
    actor: str,
) -> tuple[Record, bool]:
    """`save` for a repository whose settings are at hand: (the record, whether it is new)."""
    attributes = from_json.canonical(metadata)
    own, page = str(attributes.pop("doi", "") or ""), str(attributes.pop("url", "") or "")
    doi = identifiers.bare(own) if own_doi else ""
    page = url or page
    for what, line in (("DOI", doi), ("url", page), ("owner's name", owner_name), ("owner's address", owner_email)):
        _check_line(line, what, object_id)
    text = dumps(attributes, object_id)
    with database.write():
        values = {
            "title": title(attributes),
            "metadata": text,
            "url": page,
            "owner_name": owner_name,
            "owner_email": owner_email,
            "published": published,
            "foreign_doi": doi if doi and not config.is_ours(doi) else "",
            "content_hash": build.fingerprint({"metadata": attributes, "url": page}),
        }
        record, created = _upsert(config.repository_id, checked_id(object_id), values)
        if doi:
            reservations.bring(record, doi, config, actor)
        if not created:
            reservations.refresh(record, config)
    return record, created


def draft(config: Config, object_id: str, metadata: Mapping[str, Any], url: str) -> Record:
    """The record `store` would make, not stored: what a dry run looks at. Raises `BadInput` as `store`."""
    attributes = from_json.canonical(metadata)
    page = url or str(attributes.pop("url", "") or "")
    attributes.pop("doi", None)
    _check_line(page, "url", object_id)
    return Record(repository=config.repository_id, object_id=object_id, metadata=dumps(attributes, object_id), url=page)


_SAME = statements.Select(
    lambda object_id, repository_id: Record.select().where(
        Record.object_id == object_id, Record.repository == repository_id
    ),
    str,
    int,
    lock=True,
)


def _upsert(repository_id: int, object_id: str, values: dict[str, Any]) -> tuple[Record, bool]:
    now = database.now()
    record = _SAME.first(object_id, repository_id)
    if record is None:
        new = {"repository": repository_id, "object_id": object_id, "created_at": now, "updated_at": now}
        record = Record(**values, **new)
        if statements.insert(record):
            return record, True
        record = _SAME.first(object_id, repository_id)  # another process was faster; its row is brought up to date
        assert record is not None
    changed = {name: value for name, value in values.items() if getattr(record, name) != value}
    if changed:
        for name, value in {**changed, "updated_at": now}.items():
            setattr(record, name, value)
        statements.update(record)
    return record, False


def dumps(attributes: Mapping[str, Any], object_id: str) -> str:
    """Canonical attributes as they are stored. Raises `BadInput` for text that is no Unicode (lone surrogates) and
    for numbers that are none."""
    try:
        text = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(
            f"record {object_id!r} holds half a character ({error.object[error.start]!r}): mend its encoding"
        ) from error
    except ValueError as error:
        raise BadInput(f"record {object_id!r} holds a number that JSON cannot write (NaN or infinity)") from error
    return text


def _check_line(text: str, what: str, object_id: str) -> None:
    if CONTROL.search(text) or not database.storable(text):
        raise BadInput(
            f"record {object_id!r}: its {what} {text[:60]!r} holds control characters or half a character: mend it"
        )


def checked_id(object_id: str) -> str:
    """`object_id`, if it can be one: not empty, one line, at most 255 characters."""
    plain = object_id.strip()
    if not plain or len(plain) > 255 or CONTROL.search(plain) or not database.storable(plain):
        raise BadInput(f"{object_id[:60]!r} cannot be an object id: one line of 1 to 255 characters")
    return plain


def title(attributes: Mapping[str, Any]) -> str:
    """The main title in one line of at most 500 characters; empty when there is none."""
    titles = attributes.get("titles")
    rows = [row for row in titles if isinstance(row, dict)] if isinstance(titles, list) else []
    rows.sort(key=lambda row: bool(row.get("titleType")))
    return CONTROL.sub(" ", str(rows[0].get("title") or ""))[:500] if rows else ""


def check_url(url: str) -> None:
    """Raise `BadInput` for what cannot be a landing page (`metadata.landing_pages`)."""
    if not database.storable(url):
        raise BadInput(f"{landing_pages.quoted(url)} cannot be stored: take out half characters and NUL")
    refused = landing_pages.refusal(url)
    if refused is not None:
        raise BadInput(f"landing page {refused[1]}")


def change_url(record: Record, url: str) -> None:
    """Give the record another landing page, and tell its DOI. Raises as `check_url`."""
    check_url(url)
    with database.write():
        fresh = reservations.fresh(record)
        fresh.url, fresh.updated_at = url, database.now()
        statements.update(fresh)
        reservations.refresh(fresh, repositories.config(fresh.repository))


def find(text: str) -> Record:
    """The record an ID names: an object id, or `CODE:ID`. Raises `NotFound`, or `AmbiguousId` naming the choices."""
    if not database.storable(text):
        raise NotFound(f"there is no record {text!r}: `doitui record list` shows those that are")
    found = list(Record.select(Record, Repository).join(Repository).where(Record.object_id == text).limit(20))
    code, colon, object_id = text.partition(":")
    if not found and colon:
        found = list(
            Record.select(Record, Repository)
            .join(Repository)
            .where(Record.object_id == object_id, Repository.code == code)
        )
    if not found:
        raise NotFound(f"there is no record {text!r}: `doitui record list` shows those that are")
    if len(found) > 1:
        raise AmbiguousId(text, [f"{record.repository.code}:{record.object_id}" for record in found])
    return found[0]

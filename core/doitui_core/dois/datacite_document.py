"""The document of a record for DataCite: metadata, fundings, defaults, landing page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from doitui_core.config.repositories import Config
from doitui_core.db.models import IS_KEPT, Doi, Record
from doitui_core.dois import fundings, parent_link
from doitui_core.domain import strict_json
from doitui_core.metadata import build, over_xml, sizes, validate
from doitui_core.metadata.validate import Finding

Attributes = dict[str, Any]

URL_MISSING = Finding(
    "url_missing",
    "error",
    "url",
    "no landing page: give the record a url, or its repository a template (--landing-page)",
    "give the record a url, or its repository a template (--landing-page)",
)


def attributes(
    record: Record, config: Config, funded: Sequence[Attributes] | None = None, own: Attributes | None = None
) -> Attributes:
    """The record's metadata (`own`, else read), with its parent, its fundings (`funded`, else read) and the
    repository's defaults.
    """
    found: Attributes = strict_json.tolerant_loads(record.metadata) if own is None else dict(own)
    if parent_link.PARENT in found:
        parent_link.add(found, config)
    imported = fundings.imported([record.id] if record.id else []).get(record.id) if funded is None else funded
    own = found.get("fundingReferences", [])
    if imported and isinstance(own, list):  # the validation reports anything else
        found["fundingReferences"] = own + fundings.missing(imported, own)
    if not found.get("publisher") and config.text("default_publisher"):
        found["publisher"] = {"name": config.text("default_publisher")}
    types = found.get("types") or {}
    if isinstance(types, dict) and not types.get("resourceTypeGeneral") and config.text("default_resource_type"):
        found["types"] = {**types, "resourceTypeGeneral": config.text("default_resource_type")}
    return found


def landing_page(record: Record, config: Config) -> str:
    """The record's URL, else one from the repository's template; empty without both."""
    return record.url or config.landing_page(record.object_id)


def document(
    record: Record, doi: str, config: Config, known: Mapping[str, Any] | None = None, *, tombstone: bool = False
) -> Attributes:
    """The whole document of a DOI, as sent (without the event). The URL of a tombstone is its tombstone page, if
    `tombstone_page_base` is set. `known`: the record's `attributes`, if already read.
    """
    page = config.tombstone_page(doi) if tombstone else ""
    found = attributes(record, config) if known is None else known
    return build.document(found, doi=doi, url=page or landing_page(record, config) or None)


def findings(record: Record, config: Config, target: str, known: Attributes | None = None) -> list[Finding]:
    """Errors (DataCite would reject) first, then warnings. `known`: the record's `attributes`, if already read."""
    page = landing_page(record, config)
    refused, known = _refused_page(page, target), attributes(record, config) if known is None else known
    found = refused + _too_large(record, config, known) + validate.check(_transported(known, config), target)
    if config.text("transport") == "mds":
        found += validate.xml_warnings(known)
    return found if refused or not page else found + validate.page_warnings(page, lambda: _own_doi(record))


def errors(record: Record, config: Config, target: str, known: Attributes | None = None) -> list[Finding]:
    """What DataCite would reject. `known`: the record's `attributes`, if already read."""
    found = attributes(record, config) if known is None else known
    refused = _refused_page(landing_page(record, config), target)
    return refused + _too_large(record, config, found) + validate.errors(_transported(found, config), target)


def _transported(known: Attributes, config: Config) -> Attributes:
    """What the repository's transport can carry."""
    return over_xml.carried(known) if config.text("transport") == "mds" else known


def _refused_page(page: str, target: str) -> list[Finding]:
    if page:
        return validate.page_errors(page)
    return [URL_MISSING] if target != "draft" else []


def _too_large(record: Record, config: Config, known: Attributes) -> list[Finding]:
    if len(record.metadata) < sizes.SURELY_SMALL:
        return []
    note = sizes.refusal(known, packed=config.text("transport") == "rest")
    return [] if note is None else [validate.finding(note, "error")]


def _own_doi(record: Record) -> str:
    row = Doi.get_or_none(Doi.record == record.id, IS_KEPT) if record.id else None
    return row.doi if row is not None else ""

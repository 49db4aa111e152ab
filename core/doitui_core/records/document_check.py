"""Documents of files checked and converted without a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doitui_core import clock
from doitui_core.errors import BadInput
from doitui_core.metadata import archival, from_json, official_schema, to_xml, validate
from doitui_core.metadata.validate import Finding
from doitui_core.records import reading
from doitui_core.records.importing import OWN_MEMBERS
from doitui_core.records.reading import Document, Unread


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """One document: its canonical `attributes` and `findings`, or `error`, why it cannot be read. `changed`: those of
    the findings that tell what reading its XML changed.
    """

    place: str
    attributes: dict[str, Any] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    error: str = ""
    changed: Sequence[Finding] = ()

    @property
    def valid(self) -> bool:
        """Whether DataCite would take it as the metadata of a findable DOI."""
        return not self.error and not validate.only_errors(self.findings)


def check(path: Path, *, mds: bool = False, xsd: bool = False) -> Iterator[CheckedDocument]:
    """The documents of a file, in order. `mds`: also what DataCite loses of them when they come as XML. `xsd`: also
    what the official schema says of the XML that they become. Raises `Misconfigured` where that is not installed.

    A missing landing page is no finding: it is no metadata, and a repository may have a template.
    """
    for found in reading.read(path):
        if isinstance(found, Unread):
            yield CheckedDocument(found.place, error=found.error)
        else:
            try:
                attributes = _attributes(found)
            except BadInput as error:
                yield CheckedDocument(found.place, error=str(error))
                continue
            findings = validate.check(attributes) + _page(attributes) + found.findings
            findings += validate.unknown_fields(found.attributes, OWN_MEMBERS)
            findings += validate.xml_warnings(attributes) if mds else []
            findings += _by_schema(attributes) if xsd else []
            yield CheckedDocument(found.place, attributes, findings, changed=found.findings)


def _attributes(document: Document) -> dict[str, Any]:
    """In canonical form. Defaults of a repository are not known here: its publisher may be missing."""
    if document.description is None:
        return from_json.canonical(document.attributes)
    object_id = str(document.members["object_id"])
    return archival.attributes(document.description, object_id=object_id, year=clock.system().year)


def one(path: Path) -> CheckedDocument:
    """The only document of a file. Raises `BadInput` for a file that cannot be read or has several."""
    found = check(path)
    first = next(found, CheckedDocument(str(path), error="is empty: it has no document"))
    if first.error:
        raise BadInput(f"{first.place} {first.error}")
    if next(found, None) is not None:
        raise BadInput(f"{path} has several documents: convert one file for each document")
    return first


def _page(attributes: dict[str, Any]) -> list[Finding]:
    page = attributes.get("url")
    return validate.page_warnings(page) if isinstance(page, str) and not validate.page_errors(page) else []


def _by_schema(attributes: dict[str, Any]) -> list[Finding]:
    xml = to_xml.render(attributes, doi=str(attributes.get("doi") or "10.5072/none"))
    remedy = "change this element as the schema wants it"
    return [Finding("xsd", "error", "", problem, remedy) for problem in official_schema.problems(xml)]

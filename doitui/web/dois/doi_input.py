"""What DataCite reads from a request: permitted attributes and members. Everything else is silently dropped.

Source: datacite-api.md 1.3, 1.8 and 4.1 (lupo `params_sanitizer.rb`). A shape is a dict (an object with members), a
list of one shape (a list of those), or None (one text, number or truth value). The table is written apart from
`doitui_core.metadata.kernel4` on purpose: a member the client misspells must be lost here as it is at DataCite.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from doitui.web.common import bodies
from doitui.web.dois import doi_rewrites


def _texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split())


_PERSON = {
    **_texts("name nameType givenName familyName lang"),
    "nameIdentifiers": [_texts("nameIdentifier nameIdentifierScheme schemeUri")],
    "affiliation": [_texts("name affiliationIdentifier affiliationIdentifierScheme schemeUri")],
}
_CONTRIBUTOR = {**_PERSON, "contributorType": None}
_TITLE = _texts("title titleType lang")
_POINT = _texts("pointLongitude pointLatitude")
_RELATED_ITEM = {
    **_texts("relatedItemType relationType relationTypeInformation publicationYear volume issue number numberType"),
    **_texts("firstPage lastPage publisher edition"),
    "relatedItemIdentifier": _texts(
        "relatedItemIdentifier relatedItemIdentifierType relatedMetadataScheme schemeURI schemeType"
    ),
    "creators": [_PERSON],
    "titles": [_TITLE],
    "contributors": [_CONTRIBUTOR],
}
_PLACE = {
    "geoLocationPlace": None,
    "geoLocationPoint": _POINT,
    "geoLocationBox": _texts("westBoundLongitude eastBoundLongitude southBoundLatitude northBoundLatitude"),
    "geoLocationPolygon": [{"polygonPoint": _POINT, "inPolygonPoint": _POINT}],
}

SHAPES: dict[str, Any] = {
    "url": None,
    "contentUrl": [None],
    "reason": None,
    "schemaVersion": None,
    "source": None,
    "creators": [_PERSON],
    "contributors": [_CONTRIBUTOR],
    "titles": [_TITLE],
    "publicationYear": None,
    "types": _texts("resourceTypeGeneral resourceType"),
    "subjects": [_texts("subject subjectScheme schemeUri valueUri lang classificationCode")],
    "dates": [_texts("date dateType dateInformation")],
    "language": None,
    "identifiers": [_texts("identifier identifierType")],
    "relatedIdentifiers": [
        {
            **_texts("relatedIdentifier relatedIdentifierType relationType relationTypeInformation"),
            **_texts("resourceTypeGeneral relatedMetadataScheme schemeUri schemeType"),
        }
    ],
    "relatedItems": [_RELATED_ITEM],
    "sizes": [None],
    "formats": [None],
    "version": None,
    "rightsList": [_texts("rights rightsUri rightsIdentifier rightsIdentifierScheme schemeUri lang")],
    "descriptions": [_texts("description descriptionType lang")],
    "geoLocations": [_PLACE],
    "fundingReferences": [
        _texts("funderName funderIdentifier funderIdentifierType schemeUri awardNumber awardUri awardTitle")
    ],
    "container": _texts("type identifier identifierType title volume issue firstPage lastPage"),
}

# What of that DataCite takes for metadata.
METADATA = frozenset(SHAPES) - {"url", "contentUrl", "reason", "schemaVersion", "source"} | {"publisher"}

# The first two bytes of XML in UTF-16: a byte order mark, or `<` without one.
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}

_NAMESPACE = re.compile(rb"http://datacite\.org/schema/kernel-[\d.]+")


@dataclass(frozen=True, slots=True)
class DoiInput:
    """What one request asks for. A value of None in `changes` deletes that attribute (1.8)."""

    doi: str | None
    prefix: str | None
    event: object
    client: str | None
    changes: dict[str, Any]
    xml: bytes | None  # as sent, UTF-16 as UTF-8; empty when it was no base64
    should_validate: bool = False  # whether metadata is checked although the DOI is a draft: MDS wants that (2)

    @classmethod
    def from_mds(
        cls, event: str, *, url: str | None = None, xml: bytes | None = None, should_validate: bool = True
    ) -> DoiInput:
        """What MDS sends to `/dois`, where the DOI is in the path."""
        changes = {"source": "mds"} | ({"url": url} if url else {})
        return cls(None, None, event, None, changes, xml and _as_utf8(xml), should_validate)

    @property
    def schema_version(self) -> str | None:
        """As sent, else the namespace of the XML."""
        sent = self.changes.get("schemaVersion")
        if isinstance(sent, str) and sent:
            return sent
        found = _NAMESPACE.search(self.xml) if self.xml else None
        return found.group().decode() if found else None

    @property
    def touches_metadata(self) -> bool:
        """Whether a metadata attribute came along; then the XML is generated anew from JSON (1.8)."""
        return has_metadata(self.changes)


def has_metadata(attributes: dict[str, Any]) -> bool:
    """Whether there is anything DataCite would generate XML from."""
    return not METADATA.isdisjoint(attributes)


def read_doi_input(data: dict[str, Any]) -> DoiInput:
    """The request in `data` of a JSON:API document: permitted, and rewritten as DataCite does on saving."""
    attributes = data.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    return DoiInput(
        doi=_text(attributes.get("doi")),
        prefix=_text(attributes.get("prefix")),
        event=attributes.get("event"),
        client=_text(bodies.nested(data, "relationships", "client", "data", "id")),
        changes=permitted(attributes),
        xml=_decoded(attributes.get("xml")),
    )


def permitted(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes that DataCite stores, under the same names."""
    changes = {name: _permitted(attributes[name], shape) for name, shape in SHAPES.items() if name in attributes}
    if "publisher" in attributes:
        changes["publisher"] = _publisher(attributes["publisher"])
    if not changes.get("identifiers") and "alternateIdentifiers" in attributes:
        changes["identifiers"] = _alternates(attributes["alternateIdentifiers"])
    return doi_rewrites.rewrite(changes)


def _permitted(value: Any, shape: Any) -> Any:
    """Top level: entries of a wrong kind stay, because DataCite complains about those (1.7, 2). Blank becomes None."""
    if value in (None, "", [], {}):
        return None
    if isinstance(shape, list):
        entries = value if isinstance(value, list) else [value]
        if shape == [None]:
            return [entry for entry in entries if not isinstance(entry, dict | list)] or None
        return [_inner(entry, shape[0]) if isinstance(entry, dict) else entry for entry in entries]
    return _inner(value, shape) if isinstance(value, dict) or shape is None else value


def _inner(value: Any, shape: Any) -> Any:
    if isinstance(shape, dict):
        return {name: inner for name, inner in _members(value, shape) if inner is not None}
    if isinstance(shape, list):
        entries = value if isinstance(value, list) else [value]
        return [_inner(entry, shape[0]) for entry in entries if isinstance(entry, dict)]
    return None if isinstance(value, dict | list) else value


def _members(value: Any, shape: dict[str, Any]) -> Any:
    if not isinstance(value, dict):
        return
    for name, inner in shape.items():
        # An object where the list of nameIdentifiers belongs is accepted and ignored (1.7, 5).
        if name in value and not (name == "nameIdentifiers" and isinstance(value[name], dict)):
            yield name, _inner(value[name], inner)


def _publisher(value: Any) -> Any:
    """Always an object; unknown members stay, because those are an error here (4.1)."""
    if value in (None, "", [], {}):
        return None
    return value if isinstance(value, dict) else {"name": value}


def _alternates(value: Any) -> Any:
    renamed = {"alternateIdentifier": "identifier", "alternateIdentifierType": "identifierType"}
    entries = _permitted(value, [_texts("alternateIdentifier alternateIdentifierType")])
    if entries is None:
        return None
    return [{renamed[key]: text for key, text in one.items()} if isinstance(one, dict) else one for one in entries]


def _decoded(value: Any) -> bytes | None:
    if value in (None, ""):
        return None
    try:
        return _as_utf8(base64.b64decode(str(value), validate=False))
    except (binascii.Error, ValueError):
        return b""


def _as_utf8(xml: bytes) -> bytes:
    """XML in UTF-16 as UTF-8 without its declaration, so that all of the sandbox sees one encoding."""
    encoding = _WIDE.get(xml[:2])
    if encoding is None:
        return xml
    return re.sub(r"^\ufeff?<\?xml\s[^>]*\?>|^\ufeff", "", xml.decode(encoding, "replace"), count=1).encode()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None

"""The canonical form to DataCite Kernel-4 XML: what MDS takes, and what people keep as a file.

A document is a tree of writers, built once at import from the table at the end of this file. A writer is given the
element to write into and the JSON object it finds its members in; what is not there it does not write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from doitui_core.metadata import places
from doitui_core.metadata.kernel4 import SCHEMA_VERSION, SPELLINGS

_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_ROOT = {
    # As every official example of 4.6 and 4.7 has it.
    f"{{{_SCHEMA_INSTANCE}}}schemaLocation": f"{SCHEMA_VERSION} https://schema.datacite.org/meta/kernel-4/metadata.xsd"
}
# The stubs of lxml do not know the default namespace.
_PREFIXES: dict[Any, str] = {None: SCHEMA_VERSION, "xsi": _SCHEMA_INSTANCE}
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'

#: Whatever is no Char of XML 1.0 (2.2), not even as a character reference.
_NO_CHAR = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Members whose attribute has another name; those in ...Uri have ...URI.
_ATTRIBUTES = {
    "lang": "{http://www.w3.org/XML/1998/namespace}lang",
    "identifierType": "alternateIdentifierType",
    **{ours: xml for xml, ours in SPELLINGS.items() if xml.endswith("URI")},
}

Row = Mapping[str, Any]
Writer = Callable[[etree._Element, Row], None]


def render(attributes: Row, *, doi: str, joined: bool = True) -> bytes:
    """The document for `doi` as UTF-8; the same bytes for the same content, whatever the order of its members.

    `joined`: the polygons of one place stand in one geoLocation, as the schema has it (see `places`). DataCite reads
    the first of them only, so what is sent to it has a geoLocation for each.

    `attributes` is the canonical form, or what `build.document` makes of it. `url`, `contentUrl` and `container` are
    no part of the schema and stay out, and so does whatever has a wrong shape. Never raises: a missing block is left
    out, and a character that XML cannot hold becomes a space where it is white space (form feed), else nothing.
    """
    root = etree.Element(_tag("resource"), _ROOT, nsmap=_PREFIXES)
    identifier = etree.SubElement(root, _tag("identifier"), {"identifierType": "DOI"})
    identifier.text = _text(doi)
    if joined and isinstance(attributes.get("geoLocations"), list):
        attributes = {**attributes, "geoLocations": places.join(attributes["geoLocations"])}
    for write in _BLOCKS:
        write(root, attributes)
    return _DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False, pretty_print=True)


def _tag(name: str) -> str:
    return f"{{{SCHEMA_VERSION}}}{name}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value if value.isprintable() else _NO_CHAR.sub(_replacement, value)
    return "" if isinstance(value, bool) or not isinstance(value, int | float) else str(value)


def _replacement(character: re.Match[str]) -> str:
    return " " if character[0].isspace() else ""


def _attributes(row: Row, names: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {name: text for member, name in names if (text := _text(row.get(member)))}


def _names(members: str) -> tuple[tuple[str, str], ...]:
    return tuple((member, _ATTRIBUTES.get(member, member)) for member in members.split())


def _leaf(name: str, attributes: str = "", *, text: str | None = None, required: str = "") -> Writer:
    """An element of text: the member `text` (of the element's own name unless given); `attributes` are members too.

    Without text it is written for its attributes' sake; where it `required` one of them, only with that one.
    """
    tag, member, names = _tag(name), name if text is None else text, _names(attributes)

    def write(parent: etree._Element, row: Row) -> None:
        words, found = _text(row.get(member)), _attributes(row, names)
        if words or (required in found if required else found):
            etree.SubElement(parent, tag, found).text = words or None

    return write


def _with_breaks(leaf: Writer) -> Writer:
    """`leaf`, with the element that the schema has for the line breaks in its text."""

    def write(parent: etree._Element, row: Row) -> None:
        leaf(parent, row)
        element = parent[-1] if len(parent) else None
        if element is not None and "<br>" in (element.text or ""):
            element.text, *others = (element.text or "").split("<br>")
            for words in others:
                etree.SubElement(element, _tag("br")).tail = words or None

    return write


def _name(name: str) -> Writer:
    """A person's name, which the schema wants first, and of contributors not empty.

    Without one it is made of its parts, as bolognese makes it of a document that has only these.
    """
    tag, names = _tag(name), _names("nameType lang")

    def write(parent: etree._Element, row: Row) -> None:
        parts = (_text(row.get("familyName")), _text(row.get("givenName")))
        words = _text(row.get("name")) or ", ".join(filter(None, parts))
        etree.SubElement(parent, tag, _attributes(row, names)).text = words or None

    return write


def _node(name: str, *children: Writer, attributes: str = "") -> Writer:
    """An element of elements; not written when nothing is in it."""
    tag, names = _tag(name), _names(attributes)

    def write(parent: etree._Element, row: Row) -> None:
        element = etree.SubElement(parent, tag, _attributes(row, names))
        for child in children:
            child(element, row)
        if not len(element) and not element.attrib:
            parent.remove(element)

    return write


def _each(member: str, *writers: Writer) -> Writer:
    """`writers` for each object of a list; a bare value is handed on under the empty name."""

    def write(parent: etree._Element, document: Row) -> None:
        items = document.get(member)
        for item in items if isinstance(items, list) else ():
            row = item if isinstance(item, Mapping) else {"": item}
            for one in writers:
                one(parent, row)

    return write


def _inside(member: str, inner: Writer) -> Writer:
    """`inner`, which finds its members in the object `member`."""

    def write(parent: etree._Element, row: Row) -> None:
        value = row.get(member)
        if isinstance(value, Mapping):
            inner(parent, value)

    return write


def _list(name: str, row: Writer, member: str = "") -> Writer:
    return _node(name, _each(member or name, row))


def _person(name: str, *more: Writer, attributes: str = "") -> Writer:
    names = (_name(f"{name}Name"), _leaf("givenName"), _leaf("familyName"))
    return _node(name, *names, *more, attributes=attributes)


def _point(name: str) -> Writer:
    return _inside(name, _node(name, _leaf("pointLongitude"), _leaf("pointLatitude")))


def _polygons(polygon: Writer) -> Writer:
    """`polygon`, which finds its points under the empty name, for the one polygon or for each of several."""

    def write(parent: etree._Element, row: Row) -> None:
        found = row.get("geoLocationPolygon")
        several = isinstance(found, list) and all(isinstance(item, list) for item in found)
        for points in found if several and found else (found,):
            polygon(parent, {"": points})

    return write


_SCHEMES = (
    _each("nameIdentifiers", _leaf("nameIdentifier", "nameIdentifierScheme schemeUri")),
    _each(
        "affiliation", _leaf("affiliation", "affiliationIdentifier affiliationIdentifierScheme schemeUri", text="name")
    ),
)
_TITLES = _list("titles", _leaf("title", "titleType lang"))
_BOX = map(_leaf, ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude"))
_LOCATION = (
    _leaf("geoLocationPlace"),
    _point("geoLocationPoint"),
    _inside("geoLocationBox", _node("geoLocationBox", *_BOX)),
    _polygons(_node("geoLocationPolygon", _each("", _point("polygonPoint"), _point("inPolygonPoint")))),
)
_FUNDING = (
    _leaf("funderName"),
    # The schema refuses one without its type, and REST takes a schemeUri that belongs to none.
    _leaf("funderIdentifier", "funderIdentifierType schemeUri", required="funderIdentifierType"),
    _leaf("awardNumber", "awardUri"),
    _leaf("awardTitle"),
)
# In the order of the XSD's sequence.
_ITEM = (
    _inside(
        "relatedItemIdentifier",
        _leaf("relatedItemIdentifier", "relatedItemIdentifierType relatedMetadataScheme schemeURI schemeType"),
    ),
    _list("creators", _person("creator")),
    _TITLES,
    *map(_leaf, ("publicationYear", "volume", "issue")),
    _leaf("number", "numberType"),
    *map(_leaf, ("firstPage", "lastPage", "publisher", "edition")),
    _list("contributors", _person("contributor", attributes="contributorType")),
)

# What <resource> holds after its identifier, in the order of the XSD.
_BLOCKS: tuple[Writer, ...] = (
    _list("creators", _person("creator", *_SCHEMES)),
    _TITLES,
    _inside(
        "publisher", _leaf("publisher", "publisherIdentifier publisherIdentifierScheme schemeUri lang", text="name")
    ),
    _leaf("publicationYear"),
    _inside("types", _leaf("resourceType", "resourceTypeGeneral")),
    _list("subjects", _leaf("subject", "subjectScheme schemeUri valueUri classificationCode lang")),
    _list("contributors", _person("contributor", *_SCHEMES, attributes="contributorType")),
    _list("dates", _leaf("date", "dateType dateInformation")),
    _leaf("language"),
    _list("alternateIdentifiers", _leaf("alternateIdentifier", "identifierType", text="identifier"), "identifiers"),
    _list(
        "relatedIdentifiers",
        _leaf(
            "relatedIdentifier",
            "resourceTypeGeneral relatedIdentifierType relationType relatedMetadataScheme schemeUri schemeType "
            "relationTypeInformation",
        ),
    ),
    _list("sizes", _leaf("size", text="")),
    _list("formats", _leaf("format", text="")),
    _leaf("version"),
    _list("rightsList", _leaf("rights", "rightsUri rightsIdentifier rightsIdentifierScheme schemeUri lang")),
    _list("descriptions", _with_breaks(_leaf("description", "descriptionType lang"))),
    _list("geoLocations", _node("geoLocation", *_LOCATION)),
    _list("fundingReferences", _node("fundingReference", *_FUNDING)),
    _list(
        "relatedItems", _node("relatedItem", *_ITEM, attributes="relatedItemType relationType relationTypeInformation")
    ),
)

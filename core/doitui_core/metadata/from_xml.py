"""DataCite Kernel-4 XML to the canonical form.

An element's attributes and text become members of one object; `from_json.canonical` then tidies them as it tidies any
other document, so the spelling of names (schemeURI), numbers and white space are settled in one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from doitui_core.errors import UnreadableDocument
from doitui_core.metadata.from_json import canonical

#: The most that is read. DataCite keeps 16 MB of XML; a document of that size in other hands may be longer.
MAX_BYTES = 32 * 1024 * 1024

_NAMESPACE = "http://datacite.org/schema/kernel-"
_KERNEL_4 = re.compile(re.escape(_NAMESPACE) + r"4(\.[0-9]+)*/?")

Row = dict[str, Any]

# Elements whose text goes to a member of another name; the others keep their own.
_TEXT_MEMBERS = {"creatorName": "name", "contributorName": "name"}
# Children of a person that are rows of their own -> (member, member that takes the text)
_PERSON_ROWS = {"nameIdentifier": ("nameIdentifiers", "nameIdentifier"), "affiliation": ("affiliation", "name")}
# Children that stay objects of their own, their text under their own name
_OBJECTS = ("relatedItemIdentifier",)


def parse(data: bytes) -> dict[str, Any]:
    """The canonical form of one Kernel-4 document of any 4.x; `doi` too when the identifier is one.

    Raises UnreadableDocument (one line) for more than 32 MiB, broken XML, a DTD, another kernel, or other XML. Neither
    entities nor anything outside the document is ever read. Several points or polygons of one geoLocation become
    several geoLocations (see `places`).
    """
    attributes: Row = {}
    seen: set[str] = set()
    for element in _root(data):
        name = _name(element)
        if name in seen:
            raise UnreadableDocument(f"<{name}> stands twice in <resource> (line {element.sourceline}): join the two")
        seen.add(name)
        if name in _READERS:
            attributes |= _READERS[name](element)
    return canonical(attributes)


def _root(data: bytes) -> etree._Element:
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"XML of {len(data)} bytes is too large: doitui reads {MAX_BYTES} bytes: divide it")
    # A parser keeps its state between documents, so each gets its own; making one costs microseconds.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        reason = " ".join((error.msg or "").split())
        if "Text node too long" in reason:
            raise UnreadableDocument("XML with a text of more than 10 MB, which no parser reads: shorten it") from None
        raise UnreadableDocument(f"invalid XML: {reason}: fix the file") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableDocument("XML with a document type (<!DOCTYPE ...>) is refused: take that line out")
    _refuse_foreign(etree.QName(root))
    return root


def _refuse_foreign(root: etree.QName) -> None:
    namespace = root.namespace or ""
    if root.localname == "resource" and _KERNEL_4.fullmatch(namespace):
        return
    if namespace.startswith(_NAMESPACE):
        kernel = namespace.removeprefix("http://datacite.org/schema/")
        raise UnreadableDocument(f"{kernel!r} <{root.localname}> is not kernel-4: migrate the document to kernel-4")
    raise UnreadableDocument(
        f"not DataCite XML: the root is <{root.localname}> of namespace {namespace[:60]!r}, "
        f"not <resource> of {_NAMESPACE}4"
    )


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: etree._Element) -> str:
    if not len(element):
        return element.text or ""
    parts = [element.text or ""]
    for child in element:
        # Descriptions may hold <br/>: a line break, and the only markup the schema knows.
        parts += ("\n" if _name(child) == "br" else _text(child), child.tail or "")
    return "".join(parts)


def _leaf(element: etree._Element, member: str) -> Row:
    row: Row = {str(name).rpartition("}")[2]: value for name, value in element.attrib.items()}
    row[member] = _text(element)
    return row


def _flat(element: etree._Element) -> Row:
    """Attributes and children of a row as members of one object; a child's attributes are members next to its text."""
    row: Row = {str(name).rpartition("}")[2]: value for name, value in element.attrib.items()}
    for child in element:
        name = _name(child)
        if name in _PERSON_ROWS:
            member, text = _PERSON_ROWS[name]
            row.setdefault(member, []).append(_leaf(child, text))
        elif name in _OBJECTS:
            row[name] = _leaf(child, name)
        elif name in _NESTED:
            row[name] = _NESTED[name](child)
        else:
            # The first wins: creatorName's xml:lang is the person's, a givenName's own is not.
            row = _leaf(child, _TEXT_MEMBERS.get(name, name)) | row
    return row


def _rows(element: etree._Element) -> list[Row]:
    return [_flat(row) for row in element]


def _texts(element: etree._Element) -> list[str]:
    return [_text(child) for child in element]


def _leaves(member: str) -> Callable[[etree._Element], list[Row]]:
    return lambda element: [_leaf(row, member) for row in element]


_NESTED: dict[str, Callable[[etree._Element], list[Row]]] = {
    "creators": _rows,
    "contributors": _rows,
    "titles": _leaves("title"),
}


def _location(element: etree._Element) -> Row:
    kinds: Row = {}
    for child in element:
        kinds.setdefault(_name(child), []).append(_PLACES.get(_name(child), _text)(child))
    return kinds


def _point(element: etree._Element) -> Row:
    return {_name(child): _text(child) for child in element}


def _polygon(element: etree._Element) -> list[Row]:
    return [{_name(point): _point(point)} for point in element]


_PLACES: dict[str, Callable[[etree._Element], Any]] = {
    "geoLocationPoint": _point,
    "geoLocationBox": _point,
    "geoLocationPolygon": _polygon,
}


def _identifier(element: etree._Element) -> Row:
    kind = element.get("identifierType", "").strip()
    if kind == "DOI":
        return {"doi": _text(element)}
    return {"identifiers": [{"identifier": _text(element), "identifierType": kind}]}


def _block(name: str, read: Callable[[etree._Element], Any]) -> Callable[[etree._Element], Row]:
    return lambda element: {name: read(element)}


# Every element that <resource> may hold.
_READERS: dict[str, Callable[[etree._Element], Row]] = {
    "identifier": _identifier,
    "creators": _block("creators", _rows),
    "titles": _block("titles", _leaves("title")),
    "publisher": _block("publisher", lambda element: _leaf(element, "name")),
    "publicationYear": _block("publicationYear", _text),
    "resourceType": _block("types", lambda element: _leaf(element, "resourceType")),
    "subjects": _block("subjects", _leaves("subject")),
    "contributors": _block("contributors", _rows),
    "dates": _block("dates", _leaves("date")),
    "language": _block("language", _text),
    "alternateIdentifiers": _block("alternateIdentifiers", _leaves("alternateIdentifier")),
    "relatedIdentifiers": _block("relatedIdentifiers", _leaves("relatedIdentifier")),
    "sizes": _block("sizes", _texts),
    "formats": _block("formats", _texts),
    "version": _block("version", _text),
    "rightsList": _block("rightsList", _leaves("rights")),
    "descriptions": _block("descriptions", _leaves("description")),
    "geoLocations": _block("geoLocations", lambda element: [_location(location) for location in element]),
    "fundingReferences": _block("fundingReferences", _rows),
    "relatedItems": _block("relatedItems", _rows),
}

"""DataCite XML of Kernel 4, or Kernel 3, to the canonical form.

An element's attributes and text become members of one object; `from_json.canonical` then tidies them as it tidies any
other document, so the spelling of names (schemeURI), numbers and white space are settled in one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from doitui_core.errors import UnreadableDocument
from doitui_core.metadata import kernel3, sizes, xml_bytes
from doitui_core.metadata.from_json import canonical, unknown
from doitui_core.metadata.wording import Note, shown

#: The most that is read.
MAX_BYTES = sizes.LARGEST_DOCUMENT

_NAMESPACE = "http://datacite.org/schema/kernel-"
_KERNEL = re.compile(re.escape(_NAMESPACE) + r"[34](\.[0-9]+)*/?")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"

Row = dict[str, Any]

#: Notes of one document that are handed on: a broken one may have millions.
MOST_NOTES = 1000

# Elements whose text goes to a member of another name; the others keep their own.
_TEXT_MEMBERS = {"creatorName": "name", "contributorName": "name"}
# Children of a person that are rows of their own -> (member, member that takes the text)
_PERSON_ROWS = {"nameIdentifier": ("nameIdentifiers", "nameIdentifier"), "affiliation": ("affiliation", "name")}
# Children that stay objects of their own, their text under their own name
_OBJECTS = ("relatedItemIdentifier",)
# Elements whose attributes become members; those of all others have no member to go to.
_DESCRIBED = frozenset(
    (
        *("identifier", "creator", "creatorName", "contributor", "contributorName", "nameIdentifier", "affiliation"),
        *("title", "publisher", "resourceType", "subject", "date", "alternateIdentifier", "relatedIdentifier"),
        *("rights", "description", "fundingReference", "funderIdentifier", "awardNumber"),
        *("relatedItem", "relatedItemIdentifier", "number"),
    )
)


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """The canonical `attributes` of a document, and `notes` on what did not come over unchanged."""

    attributes: dict[str, Any]
    notes: Sequence[Note] = ()


def parse(data: bytes) -> dict[str, Any]:
    """The attributes of `read`."""
    return read(data).attributes


def read(data: bytes) -> XmlDocument:
    """The canonical form of one document of any 4.x or 3.x (see `kernel3`); `doi` too when the identifier is one.

    Notes have the codes `left_out`, for elements and attributes that are not Kernel 4's or that the REST API has no
    member for, and `kernel_3` and `upgraded`. Any encoding is read, with or without a byte order mark.

    Raises UnreadableDocument (one line) for more than 20 MB, broken XML, a DTD, another kernel, or other XML. Neither
    entities nor anything outside the document is ever read. Several points or polygons of one geoLocation become
    several geoLocations (see `places`).
    """
    root = _root(data)
    notes: list[Note] = []
    for note in _take_out_foreign(root):
        if len(notes) < MOST_NOTES:
            notes.append(note)
    attributes: Row = {}
    seen: set[str] = set()
    for element in root:
        name = _name(element)
        if name in seen:
            raise UnreadableDocument(f"<{name}> stands twice in <resource> (line {element.sourceline}): join the two")
        seen.add(name)
        if name in _READERS:
            attributes |= _READERS[name](element)
        else:
            notes.append(_left_out(name, f"<{name}> is no element of Kernel 4"))
    found = canonical(attributes)
    notes += [_left_out(name, "DataCite's JSON has no field for it") for name in unknown(attributes)[:MOST_NOTES]]
    notes += _alternate_dois(attributes, found)
    if etree.QName(root).namespace.startswith(f"{_NAMESPACE}3"):
        notes += kernel3.upgrade(found)
    return XmlDocument(found, notes)


def _left_out(place: str, reason: str, remedy: str = "remove it, or put it where DataCite has a field for it") -> Note:
    return Note("left_out", (place,), f"{reason}, and is left out", remedy)


def _alternate_dois(attributes: Row, found: Row) -> Iterator[Note]:
    """DataCite allows no DOI among the alternate identifiers, and drops it from XML itself (datacite-api 1.6)."""
    for row in attributes.get("alternateIdentifiers", []):
        text = row["alternateIdentifier"].strip()
        if row.get("alternateIdentifierType", "").strip() == "DOI" and text != found.get("doi"):
            problem = f"{shown(text)} is a DOI, which DataCite takes for no alternate identifier"
            yield _left_out("identifiers", problem, "give it as a relatedIdentifier with IsIdenticalTo")


def _take_out_foreign(root: etree._Element) -> Iterator[Note]:
    """Remove elements and attributes of other namespaces, and attributes that no member is for; a note for each.

    Elements of no namespace count as Kernel 4's: documents put together of parts have them.
    """
    for element in list(root.iter()):
        name = _name(element)
        if _is_foreign(element):
            parent = element.getparent()
            if parent is not None and not _is_foreign(parent):  # else it went with its parent
                _remove(parent, element)
                space = str(etree.QName(element).namespace)[:60]
                yield _left_out(_name(parent), f"<{name}> is of namespace {space!r}, not DataCite's")
        elif element.attrib:
            yield from _take_out_attributes(element, name)


def _is_foreign(element: etree._Element) -> bool:
    tag = str(element.tag)
    return tag.startswith("{") and not tag.startswith(_NAMESPACE, 1)


def _take_out_attributes(element: etree._Element, name: str) -> Iterator[Note]:
    parent = element.getparent()
    in_item = name == "publisher" and parent is not None and _name(parent) == "relatedItem"
    for attribute in list(element.attrib):
        text = str(attribute)
        is_foreign = text.startswith("{") and text != _XML_LANG
        if is_foreign or in_item or name not in _DESCRIBED:
            del element.attrib[attribute]
            if not text.startswith(_SCHEMA_INSTANCE):
                yield _left_out(name, f"DataCite's JSON has no field for the attribute {text.rpartition('}')[2]!r}")


def _remove(parent: etree._Element, element: etree._Element) -> None:
    """Remove `element`, not the text after it."""
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def _root(data: bytes) -> etree._Element:
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"XML of {len(data)} bytes is too large: doitui reads {MAX_BYTES} bytes: divide it")
    # A parser keeps its state between documents, so each gets its own; making one costs microseconds.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml_bytes.readable(data), parser)
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
    if root.localname == "resource" and _KERNEL.fullmatch(namespace):
        return
    if namespace.startswith(_NAMESPACE):
        kernel = namespace.removeprefix("http://datacite.org/schema/")
        raise UnreadableDocument(
            f"{kernel!r} <{root.localname}> is neither kernel-4 nor kernel-3: migrate the document to kernel-4"
        )
    raise UnreadableDocument(
        f"not DataCite XML: the root is <{root.localname}> of namespace {namespace[:60]!r}, "
        f"not <resource> of {_NAMESPACE}4"
    )


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: etree._Element) -> str:
    if not len(element):
        return element.text or ""
    # <br/> is the only markup the schema knows, in descriptions. DataCite has it as <br> in its JSON.
    line_break = "<br>" if _name(element) == "description" else "\n"
    parts = [element.text or ""]
    for child in element:
        parts += (line_break if _name(child) == "br" else _text(child), child.tail or "")
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


def _point(element: etree._Element) -> Row | str:
    """A point or box; kernel 3 has its numbers as text."""
    return {_name(child): _text(child) for child in element} if len(element) else _text(element)


def _polygon(element: etree._Element) -> list[Row]:
    return [{_name(point): _point(point)} for point in element]


_PLACES: dict[str, Callable[[etree._Element], Any]] = {
    "geoLocationPoint": _point,
    "geoLocationBox": _point,
    "geoLocationPolygon": _polygon,
}


def _identifier(element: etree._Element) -> Row:
    kind = element.get("identifierType", "").strip()
    if kind.upper() == "DOI":
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

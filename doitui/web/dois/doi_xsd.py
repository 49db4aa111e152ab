"""What the Kernel-4 schema rejects, found in JSON and reported as lupo reports libxml's errors (1.7, 1.9, 4.3).

DataCite turns JSON into XML and checks that; here the schema's rules are tables over the JSON. They are written
apart from `doitui_core.metadata.validate` on purpose, so that client and sandbox cannot share one mistake. What the
schema accepts (junk dates, empty names) is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from doitui.web.common.refusals import Problem
from doitui_core.metadata.kernel4 import VOCABULARIES

_NAMESPACE = "{http://datacite.org/schema/kernel-4}"
_EMPTY = "[facet 'minLength'] The value has a length of '0'; this underruns the allowed minimum length of '1'."

# lupo's `schema_attributes`: XML element -> the source of its errors; for others the element itself.
_SOURCES = {"date": "dates", "publicationYear": "publication_year", "resource": "xml"}


class Attribute(NamedTuple):
    """An XML attribute with a controlled list, or a required one, and its place in the JSON."""

    block: str
    element: str
    member: str
    vocabulary: str | None
    required: bool


_ATTRIBUTES = (
    Attribute("creators", "creatorName", "nameType", "nameType", False),
    Attribute("titles", "title", "titleType", "titleType", False),
    Attribute("contributors", "contributor", "contributorType", "contributorType", True),
    Attribute("contributors", "contributorName", "nameType", "nameType", False),
    Attribute("dates", "date", "dateType", "dateType", True),
    Attribute("identifiers", "alternateIdentifier", "identifierType", None, True),
    Attribute("relatedIdentifiers", "relatedIdentifier", "relatedIdentifierType", "relatedIdentifierType", True),
    Attribute("relatedIdentifiers", "relatedIdentifier", "relationType", "relationType", True),
    Attribute("relatedIdentifiers", "relatedIdentifier", "resourceTypeGeneral", "resourceTypeGeneral", False),
    Attribute("relatedItems", "relatedItem", "relatedItemType", "resourceTypeGeneral", True),
    Attribute("relatedItems", "relatedItem", "relationType", "relationType", True),
    Attribute("relatedItems", "number", "numberType", "numberType", False),
    Attribute("descriptions", "description", "descriptionType", "descriptionType", True),
    Attribute("fundingReferences", "funderIdentifier", "funderIdentifierType", "funderIdentifierType", False),
)
_ALLOWED = {name: frozenset(values) for name, values in VOCABULARIES.items()}
_LISTED = {name: ", ".join(f"'{value}'" for value in values) for name, values in VOCABULARIES.items()}
_NAMES_IN_XML = {"identifierType": "alternateIdentifierType"}

# Degrees.
_BOUNDS = {"Latitude": 90.0, "Longitude": 180.0}
_YEAR = re.compile(r"\d{4}", re.ASCII)

# xs:language, of `language` and of every xml:lang.
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")

# All members of these are required.
_POINT = ("pointLongitude", "pointLatitude")
_BOX = ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude")


def problems(uid: str, attributes: dict[str, Any]) -> Iterator[Problem]:
    """Everything the schema rejects in `attributes`; the titles carry the DOI, as lupo's do."""
    for element, text in _complaints(attributes):
        # libxml's line in the generated XML, which is not made here: always the same one.
        yield Problem(_SOURCES.get(element, element), f"DOI {uid}: {text} at line 4, column 0")


def _complaints(attributes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _required(attributes)
    for rule in _ATTRIBUTES:
        for entry in attributes.get(rule.block) or ():
            yield from _attribute(rule, entry)
    yield from _languages(attributes)
    yield from _contents(attributes)
    for place in attributes.get("geoLocations") or ():
        yield from _place(place)


def _required(attributes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for block, child in (("creators", "creator"), ("titles", "title")):
        if not attributes.get(block):
            yield block, _missing(child)
    if not (attributes.get("publisher") or {}).get("name"):
        yield "publisher", _EMPTY
    yield from _year(attributes.get("publicationYear", ""))
    yield from _resource_type(attributes.get("types") or {})


def _year(value: object) -> Iterator[tuple[str, str]]:
    year = str(value).strip()
    if not _YEAR.fullmatch(year):
        yield "publicationYear", rf"[facet 'pattern'] The value '{year}' is not accepted by the pattern '[\d]{{4}}'."


def _resource_type(types: dict[str, Any]) -> Iterator[tuple[str, str]]:
    general = types.get("resourceTypeGeneral")
    if not general:
        yield "resource", _missing("resourceType")
    elif general not in _ALLOWED["resourceTypeGeneral"]:
        yield _unparsed("resourceType", "resourceTypeGeneral"), _not_listed(general, "resourceTypeGeneral")


def _attribute(rule: Attribute, entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    value = entry.get(rule.member)
    if not value:
        if rule.required:
            yield rule.element, _no_attribute(_NAMES_IN_XML.get(rule.member, rule.member))
    elif rule.vocabulary and value not in _ALLOWED[rule.vocabulary]:
        yield _unparsed(rule.element, rule.member), _not_listed(value, rule.vocabulary)


def _languages(value: Any) -> Iterator[tuple[str, str]]:
    """The `lang` of whatever is in `value`, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from _languages(item)
    elif isinstance(value, dict):
        code = value.get("lang")
        if code not in (None, "") and not _LANGUAGE.fullmatch(str(code)):
            yield "lang", f"'{code}' is not a valid value of the atomic type 'xs:language'."
        for item in value.values():
            yield from _languages(item)


def _contents(attributes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for person in attributes.get("contributors") or ():
        # bolognese makes a name of family and given name, but of no given name alone.
        if not any(person.get(name) for name in ("name", "familyName")):
            yield "contributorName", _EMPTY
    for funding in attributes.get("fundingReferences") or ():
        if not funding.get("funderName"):
            yield "fundingReference", _missing("funderName")
        if funding.get("funderIdentifier") and not funding.get("funderIdentifierType"):
            yield "funderIdentifier", _no_attribute("funderIdentifierType")
    for item in attributes.get("relatedItems") or ():
        if item.get("publicationYear") not in (None, ""):
            yield from _year(item["publicationYear"])
        for person in item.get("contributors") or ():
            if not person.get("contributorType"):
                yield "contributor", _no_attribute("contributorType")
        kind = (item.get("relatedItemIdentifier") or {}).get("relatedItemIdentifierType")
        if kind and kind not in _ALLOWED["relatedIdentifierType"]:
            element = _unparsed("relatedItemIdentifier", "relatedItemIdentifierType")
            yield element, _not_listed(kind, "relatedIdentifierType")


def _place(place: dict[str, Any]) -> Iterator[tuple[str, str]]:
    polygon = place.get("geoLocationPolygon") or []
    corners = [point for entry in polygon for name, point in entry.items() if name == "polygonPoint"]
    if polygon and len(corners) < 4:
        yield "geoLocationPolygon", _missing("polygonPoint")
    if len(corners) + 1 < len(polygon):
        yield "inPolygonPoint", "This element is not expected."
    points = [point for entry in polygon for point in entry.values()]
    for shape in (place.get("geoLocationPoint"), *points):
        yield from _coordinates(shape, _POINT)
    yield from _coordinates(place.get("geoLocationBox"), _BOX)


def _coordinates(shape: dict[str, Any] | None, members: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if shape is None:
        return
    for member in members:
        if shape.get(member) in (None, ""):
            yield member, _missing(member)
        else:
            yield from _coordinate(member, shape[member])


def _coordinate(member: str, degrees: Any) -> Iterator[tuple[str, str]]:
    bound = _BOUNDS[member[-len("Latitude") :] if member.endswith("Latitude") else "Longitude"]
    if isinstance(degrees, bool) or not isinstance(degrees, int | float):
        yield member, f"'{degrees}' is not a valid value of the atomic type 'xs:float'."
    elif abs(degrees) > bound:
        facet, order, limit = ("max", "greater", bound) if degrees > 0 else ("min", "less", -bound)
        rule = f"{order} than the {facet}imum value allowed ('{limit:.0f}')"
        yield member, f"[facet '{facet}Inclusive'] The value '{degrees}' is {rule}."


def _no_attribute(name: str) -> str:
    return f"The attribute '{name}' is required but missing."


def _missing(child: str) -> str:
    return f"Missing child element(s). Expected is ( {_NAMESPACE}{child} )."


def _not_listed(value: object, vocabulary: str) -> str:
    return f"[facet 'enumeration'] The value '{value}' is not an element of the set {{{_LISTED[vocabulary]}}}."


def _unparsed(element: str, attribute: str) -> str:
    # lupo cuts libxml's message at the wrong place and really answers with this as the source (1.9).
    return f"{element}', attribute '{attribute}"

"""What DataCite takes without a word, and what its readers will regret.

One walk over the document; for each object, the rules that its kind has in the table. Which things DataCite lets pass
was tried against the 4.7 XSD: dates of any syntax, numbers with wrong check digits, identifiers without a scheme.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from doitui_core.metadata import linking, markup
from doitui_core.metadata.checksums import is_right
from doitui_core.metadata.dates import is_date, is_open_range
from doitui_core.metadata.wording import Path, shown

Note = tuple[str, Path, str]
Rule = Callable[[Mapping[str, Any]], tuple[str, str, str] | None]

# What XML 1.0 cannot carry, and so DataCite's XML neither.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Nor can UTF-8 carry half a surrogate pair.
_HALF = re.compile("[\ud800-\udfff]")
# Both, and the beginnings of entities and tags: most texts have none of these and need no second look.
_ODD = re.compile("[^\t\n\r\x20-%'-;=-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def notes(attributes: Mapping[str, Any]) -> Iterator[Note]:
    """(code, path, message) for each thing worth a warning; `attributes` in canonical form, of any shape."""
    return _check_record(attributes, (), "")


def _check_record(record: Mapping[str, Any], path: Path, kind: str) -> Iterator[Note]:
    for rule in _RULES.get(kind, ()):
        note = rule(record)
        if note is not None:
            code, member, message = note
            yield code, (*path, member), message
    for name, item in record.items():
        if isinstance(item, str):
            if name[-3:] in ("Uri", "URI") or _ODD.search(item):
                yield from _check_text(item, (*path, name), name)
        elif isinstance(item, dict):
            yield from _check_record(item, (*path, name), name)
        elif isinstance(item, list):
            yield from _of_rows(item, (*path, name), name)


def _of_rows(rows: list[Any], path: Path, kind: str) -> Iterator[Note]:
    for index, item in enumerate(rows):
        if isinstance(item, dict):
            yield from _check_record(item, (*path, index), kind)
        elif isinstance(item, str):
            yield from _check_text(item, (*path, index), kind)
        elif isinstance(item, list):
            yield from _of_rows(item, (*path, index), kind)


def _check_text(text: str, path: Path, kind: str) -> Iterator[Note]:
    if _HALF.search(text):
        yield "half_character", path, f"{shown(text)} contains an unpaired surrogate, which cannot be sent: remove it"
    elif _NOT_XML.search(text):
        yield "control_character", path, f"{shown(text)} contains characters that XML does not allow: remove them"
    if kind.endswith(("Uri", "URI")) and not _URI.fullmatch(text):
        yield "uri_syntax", path, f"{shown(text)} is not a URI: write it in full, with https:// and without spaces"
    if kind == "contentUrl" and re.search(r"\s", text):
        yield "uri_syntax", path, f"{shown(text)} contains a space: write %20"
    if kind in markup.PROSE:
        for code, message in markup.notes(text):
            yield code, path, message


def _wants(member: str) -> Rule:
    def rule(record: Mapping[str, Any]) -> tuple[str, str, str] | None:
        if member in record:
            return None
        return "value_missing", member, "missing: fill it in or remove the empty entry"

    return rule


def _wants_scheme(member: str, scheme: str) -> Rule:
    def rule(record: Mapping[str, Any]) -> tuple[str, str, str] | None:
        if member not in record or scheme in record:
            return None
        return (
            "scheme_missing",
            scheme,
            f"is missing for {shown(record[member])}: name the scheme, such as ORCID or ROR",
        )

    return rule


def _wants_right_digits(member: str, scheme: str) -> Rule:
    def rule(record: Mapping[str, Any]) -> tuple[str, str, str] | None:
        name, value = record.get(scheme), record.get(member)
        if not isinstance(name, str) or not isinstance(value, str) or is_right(name, value):
            return None
        return "checksum", member, f"{shown(value)} is not a valid {name}: check its digits"

    return rule


def _date(record: Mapping[str, Any]) -> tuple[str, str, str] | None:
    text = record.get("date")
    if not isinstance(text, str) or is_date(text):
        return None
    if is_open_range(text):
        right = f"unknown{text}" if text.startswith("/") else f"{text}open"
        return "date_open", "date", f"{shown(text)} has an empty side, and DataCite loses it in XML: write {right}"
    return "date_syntax", "date", f"{shown(text)} is not a date: write 2024, 2024-05-31, 2024-05-01/2024-05-31 or 2024~"


def _other_relation(record: Mapping[str, Any]) -> tuple[str, str, str] | None:
    if record.get("relationType") != "Other" or "relationTypeInformation" in record:
        return None
    return (
        "information_missing",
        "relationTypeInformation",
        "is missing for relationType 'Other': describe the relation",
    )


def _inverted_box(record: Mapping[str, Any]) -> tuple[str, str, str] | None:
    south, north = record.get("southBoundLatitude"), record.get("northBoundLatitude")
    if not isinstance(south, int | float) or not isinstance(north, int | float) or south <= north:
        return None
    return "box_inverted", "southBoundLatitude", f"{south} lies north of northBoundLatitude {north}: swap the two"


def _open_polygon(record: Mapping[str, Any]) -> tuple[str, str, str] | None:
    polygon = record.get("geoLocationPolygon")
    points = (
        [row.get("polygonPoint") for row in polygon if isinstance(row, Mapping)] if isinstance(polygon, list) else []
    )
    outline = [point for point in points if point is not None]
    if not outline or outline[0] == outline[-1]:
        return None
    return "polygon_open", "geoLocationPolygon", "is not closed: repeat the first polygonPoint as the last"


def _identified(member: str, scheme: str) -> tuple[Rule, ...]:
    return (
        _wants_scheme(member, scheme),
        _wants_right_digits(member, scheme),
        partial(linking.scheme_case, scheme=scheme),
        partial(linking.ror_form, member=member, scheme=scheme),
    )


def _related(member: str, kind: str) -> tuple[Rule, ...]:
    return _wants(member), _wants_right_digits(member, kind), partial(linking.related, member=member, kind=kind)


# Kind of object (the name it stands under) -> its rules
_RULES: dict[str, tuple[Rule, ...]] = {
    "creators": (_wants("name"),),
    "contributors": (_wants("name"),),
    "nameIdentifiers": (_wants("nameIdentifier"), *_identified("nameIdentifier", "nameIdentifierScheme")),
    "affiliation": (_wants("name"), *_identified("affiliationIdentifier", "affiliationIdentifierScheme")),
    "titles": (_wants("title"),),
    "publisher": _identified("publisherIdentifier", "publisherIdentifierScheme"),
    "subjects": (_wants("subject"),),
    "dates": (_wants("date"), _date),
    "identifiers": (
        _wants("identifier"),
        _wants_right_digits("identifier", "identifierType"),
        partial(linking.scheme_case, scheme="identifierType", known=linking.TYPES),
    ),
    "relatedIdentifiers": (*_related("relatedIdentifier", "relatedIdentifierType"), _other_relation),
    "relatedItems": (_wants("titles"), _other_relation),
    "relatedItemIdentifier": (
        *_related("relatedItemIdentifier", "relatedItemIdentifierType"),
        _wants_scheme("relatedItemIdentifier", "relatedItemIdentifierType"),
    ),
    "rightsList": (
        _wants_scheme("rightsIdentifier", "rightsIdentifierScheme"),
        partial(linking.scheme_case, scheme="rightsIdentifierScheme"),
    ),
    "descriptions": (_wants("description"),),
    "geoLocations": (_open_polygon,),
    "geoLocationBox": (_inverted_box,),
    "fundingReferences": (
        _wants_right_digits("funderIdentifier", "funderIdentifierType"),
        partial(linking.ror_form, member="funderIdentifier", scheme="funderIdentifierType"),
        linking.funder,
    ),
}

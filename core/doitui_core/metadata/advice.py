"""What DataCite takes without a word, and what its readers will regret.

One walk over the document; for each object, the rules that its kind has in the table. Which things DataCite lets pass
was tried against the 4.7 XSD: dates of any syntax, numbers with wrong check digits, identifiers without a scheme.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from doitui_core.metadata import date_advice, languages, linking, markup, placeholders
from doitui_core.metadata.dates import is_date, is_edtf, is_edtf_2019, is_open_range, is_reversed
from doitui_core.metadata.wording import Note, Path, shown

Rule = Callable[[Mapping[str, Any]], Note | None]

# What XML 1.0 cannot carry, and so DataCite's XML neither.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Nor can UTF-8 carry half a surrogate pair.
_HALF = re.compile("[\ud800-\udfff]")
# Both, and the beginnings of entities and tags: most texts have none of these and need no second look.
_ODD = re.compile("[^\t\n\r\x20-%'-;=-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def notes(attributes: Mapping[str, Any]) -> Iterator[Note]:
    """A note for each thing worth a warning; `attributes` in canonical form, of any shape."""
    return _check_record(attributes, (), "")


def _check_record(record: Mapping[str, Any], path: Path, kind: str) -> Iterator[Note]:
    for rule in _RULES.get(kind, ()):
        note = rule(record)
        if note is not None:
            yield note.under(path)
    for name, item in record.items():
        if isinstance(item, str):
            if name in _WATCHED or item[:1] in placeholders.MARKS or _ODD.search(item):
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
        problem = f"{shown(text)} contains an unpaired surrogate, which cannot be sent"
        yield Note("half_character", path, problem, "remove it")
    elif _NOT_XML.search(text):
        problem = f"{shown(text)} contains characters that XML does not allow"
        yield Note("control_character", path, problem, "remove them")
    if (note := placeholders.note(text, kind)) is not None:
        yield note.under(path)
    elif kind in _URIS and not _URI.fullmatch(text):
        yield Note("uri_syntax", path, f"{shown(text)} is not a URI", "write it in full, with https:// and no spaces")
    if kind == "contentUrl" and re.search(r"\s", text):
        yield Note("uri_syntax", path, f"{shown(text)} contains a space", "write %20")
    if kind in markup.PROSE:
        yield from (note.under(path) for note in markup.notes(text))
    if kind == "lang" and languages.FORM.fullmatch(text) and not languages.is_language(text[: languages.LONGEST]):
        yield _no_language(text, path)


def _wants(member: str) -> Rule:
    def rule(record: Mapping[str, Any]) -> Note | None:
        if member in record:
            return None
        return Note("value_missing", (member,), "missing", "fill it in or remove the empty entry")

    return rule


def _wants_scheme(member: str, scheme: str, example: str = "ORCID or ROR") -> Rule:
    def rule(record: Mapping[str, Any]) -> Note | None:
        if member not in record or scheme in record:
            return None
        problem = f"is missing for {shown(record[member])}"
        return Note("scheme_missing", (scheme,), problem, f"name the scheme, such as {example}")

    return rule


def _date(record: Mapping[str, Any]) -> Note | None:
    text = record.get("date")
    if not isinstance(text, str):
        return None
    if is_date(text):
        return _kept_date(text)
    if is_open_range(text):
        problem = f"{shown(text)} has an empty side, and DataCite loses it in XML"
        return Note("date_open", ("date",), problem, date_advice.in_edtf_of_2012(text))
    return Note("date_syntax", ("date",), f"{shown(text)} is not a date", date_advice.instead_of(text))


def _kept_date(text: str) -> Note | None:
    if is_reversed(text):
        start, _, end = text.partition("/")
        return Note("date_reversed", ("date",), f"{shown(text)} ends before it begins", f"write {end}/{start}")
    if not is_edtf(text) and is_edtf_2019(text):
        problem = f"{shown(text)} is EDTF of 2019, of which DataCite knows the draft of 2012 only"
        return Note("date_edtf_2019", ("date",), problem, date_advice.in_edtf_of_2012(text))
    return None


def _language(record: Mapping[str, Any]) -> Note | None:
    text = record.get("language")
    if not isinstance(text, str) or not languages.FORM.fullmatch(text):
        return None
    if len(text) > languages.LONGEST:
        return _no_language(text, ("language",))
    kept = languages.kept_as(text)
    if kept != text:
        return Note(
            "language_changed", ("language",), f"{shown(text)} is kept by DataCite as {kept!r}", f"write {kept}"
        )
    return None if languages.is_language(text) else _no_language(text, ("language",))


def _no_language(text: str, path: Path) -> Note:
    meant = languages.meant_by(text) if len(text) <= languages.LONGEST else ""
    remedy = f"did you mean {meant!r}?" if meant else "write a code of ISO 639, such as en, de or gsw"
    return Note("language_unknown", path, f"{shown(text)} is not the code of a language", remedy)


def _other_relation(record: Mapping[str, Any]) -> Note | None:
    if record.get("relationType") != "Other" or "relationTypeInformation" in record:
        return None
    problem = "is missing for relationType 'Other'"
    return Note("information_missing", ("relationTypeInformation",), problem, "describe the relation")


def _inverted_box(record: Mapping[str, Any]) -> Note | None:
    south, north = record.get("southBoundLatitude"), record.get("northBoundLatitude")
    if not isinstance(south, int | float) or not isinstance(north, int | float) or south <= north:
        return None
    problem = f"{south} lies north of northBoundLatitude {north}"
    return Note("box_inverted", ("southBoundLatitude",), problem, "swap the two")


def _open_polygon(record: Mapping[str, Any]) -> Note | None:
    polygon = record.get("geoLocationPolygon")
    points = (
        [row.get("polygonPoint") for row in polygon if isinstance(row, Mapping)] if isinstance(polygon, list) else []
    )
    outline = [point for point in points if point is not None]
    if not outline or outline[0] == outline[-1]:
        return None
    return Note("polygon_open", ("geoLocationPolygon",), "is not closed", "repeat the first polygonPoint as the last")


def _identified(member: str, scheme: str) -> tuple[Rule, ...]:
    return (
        _wants_scheme(member, scheme),
        partial(linking.identifier, member=member, scheme=scheme),
        partial(linking.scheme_case, scheme=scheme),
    )


#: Members that are always looked at.
_URIS = frozenset(("schemeUri", "schemeURI", "valueUri", "rightsUri", "awardUri"))
_WATCHED = _URIS | {"lang"}

# Kind of object (the name it stands under) -> its rules
_RULES: dict[str, tuple[Rule, ...]] = {
    "": (_language,),
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
        partial(linking.identifier, member="identifier", scheme="identifierType"),
        partial(linking.scheme_case, scheme="identifierType", known=linking.TYPES),
    ),
    "relatedIdentifiers": (
        _wants("relatedIdentifier"),
        partial(linking.identifier, member="relatedIdentifier", scheme="relatedIdentifierType"),
        _other_relation,
    ),
    "relatedItems": (_wants("titles"), _other_relation),
    "relatedItemIdentifier": (
        _wants("relatedItemIdentifier"),
        partial(linking.identifier, member="relatedItemIdentifier", scheme="relatedItemIdentifierType"),
        _wants_scheme("relatedItemIdentifier", "relatedItemIdentifierType", "DOI or ISSN"),
    ),
    "rightsList": (
        _wants_scheme("rightsIdentifier", "rightsIdentifierScheme", "SPDX"),
        partial(linking.scheme_case, scheme="rightsIdentifierScheme"),
    ),
    "descriptions": (_wants("description"),),
    "geoLocations": (_open_polygon,),
    "geoLocationBox": (_inverted_box,),
    "fundingReferences": (partial(linking.identifier, member="funderIdentifier", scheme="funderIdentifierType"),),
}

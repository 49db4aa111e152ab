"""Simple Dublin Core (`oai_dc`) as Kernel-4 attributes. Pure.

Dublin Core has no rules for most values, so what cannot be told is left as text. `source` and `relation` are left out:
what kind of relation it is, nobody says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from doitui_core.domain import identifiers
from doitui_core.metadata import dates
from doitui_core.metadata.kernel4 import VOCABULARIES
from doitui_core.records import csv_reading

NAMESPACE = "{http://purl.org/dc/elements/1.1/}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Row = dict[str, Any]

#: The names of Kernel-4 and of the DCMI Type Vocabulary, in lower case.
TYPES = {name.lower(): name for name in VOCABULARIES["resourceTypeGeneral"]} | {
    "movingimage": "Audiovisual",
    "stillimage": "Image",
}

#: How an identifier begins -> its type. Any other is Local.
SCHEMES = {
    "urn": "URN",
    "isbn": "ISBN",
    "issn": "ISSN",
    "eissn": "EISSN",
    "ark": "ARK",
    "arxiv": "arXiv",
    "pmid": "PMID",
    "hdl": "Handle",
    "handle": "Handle",
    "purl": "PURL",
}

_SCHEME = re.compile(r"([a-z]+)(?::\s*|\s+)(\S.*)", re.IGNORECASE | re.ASCII)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_YEAR = re.compile(r"[0-9]{4}(?![0-9])", re.ASCII)


def attributes(element: etree._Element) -> Row:
    """The attributes of an `<oai_dc:dc>` element; `url` is its first address that is not a DOI's."""
    found: Row = {}
    for name, convert in _CONVERTERS.items():
        values = [(text, child.get(_LANG, "")) for child in element.iter(NAMESPACE + name) if (text := _text(child))]
        if values:
            found |= convert(values)
    return found


def count_relations(element: etree._Element) -> int:
    """How many relations `attributes` leaves out."""
    return sum(bool(_text(child)) for child in element.iter(f"{NAMESPACE}relation"))


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())).strip()


Values = list[tuple[str, str]]
Converter = Callable[[Values], Row]


def _rows(key: str, member: str, **more: str) -> Converter:
    """Each value becomes a row of the list `key`, with its language."""

    def convert(values: Values) -> Row:
        return {key: [{member: text, **more} | ({"lang": lang} if lang else {}) for text, lang in values]}

    return convert


def _people(key: str, **more: str) -> Converter:
    return lambda values: {key: [csv_reading.person(text) | more for text, _ in values]}


def _dates(values: Values) -> Row:
    """The first date is the one of publication."""
    found: Row = {}
    for text, _ in values:
        if "publicationYear" not in found and (year := _YEAR.match(text)):
            found["publicationYear"] = year[0]
            found["dates"] = [{"date": text, "dateType": "Issued"}] if dates.is_date(text) else []
    return found


def _type(values: Values) -> Row:
    texts = [text for text, _ in values]
    known = [(text, general) for text in texts if (general := _general(text))]
    general = known[0][1] if known else "Other"
    free = next((text for text in texts if not _general(text)), "")
    return {"types": {"resourceTypeGeneral": general, **({"resourceType": free} if free else {})}}


def _general(text: str) -> str:
    """`Text`, `moving image`, `http://purl.org/dc/dcmitype/StillImage`; empty for any other type."""
    last = re.split(r"[/#]", text)[-1]
    return TYPES.get(re.sub(r"[\s_-]+", "", last).lower(), "")


def _identifiers(values: Values) -> Row:
    found: Row = {}
    for text, _ in values:
        doi = identifiers.parse_doi(text)
        if doi and "doi" not in found:
            found["doi"] = doi
        elif _ADDRESS.match(text) and not doi and "url" not in found:
            found["url"] = text
        else:
            found.setdefault("identifiers", []).append(_alternate(doi or text, bool(doi)))
    return found


def _alternate(text: str, is_doi: bool) -> Row:
    if is_doi:
        return {"identifier": text, "identifierType": "DOI"}
    if _ADDRESS.match(text):
        return {"identifier": text, "identifierType": "URL"}
    scheme = _SCHEME.fullmatch(text)
    kind = SCHEMES.get(scheme[1].lower(), "") if scheme else ""
    if not scheme or not kind:
        return {"identifier": text, "identifierType": "Local"}
    whole = kind in ("URN", "ARK", "arXiv")  # their scheme is part of them
    return {"identifier": text if whole else scheme[2], "identifierType": kind}


def _rights(values: Values) -> Row:
    return {"rightsList": [{"rightsUri" if _ADDRESS.match(text) else "rights": text} for text, _ in values]}


_CONVERTERS: dict[str, Converter] = {
    "title": _rows("titles", "title"),
    "creator": _people("creators"),
    "contributor": _people("contributors", contributorType="Other"),
    "publisher": lambda values: {"publisher": {"name": values[0][0]}},
    "date": _dates,
    "type": _type,
    "identifier": _identifiers,
    "language": lambda values: {"language": values[0][0]},
    "subject": _rows("subjects", "subject"),
    "description": _rows("descriptions", "description", descriptionType="Abstract"),
    "rights": _rights,
    "format": lambda values: {"formats": [text for text, _ in values]},
    "coverage": lambda values: {"geoLocations": [{"geoLocationPlace": text} for text, _ in values]},
}

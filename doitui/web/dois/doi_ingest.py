"""What DataCite stores of metadata that is sent as XML: bolognese's reader (datacite_reader.rb, utils.rb `sanitize`).

JSON is stored unchanged, XML is not: texts are read as HTML, all but a few tags are removed and & < > become entities;
dates that are not EDTF are dropped; related DOIs that are not DOIs lose their value. Written apart from
`doitui_core.metadata`, so that client and sandbox cannot share one mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

# libxml2's HTML, which Nokogiri has too.
_TAGS = frozenset(["strong", "em", "b", "i", "code", "pre", "sub", "sup", "br"])

_DOI = re.compile(
    r"(?:https?://?(?:dx\.)?(?:doi\.org|handle\.(?:stage|test)\.datacite\.org)/)?(?:doi:)?(10\.\d{4,5}/.+)", re.ASCII
)
_ROR = re.compile(r"(?:(?:https?://)?ror\.org/)?(0\w{6}\d{2})/?", re.ASCII)

# EDTF: dates with ? or ~, unknown digits, times with seconds, seasons, sets, decades; ranges of dates.
_DAY = r"-?[0-9u]{4}(?:-(?:0[1-9]|1[0-2]|2[1-4]|uu)(?:-(?:[0-2][0-9]|3[01]|uu))?)?(?:\?~?|~)?"
_EDTF = re.compile(
    rf"{_DAY}|(?:{_DAY}|unknown)/(?:{_DAY}|unknown|open)|[0-9-]{{10,11}}T\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)?"
    r"|y-?\d{5,}|\d{3}x|\d{2}xx|[\[{][\d.,\- ]+[\]}]"
)
_UNKNOWN = frozenset([":unac", ":unal", ":unap", ":unas", ":unav", ":unkn", ":none", ":null", ":tba", ":etal"])

_IDENTIFIER_TYPES = {
    name.lower(): name
    for name in (
        *("ARK", "arXiv", "bibcode", "DOI", "EAN13", "EISSN", "Handle", "IGSN", "ISBN", "ISSN", "ISTC", "LISSN"),
        *("LSID", "PMID", "PURL", "UPC", "URL", "URN"),
    )
}

Row = dict[str, Any]


def stored(attributes: Row) -> Row:
    """`attributes`, which were read from XML, as DataCite stores them."""
    found = {name: rule(attributes[name]) for name, rule in _RULES.items() if attributes.get(name)}
    return {name: value for name, value in (attributes | found).items() if value}


def sanitized(text: str) -> str:
    """`text` read as HTML and written again, its white space squeezed."""
    if not any(character in text for character in "&<>"):
        return " ".join(text.split())
    from lxml import etree, html  # as everywhere here: only where XML comes in

    holder = html.fragment_fromstring(text, create_parent="div")
    for element in list(holder.iter())[1:]:
        if element.tag not in _TAGS:
            (element.drop_tag if isinstance(element.tag, str) else element.drop_tree)()
        else:
            element.attrib.clear()
    written = etree.tostring(holder, method="html", encoding="unicode")
    return " ".join(written.removeprefix("<div>").removesuffix("</div>").split())


def _texts(member: str) -> Callable[[list[Any]], list[Any]]:
    return lambda rows: [_with_text(row, member) if isinstance(row, dict) else row for row in rows]


def _with_text(row: Row, member: str) -> Row:
    return {**row, member: sanitized(row[member])} if isinstance(row.get(member), str) else row


def _plain(rows: list[Any]) -> list[str]:
    return [text for row in rows if (text := sanitized(str(row)))]


def _dates(rows: list[Any]) -> list[Any]:
    cleaned = [_with_text(row, "date") for row in rows if isinstance(row, dict)]
    return [row for row in cleaned if _EDTF.fullmatch(row.get("date", "")) or row.get("date") in _UNKNOWN]


def _identifiers(rows: list[Any]) -> list[Any]:
    named = [
        {**row, "identifierType": _IDENTIFIER_TYPES.get(str(row.get("identifierType")).lower(), row["identifierType"])}
        if row.get("identifierType")
        else row
        for row in rows
        if row.get("identifier")
    ]
    return [row for row in named if row.get("identifierType") != "DOI"]


def _related(rows: list[Any]) -> list[Any]:
    return [_with_doi(row, "relatedIdentifier", "relatedIdentifierType") for row in rows]


def _items(rows: list[Any]) -> list[Any]:
    return [
        {
            **row,
            "relatedItemIdentifier": _with_doi(
                row["relatedItemIdentifier"], "relatedItemIdentifier", "relatedItemIdentifierType"
            ),
        }
        if isinstance(row.get("relatedItemIdentifier"), dict)
        else row
        for row in rows
    ]


def _with_doi(row: Row, member: str, kind: str) -> Row:
    if row.get(kind) != "DOI":
        return row
    found = _DOI.fullmatch(str(row.get(member, "")))
    others = {name: value for name, value in row.items() if name != member}
    return {**others, member: found[1].lower()} if found else others


def _funders(rows: list[Any]) -> list[Any]:
    return [_with_ror(row) for row in rows]


def _with_ror(row: Row) -> Row:
    found = _ROR.fullmatch(str(row.get("funderIdentifier", ""))) if row.get("funderIdentifierType") == "ROR" else None
    return {**row, "funderIdentifier": f"https://ror.org/{found[1]}"} if found else row


_RULES: dict[str, Callable[[list[Any]], list[Any]]] = {
    "titles": _texts("title"),
    "descriptions": _texts("description"),
    "subjects": _texts("subject"),
    "sizes": _plain,
    "formats": _plain,
    "dates": _dates,
    "identifiers": _identifiers,
    "relatedIdentifiers": _related,
    "relatedItems": _items,
    "fundingReferences": _funders,
}

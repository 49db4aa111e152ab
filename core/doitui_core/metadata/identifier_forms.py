"""The form of each kind of related and alternate identifier, and how to write one.

Sources: DataCite's documentation of relatedIdentifierType, and the schemes' own. A form is no proof that the identifier
exists. Check digits are in `checksums`.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit


class Form(NamedTuple):
    """The pattern of an identifier, matched in full; and an example for people."""

    pattern: re.Pattern[str]
    example: str


#: Characters that are never seen: with one in it, no two spellings of an identifier are the same.
INVISIBLE = r"\u00ad\u200b-\u200f\u2060\u202a-\u202e\ufeff"

_WORD = rf"[^\s{INVISIBLE}]"
_WEB = r"https?://"
_RESOLVER = (
    r"(?:https?://(?:dx\.|www\.)?doi\.org/|https?://hdl\.handle\.net/|https?://handle\.(?:stage|test)\.datacite\.org/)"
)
_DOI = rf"(?:{_RESOLVER}|doi:\s*){{0,2}}10\.[0-9]{{4,9}}(?:\.[0-9]+)*/[^\s%?#{INVISIBLE}][^\s%{INVISIBLE}]*"


def _form(pattern: str, example: str) -> Form:
    return Form(re.compile(pattern, re.IGNORECASE), example)


#: By relatedIdentifierType. ISBN, ISSN, EISSN, LISSN, EAN13 and UPC are numbers with a check digit.
FORMS: dict[str, Form] = {
    "ARK": _form(rf"(?:{_WEB}[^\s/]+/)?ark:/?[0-9b-z]{{5,16}}/{_WORD}+", "ark:/12345/x8rd9"),
    "arXiv": _form(
        r"(?:(?:https?://)?(?:www\.)?arxiv\.org/abs/|arxiv:\s*)?"
        r"(?:[0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]+)?",
        "arXiv:1501.00001",
    ),
    "bibcode": _form(
        rf"(?:{_WEB}(?:ui\.)?adsabs\.harvard\.edu/(?:#?abs|full)/)?[0-9]{{4}}[a-z0-9.&]{{15}}(?:/\w+)?",
        "2014Wthr...69...72C",
    ),
    "CSTR": _form(
        rf"(?:{_WEB}(?:www\.)?cstr\.cn/)?(?:cstr:)?[0-9a-z]{{5}}(?:\.[0-9a-z]+)+(?:[./]{_WORD}+)?",
        "CSTR:32349.11.BMDC.wlps-2020-003",
    ),
    "DOI": _form(_DOI, "10.NNNN/suffix"),
    "Handle": _form(
        rf"(?:(?:{_WEB})?hdl\.handle\.net/|hdl:\s*)?[0-9]+(?:\.[0-9]+)*/{_WORD}+", "https://hdl.handle.net/11234/56789"
    ),
    "IGSN": _form(
        rf"{_DOI}|(?:igsn:\s*|{_WEB}(?:hdl\.handle\.net|igsn\.org)/)?{_WORD}{{5,}}", "10.60510/ICDP5054EHW1001"
    ),
    "ISTC": _form(r"(?:istc[: ]\s*)?[0-9a-f]{3}[- ]?[0-9]{4}[- ]?[0-9a-f]{8}[- ]?[0-9a-f]", "0A9-2002-12B4A105-7"),
    "LSID": _form(rf"urn:lsid:[^\s:]+:[^\s:]+:{_WORD}+", "urn:lsid:ubio.org:namebank:11815"),
    "PMID": _form(
        r"(?:(?:https?://)?(?:pubmed\.ncbi\.nlm\.nih\.gov/|(?:www\.)?ncbi\.nlm\.nih\.gov/pubmed/"
        r"|identifiers\.org/pubmed:)|pmid:\s*)?[0-9]{1,9}/?",
        "PMID:12082125",
    ),
    "PURL": _form(rf"{_WEB}[^\s/?#]+/{_WORD}+", "https://purl.org/dc/terms/"),
    "RAiD": _form(rf"(?:{_WEB}[^\s/]+/)?[0-9]+(?:\.[0-9a-z]+)+/{_WORD}+", "https://raid.org/10.26259/3e2e3b51"),
    "RRID": _form(rf"(?:{_WEB}\S+/)?RRID:\s?[a-z]+[_:]{_WORD}+", "RRID:AB_90755"),
    "SWHID": _form(
        r"(?:https?://archive\.softwareheritage\.org/)?swh:1:(?:cnt|dir|rel|rev|snp):[0-9a-f]{40}(?:;[^\s;]+)*/?",
        "swh:1:dir: and 40 hexadecimal digits",
    ),
    "URL": _form(rf"(?:https?|ftp|s3|gs)://[^\s/?#{INVISIBLE}]{_WORD}*", "https://example.org/page"),
    "URN": _form(rf"(?:{_WEB}\S+/)?urn:[a-z0-9][a-z0-9-]{{0,31}}:{_WORD}+", "urn:nbn:de:101:1-201102033592"),
    "w3id": _form(rf"{_WEB}w3id\.org/{_WORD}+", "https://w3id.org/games/spec/coil"),
    # Schemes of institutions and funders.
    "GRID": _form(r"(?:https?://(?:www\.)?grid\.ac/institutes/)?grid\.[0-9]{3,6}\.[0-9a-f]{1,2}", "grid.419696.5"),
    "Crossref Funder ID": _form(
        rf"(?:{_RESOLVER}|doi:\s*){{0,2}}10\.13039/[0-9]+", "https://doi.org/10.13039/ and the number"
    ),
}


#: No identifier is longer, a web address apart. Characters.
_LONGEST = 2048


def has_form(kind: str, value: str) -> bool:
    """Whether `value` has the form of its kind; True for a kind that has none here."""
    form = FORMS.get(kind)
    if form is None:
        return True
    if len(value) > _LONGEST and kind != "URL":
        return False
    return form.pattern.fullmatch(value) is not None and (kind != "URL" or _can_be_split(value))


def _can_be_split(url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError:  # brackets without an address of IPv6 in them
        return False
    return True

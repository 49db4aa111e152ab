"""Identifiers that DataCite takes as they are, and then cannot link: no event, no connection, no facet.

Its agents look for schemes letter for letter and for identifiers in a few forms only (levriero, datacite-api 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from doitui_core.metadata.checksums import is_right, is_ror
from doitui_core.metadata.identifier_forms import FORMS, has_form
from doitui_core.metadata.kernel4 import UNKNOWN_VALUES, VOCABULARIES
from doitui_core.metadata.wording import Note, shown

Row = Mapping[str, Any]

#: Schemes that DataCite knows, in its spelling.
SCHEMES = {name.casefold(): name for name in ("ORCID", "ROR", "ISNI", "GRID", "SPDX", "Crossref Funder ID")}

#: The same for alternate identifiers.
TYPES = {name.casefold(): name for name in VOCABULARIES["relatedIdentifierType"]}

#: levriero's; a bare id becomes an address when DataCite saves it. An affiliation states an event as an address only.
_ROR_ADDRESS = re.compile(r"(?:https?://)?ror\.org/0\w{6}[0-9]{2}", re.ASCII)
_ROR = re.compile(r"(?:(?:https?://)?ror\.org/)?0\w{6}[0-9]{2}", re.ASCII)
_ORCID = re.compile(r"(?:https?://(?:www\.)?orcid\.org/)?[0-9]{4}(?:[- ][0-9]{4}){2}[- ][0-9]{3}[0-9X]", re.IGNORECASE)
_ORCID_DIGITS = re.compile(
    r"([0-9]{4})[^0-9]?([0-9]{4})[^0-9]?([0-9]{4})[^0-9]?([0-9]{3}[0-9X])(?![0-9X])", re.IGNORECASE
)

#: Their numbers, without what stands around them, have a check digit.
_DIGITS = ("ORCID", "ROR", "ISNI", "ISBN", "ISSN", "EISSN", "LISSN", "EAN13", "UPC")

_CODES = {"DOI": "doi_syntax", "Crossref Funder ID": "doi_syntax", "URL": "uri_syntax"}


def scheme_case(row: Row, scheme: str, known: Mapping[str, str] = SCHEMES) -> Note | None:
    """The scheme in `row[scheme]` in another spelling than DataCite's."""
    value = row.get(scheme)
    right = known.get(value.casefold()) if isinstance(value, str) else None
    if right is None or right == value:
        return None
    problem = f"{shown(value)} is a scheme that DataCite does not understand"
    return Note("scheme_case", (scheme,), problem, f"write '{right}'")


def identifier(row: Row, member: str, scheme: str) -> Note | None:
    """An identifier that has not the digits or the form of its scheme."""
    value, name = row.get(member), row.get(scheme)
    if not isinstance(value, str) or not isinstance(name, str) or value.strip("()") in UNKNOWN_VALUES:
        return None
    kind = SCHEMES.get(name.casefold()) or TYPES.get(name.casefold()) or name
    if kind in _DIGITS:
        return _by_digits(kind, value, member)
    if has_form(kind, value):
        return None
    article = "an" if kind[:2] in ("AR", "ar", "IG", "IS", "LS", "RR") else "a"
    unlinked = ", so nothing is linked" if kind in _CODES else ""
    problem = f"{shown(value)} has not the form of {article} {kind}{unlinked}"
    return Note(_CODES.get(kind, "identifier_syntax"), (member,), problem, f"write {FORMS[kind].example}")


def _by_digits(kind: str, value: str, member: str) -> Note | None:
    if kind == "ORCID" and (digits := _ORCID_DIGITS.search(value)) and not _ORCID.fullmatch(value.rstrip("/")):
        plain = "-".join(digits.groups()).upper()
        if is_right("ORCID", plain):
            problem = f"{shown(value)} is an ORCID iD in a form that DataCite does not link"
            return Note("orcid_form", (member,), problem, f"write https://orcid.org/{plain}")
    if not is_right(kind, value):
        remedy = f"check its digits, and write it as {_NUMBERS[kind]}"
        return Note("checksum", (member,), f"{shown(value)} is not a valid {kind}", remedy)
    linked = _ROR_ADDRESS if member == "affiliationIdentifier" else _ROR
    if kind == "ROR" and not linked.fullmatch(value) and is_ror(value):
        right = "https://ror.org/" + value.rstrip("/").rpartition("/")[2].lower()
        problem = f"{shown(value)} is written in a form that DataCite does not link"
        return Note("ror_form", (member,), problem, f"write {right}")
    return None


_NUMBERS = {
    "ORCID": "https://orcid.org/0000-0002-1825-0097",
    "ROR": "https://ror.org/03yrm5c26",
    "ISNI": "0000 0001 2103 2683",
    "ISBN": "978-3-905673-82-1",
    "ISSN": "2049-3630",
    "EISSN": "2049-3630",
    "LISSN": "2049-3630",
    "EAN13": "4006381333931",
    "UPC": "036000291452",
}

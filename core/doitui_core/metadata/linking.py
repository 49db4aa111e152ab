"""Identifiers that DataCite takes as they are, and then cannot link: no event, no connection, no facet.

Its agents look for schemes letter for letter and for identifiers in a few forms only (levriero, datacite-api 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from doitui_core.metadata.checksums import is_ror
from doitui_core.metadata.kernel4 import VOCABULARIES
from doitui_core.metadata.wording import shown

Reading = tuple[str, str, str]
Row = Mapping[str, Any]

#: Schemes that DataCite knows, in its spelling.
SCHEMES = {name.casefold(): name for name in ("ORCID", "ROR", "ISNI", "GRID", "SPDX", "Crossref Funder ID")}

#: The same for alternate identifiers.
TYPES = {name.casefold(): name for name in VOCABULARIES["relatedIdentifierType"]}

_RESOLVER = r"(?:https?://(?:dx\.|www\.)?doi\.org/|https?://handle\.(?:stage|test)\.datacite\.org/)"
_DOI = re.compile(rf"{_RESOLVER}?(?:doi:\s*)?10\.[0-9]{{4,9}}(?:\.[0-9]+)*/\S+", re.IGNORECASE)
_URL = re.compile(r"(?:https?|ftp|s3|gs)://[^\s/?#]\S*", re.IGNORECASE)
#: levriero's; a bare id becomes an address when DataCite saves it.
_ROR = re.compile(r"(?:(?:https?://)?ror\.org/)?0\w{6}[0-9]{2}", re.ASCII)
_FUNDER = re.compile(rf"{_RESOLVER}?(?:doi:\s*)?10\.13039/[0-9]+", re.IGNORECASE)


def scheme_case(row: Row, scheme: str, known: Mapping[str, str] = SCHEMES) -> Reading | None:
    """The scheme in `row[scheme]` in another spelling than DataCite's."""
    value = row.get(scheme)
    right = known.get(value.casefold()) if isinstance(value, str) else None
    if right is None or right == value:
        return None
    return "scheme_case", scheme, f"{shown(value)} is a scheme that DataCite does not understand: write '{right}'"


def ror_form(row: Row, member: str, scheme: str) -> Reading | None:
    """A ROR id with a slash at its end, or in another form that makes no link."""
    value, name = row.get(member), row.get(scheme)
    if not isinstance(value, str) or not isinstance(name, str) or name.casefold() != "ror":
        return None
    if _ROR.fullmatch(value) or not is_ror(value):
        return None
    right = "https://ror.org/" + value.rstrip("/").rpartition("/")[2].lower()
    return "ror_form", member, f"{shown(value)} is written in a form that DataCite does not link: write {right}"


def related(row: Row, member: str, kind: str) -> Reading | None:
    """A related DOI or URL that is none."""
    value, name = row.get(member), row.get(kind)
    if not isinstance(value, str) or not isinstance(name, str):
        return None
    if name == "DOI" and not _DOI.fullmatch(value):
        return "doi_syntax", member, f"{shown(value)} is not a DOI, so nothing is linked: write 10.NNNN/suffix"
    if name == "URL" and not _URL.fullmatch(value):
        return (
            "uri_syntax",
            member,
            f"{shown(value)} is not a URL, so nothing is linked: write it in full, with https://",
        )
    return None


def funder(row: Row) -> Reading | None:
    """A Crossref Funder ID that is none."""
    value = row.get("funderIdentifier")
    if (
        row.get("funderIdentifierType") != "Crossref Funder ID"
        or not isinstance(value, str)
        or _FUNDER.fullmatch(value)
    ):
        return None
    right = "write https://doi.org/10.13039/ and the number"
    return "doi_syntax", "funderIdentifier", f"{shown(value)} is no Crossref Funder ID that DataCite links: {right}"

"""How a DOI looks in an answer (datacite-api.md 1.3, 1.4), traps included.

Without `affiliation=true` an affiliation is only its name, without `publisher=true` the publisher is: what is read so
and sent back loses every identifier.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import falcon

from doitui.web.common import doi_states
from doitui.web.dois.doi_input import SHAPES
from doitui.web.dois.doi_record import Doi
from doitui_core.hub_store.doi_links import DoiLinks

# What an answer shows for attributes that are not set: an empty list, an empty object, or null.
_UNSET = {name: type(shape)() for name, shape in SHAPES.items()} | {"contentUrl": None}
_PEOPLE = ("creators", "contributors")

_COUNTED = ("view", "download", "reference", "citation", "part", "partOf", "version", "versionOf")
NO_COUNTS = {f"{what}Count": 0 for what in _COUNTED}

#: The relationships of an answer, by the names of `DoiLinks.related`.
_RELATED = {
    **{name: name for name in ("references", "citations", "parts", "versions")},
    "part_of": "partOf",
    "version_of": "versionOf",
}
NO_LINKS = DoiLinks()

#: How often each of some DOIs, in lower case, is cited, viewed …, by the names of an answer.
Counts = Mapping[str, int]
CountsFor = Callable[[Sequence[str]], Mapping[str, Counts]]

#: The same for what is shown of a DOI alone.
LinksFor = Callable[[Sequence[str]], Mapping[str, DoiLinks]]


def no_counts(dois: Sequence[str]) -> Mapping[str, Counts]:
    """Where nothing counts."""
    return dict.fromkeys(dois, NO_COUNTS)


def no_links(dois: Sequence[str]) -> Mapping[str, DoiLinks]:
    """Where nothing is linked."""
    return dict.fromkeys(dois, NO_LINKS)


@dataclass(frozen=True, slots=True)
class Flags:
    """What the query string asks for; only the lower-case word `true` counts (lupo#1440)."""

    affiliation: bool
    publisher: bool

    @classmethod
    def from_request(cls, req: falcon.Request) -> Flags:
        """The flags of one request."""
        return cls(req.get_param("affiliation") == "true", req.get_param("publisher") == "true")


def listed(doi: Doi, flags: Flags, counts: Counts = NO_COUNTS) -> dict[str, Any]:
    """One DOI of a list."""
    return {
        "id": doi.uid,
        "type": "dois",
        "attributes": _attributes(doi, flags, counts),
        "relationships": {"client": _one("clients", doi.client)},
    }


def single(
    doi: Doi,
    flags: Flags,
    owner: bool,
    xml: bytes | None = None,
    counts: Counts = NO_COUNTS,
    links: DoiLinks = NO_LINKS,
) -> dict[str, Any]:
    """The whole document of one DOI; its owner also sees `landingPage`.

    DataCite generates `xml` for every answer; here only reads do, because it takes a sixth of a write's time;
    answers to writes contain XML only as it was sent.
    """
    xml = xml or (doi.xml.encode() if doi.xml else None)
    answer = listed(doi, flags, counts)
    answer["attributes"] |= {
        "prefix": doi.prefix,
        "suffix": doi.uid.partition("/")[2],
        "alternateIdentifiers": _alternates(doi.attributes.get("identifiers", ())),
        "xml": base64.b64encode(xml).decode() if xml else None,
        "viewsOverTime": _totals("yearMonth", links.views),
        "downloadsOverTime": _totals("yearMonth", links.downloads),
        "citationsOverTime": _totals("year", links.citations),
    }
    if owner:
        answer["attributes"]["landingPage"] = None
    answer["relationships"]["provider"] = _one("providers", doi.client.partition(".")[0])
    answer["relationships"]["media"] = {"data": []}
    for name, shown in _RELATED.items():
        answer["relationships"][shown] = {"data": [{"id": one, "type": "dois"} for one in links.related.get(name, ())]}
    return {"data": answer}


def _attributes(doi: Doi, flags: Flags, counts: Counts) -> dict[str, Any]:
    attributes = doi.attributes
    return {
        "doi": doi.uid,
        **{name: attributes.get(name, unset) for name, unset in _UNSET.items()},
        **{name: [_person(person, flags) for person in attributes.get(name, ())] for name in _PEOPLE},
        "publisher": _publisher(attributes.get("publisher"), flags),
        "metadataVersion": doi.metadata_version,
        "isActive": doi.state == doi_states.FINDABLE,
        "state": doi.state,
        **counts,
        "created": doi.created,
        "registered": doi.registered,
        "published": str(attributes["publicationYear"]) if "publicationYear" in attributes else None,
        "updated": doi.updated,
    }


def _totals(period: str, totals: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{period: name, "total": total} for name, total in totals.items()]


def _person(person: dict[str, Any], flags: Flags) -> dict[str, Any]:
    affiliations = person.get("affiliation", [])
    if not flags.affiliation:
        affiliations = [one["name"] for one in affiliations if "name" in one]
    return {**person, "affiliation": affiliations, "nameIdentifiers": person.get("nameIdentifiers", [])}


def _publisher(publisher: dict[str, Any] | None, flags: Flags) -> Any:
    return publisher if flags.publisher or publisher is None else publisher.get("name")


def _alternates(identifiers: Any) -> list[dict[str, Any]]:
    return [
        {"alternateIdentifierType": one.get("identifierType"), "alternateIdentifier": one.get("identifier")}
        for one in identifiers
    ]


def _one(kind: str, name: str) -> dict[str, Any]:
    return {"data": {"id": name, "type": kind}}

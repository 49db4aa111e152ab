"""The events DataCite makes of the metadata of a findable DOI (datacite-api.md 5), its agents' slips included. Pure.

Written apart from `doitui_core.events.derive`, which does what DataCite documents. An agent for affiliations runs only
where a creator has both ORCID and ROR id; parts and versions of another DOI do not claim their authors a second time,
but do claim their institutions.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from doitui.web.dois.doi_record import Doi
from doitui_core.domain.link_sources import link_source
from doitui_core.events.derive import SCHEMA_ORG
from doitui_core.hub_store.event_record import CC0, RESOLVER, EventRecord, HubOrigin, canonical, doi_in

_ORCID = re.compile(r"(?:https?://)?(?:www\.)?(?:orcid\.org/)?(\d{4}([ -])\d{4}\2\d{4}\2\d{3}[\dX])", re.ASCII)
_ROR = re.compile(r"(?:https?://)?(ror\.org/0\w{6}\d{2})", re.ASCII)
_SCHEMES = frozenset({"http", "https", "ftp", "s3", "gs"})
_TRACKING = re.compile(r"utm|(?:ref|sources)(?:=|$)")
_ZERO_WIDTH_SPACE = "\u200b"

# A relation to the whole or to an earlier version.
_SUPPRESSING = frozenset({"IsIdenticalTo", "IsPartOf", "IsPreviousVersionOf", "IsVersionOf"})
_PROXIES = frozenset({"IsVersionOf", "IsIdenticalTo", "IsPartOf", "IsSupplementTo"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

Row = dict[str, Any]

#: The registration agency of a prefix, empty for an unknown one; and a DOI of the sandbox by name.
AgencyOf = Callable[[str], str]
FindDoi = Callable[[str], Doi | None]


def link_events(doi: Doi, agency_of: AgencyOf, find: FindDoi, at: str) -> list[EventRecord]:
    """All events of `doi`, each once; `at` is now. A related DOI of an unknown agency gives none."""
    subj = _about(doi)
    found: dict[tuple[str, str, str], EventRecord] = {}
    for relation, source, obj in (
        *_related(doi.attributes, agency_of, find),
        *_funders(doi.attributes),
        *_authors(doi.attributes),
        *_affiliations(doi.attributes),
    ):
        found[relation, source, obj["@id"]] = _event(subj, relation, source, obj, doi.updated, at)
    for person, place in _affiliated(doi.attributes):
        key = (person["@id"], "", place["@id"])
        found[key] = _event(person, "is-affiliated-with", "orcid-affiliation", place, doi.updated, at)
    return list(found.values())


def _event(subj: Row, relation: str, source: str, obj: Row, occurred_at: str, at: str) -> EventRecord:
    return EventRecord(
        uuid=str(uuid.uuid4()),
        subj_id=subj["@id"],
        obj_id=obj["@id"],
        source_id=source,
        relation_type_id=relation,
        source_token="sandbox",
        message_action="create",
        license=CC0,
        total=1,
        occurred_at=occurred_at,
        created=at,
        updated=at,
        subj=subj,
        obj=obj,
        origin=HubOrigin.METADATA,
    )


def _related(attributes: Row, agency_of: AgencyOf, find: FindDoi) -> Iterator[tuple[str, str, Row]]:
    for row in _rows(attributes, "relatedIdentifiers"):
        relation = _CAMEL.sub("-", _text(row, "relationType")).lower()
        text = _text(row, "relatedIdentifier").replace(_ZERO_WIDTH_SPACE, "").strip()
        kind = row.get("relatedIdentifierType")
        if not relation:
            continue
        if kind == "DOI" and (name := doi_in(canonical(text))):
            source = link_source(relation, RESOLVER + name, agency_of(name.partition("/")[0]))
            known = find(name)
            if source:
                is_public = known is not None and known.state == "findable"
                yield relation, source, _about(known) if known and is_public else {"@id": RESOLVER + name}
        elif kind == "URL" and (address := _address(text)):
            yield relation, "datacite-url", {"@id": address}


def _funders(attributes: Row) -> Iterator[tuple[str, str, Row]]:
    """ROR ids of funders give no event."""
    for row in _rows(attributes, "fundingReferences"):
        obj_id = canonical(_text(row, "funderIdentifier"))
        if row.get("funderIdentifierType") == "Crossref Funder ID" and doi_in(obj_id):
            named = {"@id": obj_id, "@type": "Funder", "name": _text(row, "funderName")}
            yield "is-funded-by", "datacite-funder", _without_empty(named)


def _authors(attributes: Row) -> Iterator[tuple[str, str, Row]]:
    if any(row.get("relationType") in _SUPPRESSING for row in _rows(attributes, "relatedIdentifiers")):
        return
    for creator in _rows(attributes, "creators"):
        if orcid := _orcid(creator):
            yield "is-authored-by", "datacite-orcid-auto-update", {"@id": orcid, "@type": "Person"}


def _affiliations(attributes: Row) -> Iterator[tuple[str, str, Row]]:
    creators = _rows(attributes, "creators")
    if any(_orcid(one) and _institutions(one) for one in creators):
        for place in (place for one in creators for place in _institutions(one)):
            yield "is-authored-at", "datacite-affiliation", place


def _affiliated(attributes: Row) -> Iterator[tuple[Row, Row]]:
    """People and institutions, up to the first creator that lacks either id: there the agent ends."""
    for creator in _rows(attributes, "creators"):
        orcid, places = _orcid(creator), _institutions(creator)
        if not (orcid and places):
            return
        yield from (({"@id": orcid, "@type": "Person"}, place) for place in places)


def _orcid(creator: Row) -> str:
    """The first ORCID of a creator."""
    names = (_text(row, "nameIdentifier") for row in _rows(creator, "nameIdentifiers") if _is(row, "ORCID"))
    found = _ORCID.fullmatch(next(names, "").strip())
    return f"https://orcid.org/{found[1].replace(' ', '-')}" if found else ""


def _is(row: Row, scheme: str) -> bool:
    return bool(row.get("nameIdentifierScheme") == scheme)


def _institutions(creator: Row) -> list[Row]:
    found = [
        (match[1], _text(row, "name"))
        for row in _rows(creator, "affiliation")
        if row.get("affiliationIdentifierScheme") == "ROR"
        and (match := _ROR.fullmatch(_text(row, "affiliationIdentifier")))
    ]
    return [_without_empty({"@id": f"https://{ror}", "@type": "Organization", "name": name}) for ror, name in found]


def _address(text: str) -> str:
    """All in lower case, without fragment and the parameters that say where a visitor came from."""
    try:
        parts = urlsplit(text.lower())
    except ValueError:
        return ""
    if parts.scheme not in _SCHEMES or not parts.netloc:
        return ""
    stays = [piece for piece in parts.query.split("&") if not _TRACKING.match(piece)]
    return parts._replace(query="&".join(stays), fragment="").geturl()


def _about(doi: Doi) -> Row:
    """A DOI as subject or object."""
    attributes = doi.attributes
    issued = (_text(row, "date") for row in _rows(attributes, "dates") if row.get("dateType") == "Issued")
    related = _rows(attributes, "relatedIdentifiers")
    types = attributes.get("types")
    return _without_empty(
        {
            "@id": RESOLVER + doi.uid,
            "@type": SCHEMA_ORG.get(str(types.get("resourceTypeGeneral")) if isinstance(types, dict) else ""),
            "datePublished": next(issued, ""),
            "proxyIdentifiers": [_text(r, "relatedIdentifier") for r in related if r.get("relationType") in _PROXIES],
            "registrantId": f"datacite.{doi.client}",
        }
    )


def _rows(holder: Row, name: str) -> list[Row]:
    """Documents of old schema versions are stored without a check: what is no list of objects is none."""
    found = holder.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    # NUL and halves of characters cannot be stored.
    return value.encode("utf-8", "replace").decode().replace("\0", "?") if isinstance(value, str) else ""


def _without_empty(values: Row) -> Row:
    return {name: value for name, value in values.items() if value}

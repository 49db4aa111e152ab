"""The events that a document states: its works, authors, affiliations and funders. Pure.

As DataCite documents its own agents (datacite-api 5), not as they happen to run: an affiliation needs no ORCID, and
suppression holds for affiliations too. Contributors state nothing, and neither do funders known by a ROR id. Whether a
related DOI exists, and at which agency, is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from doitui_core.domain import event_ids
from doitui_core.domain.event import AUTHORED_AT, AUTHORED_BY, FUNDED_BY, RELATIONS, EventValue, is_id, subject
from doitui_core.domain.event_kinds import EventKind

#: Parts and versions do not claim their authors and institutions a second time.
SUPPRESSING = frozenset({"IsIdenticalTo", "IsPartOf", "IsPreviousVersionOf", "IsVersionOf"})

SUPPRESSED = frozenset({EventKind.AUTHORS, EventKind.AFFILIATIONS})

#: The works that count for this one too.
_PROXIES = frozenset({"IsVersionOf", "IsIdenticalTo", "IsPartOf", "IsSupplementTo"})

#: By relatedIdentifierType: what switches it on, and its canonical id. Nothing else is a work of Event Data.
_WORKS: dict[str, tuple[EventKind, Callable[[str], str]]] = {
    "DOI": (EventKind.WORKS, event_ids.doi_id),
    "URL": (EventKind.WORKS, event_ids.url_id),
    "arXiv": (EventKind.ARXIV, event_ids.arxiv_id),
    "PMID": (EventKind.PMID, event_ids.pmid_id),
    "Handle": (EventKind.HANDLE, event_ids.handle_id),
}

#: schema.org's word for a resourceTypeGeneral, where it has one (bolognese).
SCHEMA_ORG = {
    "Audiovisual": "MediaObject",
    "Book": "Book",
    "BookChapter": "Chapter",
    "Collection": "Collection",
    "ComputationalNotebook": "SoftwareSourceCode",
    "ConferencePaper": "Article",
    "ConferenceProceeding": "Periodical",
    "DataPaper": "Article",
    "Dataset": "Dataset",
    "Dissertation": "Thesis",
    "Event": "Event",
    "Image": "ImageObject",
    "Journal": "Periodical",
    "JournalArticle": "ScholarlyArticle",
    "Other": "CreativeWork",
    "PeerReview": "Review",
    "Report": "Report",
    "Service": "Service",
    "Software": "SoftwareSourceCode",
    "Sound": "AudioObject",
    "Text": "ScholarlyArticle",
}

Row = Mapping[str, Any]


class _StatedRelation(NamedTuple):
    kind: EventKind
    relation: str
    obj: dict[str, Any]


def derive(
    attributes: Row, doi: str, *, source: str, on: Collection[str], account: str = "", occurred_at: str = ""
) -> list[EventValue]:
    """The events of one document, each once, in its order.

    `attributes`: the canonical form (`metadata`). `on`: kinds, as `event_kinds.parse_kinds` gives them. `account`: the
    repository's at DataCite. `occurred_at`: when the document was written, ISO 8601 in UTC. What no event can name is
    left out. Raises `InvalidDoi`, and nothing else for a document without errors.
    """
    subj_id = subject(doi)
    related = _rows(attributes, "relatedIdentifiers")
    suppressed = SUPPRESSED if any(row.get("relationType") in SUPPRESSING for row in related) else frozenset()
    payload = _subject(attributes, related, subj_id, account)
    found: dict[str, EventValue] = {}
    for link in _links(attributes, related):
        if link.kind in on and link.kind not in suppressed and is_id(link.obj["@id"]):
            about = {"subj": payload, "obj": link.obj}
            event = EventValue(subj_id, link.relation, link.obj["@id"], source, 1, occurred_at, about)
            found.setdefault(event.dedupe_hash, event)
    return list(found.values())


def _links(attributes: Row, related: Sequence[Row]) -> Iterator[_StatedRelation]:
    creators = _rows(attributes, "creators")
    yield from _works(related)
    yield from _authors(creators)
    yield from _affiliations(creators)
    yield from _funders(_rows(attributes, "fundingReferences"))


def _works(related: Sequence[Row]) -> Iterator[_StatedRelation]:
    for row in related:
        kind, canonical = _WORKS.get(row.get("relatedIdentifierType", ""), (EventKind.WORKS, _nothing))
        # A Handle of the Handle system's own host may be a DOI.
        obj_id = event_ids.canonical(canonical(row.get("relatedIdentifier", "")))
        relation = RELATIONS.get(row.get("relationType", ""))
        if obj_id and relation:
            yield _StatedRelation(kind, relation, _without_empty({"@id": obj_id, "@type": _type(row)}))


def _authors(creators: Sequence[Row]) -> Iterator[_StatedRelation]:
    """Of each creator the first ORCID only."""
    for creator in creators:
        schemes = (row for row in _rows(creator, "nameIdentifiers") if row.get("nameIdentifierScheme") == "ORCID")
        obj_id = event_ids.orcid_id(next(schemes, {}).get("nameIdentifier", ""))
        if obj_id:
            yield _StatedRelation(EventKind.AUTHORS, AUTHORED_BY, {"@id": obj_id, "@type": "Person"})


def _affiliations(creators: Sequence[Row]) -> Iterator[_StatedRelation]:
    for row in (row for creator in creators for row in _rows(creator, "affiliation")):
        obj_id = event_ids.ror_id(row.get("affiliationIdentifier", ""))
        if obj_id and row.get("affiliationIdentifierScheme") == "ROR":
            obj = _without_empty({"@id": obj_id, "@type": "Organization", "name": row.get("name")})
            yield _StatedRelation(EventKind.AFFILIATIONS, AUTHORED_AT, obj)


def _funders(references: Sequence[Row]) -> Iterator[_StatedRelation]:
    for row in references:
        obj_id = event_ids.doi_id(row.get("funderIdentifier", ""))
        if obj_id and row.get("funderIdentifierType") == "Crossref Funder ID":
            obj = _without_empty({"@id": obj_id, "@type": "Funder", "name": row.get("funderName")})
            yield _StatedRelation(EventKind.FUNDERS, FUNDED_BY, obj)


def _subject(attributes: Row, related: Sequence[Row], subj_id: str, account: str) -> dict[str, Any]:
    issued = (row.get("date") for row in _rows(attributes, "dates") if row.get("dateType") == "Issued")
    proxies = [
        row["relatedIdentifier"]
        for row in related
        if row.get("relationType") in _PROXIES and "relatedIdentifier" in row
    ]
    return _without_empty(
        {
            "@id": subj_id,
            "@type": _type(attributes.get("types")),
            "datePublished": next(issued, None),
            "proxyIdentifiers": proxies,
            "registrantId": f"datacite.{account.lower()}" if account else None,
        }
    )


def _type(row: Row | None) -> str | None:
    return SCHEMA_ORG.get((row or {}).get("resourceTypeGeneral", ""))


def _rows(holder: Row, name: str) -> Sequence[Row]:
    found: Sequence[Row] | None = holder.get(name)
    return found or ()


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _nothing(_text: str) -> str:
    return ""

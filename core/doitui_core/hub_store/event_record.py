"""One event as the hub and the sandbox store it, and what DataCite derives from it (datacite-api.md 3.2). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"

_DOI = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/)?(?:doi:)?(10\.\d{4,9}/\S+)", re.IGNORECASE | re.ASCII)
RESOLVER = "https://doi.org/"

#: Relation type -> which side is the source, which the target, and what each calls the relation.
_CITES = ("subj", "obj", "references", "citations")
_IS_CITED = ("obj", "subj", "references", "citations")
SIDES: dict[str, tuple[str, str, str | None, str]] = {
    "cites": _CITES,
    "is-supplemented-by": _CITES,
    "references": _CITES,
    "is-cited-by": _IS_CITED,
    "is-supplement-to": _IS_CITED,
    "is-referenced-by": _IS_CITED,
    "unique-dataset-investigations-regular": ("", "obj", None, "views"),
    "unique-dataset-requests-regular": ("", "obj", None, "downloads"),
    "has-version": ("subj", "obj", "versions", "version_of"),
    "is-version-of": ("obj", "subj", "versions", "version_of"),
    "has-part": ("subj", "obj", "parts", "part_of"),
    "is-part-of": ("obj", "subj", "parts", "part_of"),
}


class HubOrigin(StrEnum):
    """Where an event of the store comes from: sent to `/events`, made of a usage report or of a DOI's
    metadata, or the archive's own.
    """

    GIVEN = "given"
    REPORT = "report"
    METADATA = "metadata"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Ids of DOIs are canonical; times are ISO 8601 in UTC; `number` is the order of creation, 0 until stored."""

    uuid: str
    subj_id: str
    obj_id: str
    source_id: str
    relation_type_id: str
    source_token: str
    message_action: str
    license: str
    total: int
    occurred_at: str
    created: str
    updated: str
    subj: dict[str, Any] = field(default_factory=dict)
    obj: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    origin: HubOrigin = HubOrigin.GIVEN

    @property
    def doi(self) -> str | None:
        """The DOI the event is about: its subject's, else its object's, as in a usage event."""
        return doi_in(self.subj_id) or doi_in(self.obj_id)


def canonical(text: str) -> str:
    """`https://doi.org/<lower case>` for a DOI in whatever spelling, everything else as it is."""
    found = _DOI.fullmatch(text)
    return RESOLVER + found[1].lower() if found else text


def doi_in(canonical_id: str) -> str | None:
    """The bare DOI of a canonical id, None for the id of something else."""
    return canonical_id.removeprefix(RESOLVER) if canonical_id.startswith(RESOLVER + "10.") else None


def mentioned(event: EventRecord) -> set[str]:
    """DOIs in the subject and object other than their ids: proxy identifiers and funders."""
    found: set[str] = set()
    for side in (event.subj, event.obj):
        proxies, funder = side.get("proxyIdentifiers"), side.get("funder")
        names = [*(proxies if isinstance(proxies, list) else ()), *_ids(funder)]
        found |= {doi for name in names if isinstance(name, str) and (doi := doi_in(canonical(name)))}
    return found


def issns(event: EventRecord) -> set[str]:
    """The ISSNs its subject and object name, their own or of their periodical."""
    sides = [event.subj, event.obj, *(side.get("periodical") for side in (event.subj, event.obj))]
    return {issn for side in sides if isinstance(side, dict) and (issn := text_of(side, "issn"))}


def publication_years(event: EventRecord) -> set[str]:
    """The years in which its subject and object were published."""
    return {date[:4] for side in (event.subj, event.obj) if (date := text_of(side, "datePublished"))}


def prefix_of(canonical_id: str) -> str:
    """The prefix of a DOI, "" for the id of something else."""
    return (doi_in(canonical_id) or "").partition("/")[0]


def links(event: EventRecord) -> dict[str, str | None]:
    """Which DOI cites, views, contains … which, and what each calls it; DOIs in lower case."""
    dois = {"subj": doi_in(event.subj_id), "obj": doi_in(event.obj_id)}
    source, target, source_relation, target_relation = SIDES.get(event.relation_type_id, ("", "", None, None))
    return {
        "source_doi": dois.get(source),
        "target_doi": dois.get(target),
        "source_relation_type_id": source_relation,
        "target_relation_type_id": target_relation,
    }


def text_of(side: dict[str, Any], name: str) -> str:
    """A text of a subject or object, "" where there is none."""
    value = side.get(name)
    return value if isinstance(value, str) else ""


def _ids(funder: object) -> list[object]:
    funders = funder if isinstance(funder, list) else [funder]
    return [one.get(name) for one in funders if isinstance(one, dict) for name in ("@id", "id")]

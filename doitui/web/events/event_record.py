"""One event as the sandbox stores it, and what DataCite derives from it (datacite-api.md 3.2). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"

_DOI = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/)?(?:doi:)?(10\.\d{4,9}/\S+)", re.IGNORECASE | re.ASCII)
_RESOLVER = "https://doi.org/"

# Relation type -> which side is the source, which the target, and what each calls the relation.
_CITES = ("subj", "obj", "references", "citations")
_IS_CITED = ("obj", "subj", "references", "citations")
_SIDES: dict[str, tuple[str, str, str | None, str]] = {
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

    @property
    def doi(self) -> str | None:
        """The DOI the event is about: its subject's, else its object's, as in a usage event."""
        return doi_in(self.subj_id) or doi_in(self.obj_id)


def canonical(text: str) -> str:
    """`https://doi.org/<lower case>` for a DOI in whatever spelling, everything else as it is."""
    found = _DOI.fullmatch(text)
    return _RESOLVER + found[1].lower() if found else text


def doi_in(canonical_id: str) -> str | None:
    """The bare DOI of a canonical id, None for the id of something else."""
    return canonical_id.removeprefix(_RESOLVER) if canonical_id.startswith(_RESOLVER + "10.") else None


def mentioned(event: EventRecord) -> set[str]:
    """DOIs in the subject and object other than their ids: proxy identifiers and funders."""
    found: set[str] = set()
    for side in (event.subj, event.obj):
        proxies, funder = side.get("proxyIdentifiers"), side.get("funder")
        names = [*(proxies if isinstance(proxies, list) else ()), *_ids(funder)]
        found |= {doi for name in names if isinstance(name, str) and (doi := doi_in(canonical(name)))}
    return found


def derived(event: EventRecord) -> dict[str, str | None]:
    """The columns that follow from the others; DOIs and prefixes in lower case."""
    dois = {"subj": doi_in(event.subj_id), "obj": doi_in(event.obj_id)}
    source, target, source_relation, target_relation = _SIDES.get(event.relation_type_id, ("", "", None, None))
    return {
        "subj_prefix": _prefix(dois["subj"]),
        "obj_prefix": _prefix(dois["obj"]),
        "subj_registrant": _text(event.subj.get("registrantId")),
        "obj_registrant": _text(event.obj.get("registrantId")),
        "citation_type": _citation_type(event),
        "source_doi": dois.get(source),
        "target_doi": dois.get(target),
        "source_relation_type_id": source_relation,
        "target_relation_type_id": target_relation,
    }


def _citation_type(event: EventRecord) -> str | None:
    types = [_text(event.subj.get("@type")), _text(event.obj.get("@type"))]
    return "-".join(sorted(map(str, types))) if all(types) else None


def _prefix(doi: str | None) -> str | None:
    return doi.partition("/")[0] if doi else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _ids(funder: object) -> list[object]:
    funders = funder if isinstance(funder, list) else [funder]
    return [one.get(name) for one in funders if isinstance(one, dict) for name in ("@id", "id")]

"""What DataCite's Event Data consists of from 2026 on. Pure.

From metadata DataCite takes (since Q3 2026) and keeps (from Q4) only links of ten relation types between two DOIs.
Usage events and citations reported by Crossref stay. Authors, affiliations, funders and web addresses have no events
there any more (support page datacite-event-data-changes; datacite-api 9).
"""

from __future__ import annotations

from doitui_core.domain import event_ids
from doitui_core.domain.event_kinds import USAGE_RELATIONS

#: The relation types that stay in links made from metadata.
RELATIONS_2026 = frozenset(
    {
        "cites",
        "has-part",
        "has-version",
        "is-cited-by",
        "is-part-of",
        "is-referenced-by",
        "is-supplement-to",
        "is-supplemented-by",
        "is-version-of",
        "references",
    }
)

#: Sources that are no metadata of DataCite's: whatever relation type they report stays.
CITATION_SOURCES = frozenset({"crossref"})


def in_scope_2026(relation_type_id: str, source_id: str, subj_id: str, obj_id: str) -> bool:
    """Whether DataCite keeps such an event in 2026: usage of a DOI, a citation, or one of ten relations of two DOIs.

    Relation type in kebab-case, ids in canonical form (`event_ids.canonical`).
    """
    ends = [event_ids.id_type(end) for end in (subj_id, obj_id)]
    if relation_type_id in USAGE_RELATIONS:
        return "doi" in ends
    return ends == ["doi", "doi"] and (relation_type_id in RELATIONS_2026 or source_id in CITATION_SOURCES)

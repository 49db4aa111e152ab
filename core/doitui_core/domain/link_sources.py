"""The source of a link as DataCite names it, by what its object is and by the agency of a DOI. Pure.

The names are those of DataCite's own agents (levriero; datacite-api 3.5 and 5): a hub shows links under them, so that
its `source-id` filter finds what DataCite's would. For DataCite's Events API the setting `event_source_relation` names
the source, and only that is part of an event's identity.
"""

from __future__ import annotations

import re

from doitui_core.domain import event_ids
from doitui_core.domain.event import AUTHORED_AT, AUTHORED_BY, FUNDED_BY
from doitui_core.domain.event_kinds import USAGE_RELATIONS

#: What people and institutions are linked by.
_BY_RELATION = {
    (FUNDED_BY, "doi"): "datacite-funder",
    (AUTHORED_BY, "orcid"): "datacite-orcid-auto-update",
    (AUTHORED_AT, "ror"): "datacite-affiliation",
}

#: The canonical ids of `event_ids` that are web addresses too.
_BY_ADDRESS = {
    "https://hdl.handle.net/": "datacite-handle",
    "https://arxiv.org/abs/": "datacite-arxiv",
    "https://identifiers.org/pubmed:": "datacite-pmid",
}

#: Of a related DOI, by its agency in lower case. Any other agency: `datacite-` and its name.
_BY_AGENCY = {"datacite": "datacite-related"}

_AGENCY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def link_source(relation_type_id: str, obj_id: str, agency: str = "") -> str:
    """Such as `datacite-crossref`; empty for usage, for a DOI of an unknown agency, and for what is no link of
    DataCite's. `obj_id` is canonical, `agency` as the resolver names it (Crossref, mEDRA).
    """
    kind = event_ids.id_type(obj_id)
    if relation_type_id in USAGE_RELATIONS:
        return ""
    if named := _BY_RELATION.get((relation_type_id, kind)):
        return named
    if kind == "doi":
        return _by_agency(agency.strip().lower())
    if kind in ("url", "orcid", "ror"):
        found = (source for start, source in _BY_ADDRESS.items() if obj_id.lower().startswith(start))
        return next(found, "datacite-url")
    return ""


def prefix_to_ask(relation_type_id: str, obj_id: str) -> str:
    """The DOI prefix whose agency decides the source; empty where none does."""
    if event_ids.id_type(obj_id) != "doi" or relation_type_id == FUNDED_BY or relation_type_id in USAGE_RELATIONS:
        return ""
    return obj_id.removeprefix(event_ids.DOI).partition("/")[0]


def _by_agency(agency: str) -> str:
    if not _AGENCY.fullmatch(agency):
        return ""
    return _BY_AGENCY.get(agency, f"datacite-{agency}")

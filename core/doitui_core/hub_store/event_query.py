"""What a list of events is asked for, as one value (datacite-api.md 3.3). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core.domain.text_query import EVERYTHING, TextQuery

#: Two years, both included.
Years = tuple[str, str]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """All of them must hold; an empty tuple, text or None lets everything through. Of a tuple one must."""

    uuids: tuple[str, ...] = ()
    text: TextQuery = EVERYTHING
    subj_id: str = ""
    obj_id: str = ""
    dois: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    orcids: tuple[str, ...] = ()
    issns: tuple[str, ...] = ()
    subtypes: tuple[str, ...] = ()
    registrants: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    citation_type: str = ""
    year_month: str = ""
    published: Years | None = None
    occurred: Years | None = None
    source_dois: tuple[str, ...] = ()
    target_dois: tuple[str, ...] = ()
    source_relations: tuple[str, ...] = ()
    target_relations: tuple[str, ...] = ()
    scope_2026: bool = False  # only what DataCite keeps since 2026
    until: str = ""  # the newest moment the search index knows; empty when it knows everything

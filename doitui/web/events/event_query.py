"""What a list of events is asked for: the query parameters of `GET /events` as one value (datacite-api.md 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

import falcon

from doitui.web.common import params
from doitui.web.common.refusals import refusal
from doitui.web.dois.doi_list import known_until
from doitui.web.events.event_input import ApiVersion

# Values of a parameter, words of a query: SQLite limits the variables of a statement.
_MOST = 250

Years = tuple[str, str]

_YEARS = re.compile(r"(\d{4})(?:-(\d{4}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """All of them must hold; an empty tuple, text or None lets everything through. Of a tuple one must."""

    uuids: tuple[str, ...] = ()
    search_words: tuple[str, ...] = ()
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
    until: str = ""  # the newest moment the search index knows; empty when it knows everything

    @classmethod
    def from_request(cls, req: falcon.Request, dialect: ApiVersion) -> EventQuery:
        """The query of one request. Unknown parameters, such as `source`, are ignored."""
        if dialect.version == 1 and params.text(req, "ids"):
            raise refusal(400, "undefined method 'ids' for Event")  # a slip of lupo's: `id` is the one that works
        read = cls(
            uuids=_values(req, "id") or _values(req, "ids"),
            search_words=tuple(params.text(req, "query").lower().split()[:_MOST]),
            subj_id=unquote(params.text(req, "subj-id")),
            obj_id=unquote(params.text(req, "obj-id")),
            dois=_folded(req, "doi"),
            prefixes=_folded(req, "prefix"),
            orcids=_values(req, "orcid"),
            issns=_values(req, "issn"),
            subtypes=_values(req, "subtype"),
            registrants=_values(req, "registrant-id"),
            sources=_values(req, "source-id"),
            relations=_values(req, "relation-type-id"),
            citation_type=params.text(req, "citation-type"),
            year_month=params.text(req, "year-month"),
            published=_years(req, "publication-year"),
            occurred=_years(req, "occurred-at"),
            until=known_until(req),
        )
        return read if dialect.version == 1 else read._with_version_2(req)

    def _with_version_2(self, req: falcon.Request) -> EventQuery:
        return replace(
            self,
            dois=self.dois or _folded(req, "doi-id"),
            source_dois=_folded(req, "source-doi"),
            target_dois=_folded(req, "target-doi"),
            source_relations=_values(req, "source-relation-type-id"),
            target_relations=_values(req, "target-relation-type-id"),
        )


def _values(req: falcon.Request, dashed: str) -> tuple[str, ...]:
    return tuple(params.values(req, dashed)[:_MOST])


def _folded(req: falcon.Request, dashed: str) -> tuple[str, ...]:
    return tuple(params.lower_values(req, dashed)[:_MOST])


def _years(req: falcon.Request, dashed: str) -> Years | None:
    found = _YEARS.fullmatch(params.text(req, dashed))
    return (found[1], found[2] or found[1]) if found else None

"""The query parameters of `GET /events` as one value (datacite-api.md 3.3)."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

import falcon

from doitui.web.common import params
from doitui.web.common.refusals import refusal
from doitui.web.dois.doi_list import known_until
from doitui.web.events.event_input import ApiVersion
from doitui.web.events.event_policy import EventPolicy
from doitui_core.domain.text_query import TextQuery
from doitui_core.errors import DoituiError
from doitui_core.hub_store import query_language
from doitui_core.hub_store.event_query import EventQuery, Years

# Values of a parameter: databases limit the variables of a statement.
_MOST = 250

_YEARS = re.compile(r"(\d{4})(?:-(\d{4}))?", re.ASCII)


def read_query(req: falcon.Request, dialect: ApiVersion, policy: EventPolicy) -> EventQuery:
    """The query of one request. Unknown parameters, such as `source`, are ignored."""
    if policy.datacite and dialect.version == 1 and params.text(req, "ids"):
        raise refusal(400, "undefined method 'ids' for Event")  # a slip of lupo's: `id` is the one that works
    read = EventQuery(
        uuids=_values(req, "id") or _values(req, "ids"),
        text=_text(params.text(req, "query")),
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
        citation_type=_storable(params.text(req, "citation-type")),
        year_month=_storable(params.text(req, "year-month")),
        published=_years(req, "publication-year"),
        occurred=_years(req, "occurred-at"),
        scope_2026=policy.scope_2026,
        until=known_until(req),
    )
    return read if policy.datacite and dialect.version == 1 else _with_version_2(read, req)


def _with_version_2(read: EventQuery, req: falcon.Request) -> EventQuery:
    return replace(
        read,
        dois=read.dois or _folded(req, "doi-id"),
        source_dois=_folded(req, "source-doi"),
        target_dois=_folded(req, "target-doi"),
        source_relations=_values(req, "source-relation-type-id"),
        target_relations=_values(req, "target-relation-type-id"),
    )


def _text(query: str) -> TextQuery:
    try:
        return query_language.parse(query)
    except DoituiError as error:
        raise refusal(400, str(error)) from None


def _values(req: falcon.Request, dashed: str) -> tuple[str, ...]:
    return tuple(map(_storable, params.values(req, dashed)[:_MOST]))


def _folded(req: falcon.Request, dashed: str) -> tuple[str, ...]:
    return tuple(map(_storable, params.lower_values(req, dashed)[:_MOST]))


def _storable(text: str) -> str:
    """No stored event has NUL, and PostgreSQL takes none in a question."""
    return text.replace("\0", "?")


def _years(req: falcon.Request, dashed: str) -> Years | None:
    found = _YEARS.fullmatch(params.text(req, dashed))
    return (found[1], found[2] or found[1]) if found else None

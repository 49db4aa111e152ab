"""`/events` and `/events/{uuid}`: Event Data, to be read by everybody and written by few (datacite-api.md 3)."""

from __future__ import annotations

import re
from typing import Any

import falcon

from doitui.web.common import bodies, paging
from doitui.web.common.answers import answer_json
from doitui.web.common.refusals import refusal
from doitui.web.common.rights import UsageRights
from doitui.web.events import event_answers
from doitui.web.events.event_input import ApiVersion, EventInput, read_event_input
from doitui.web.events.event_query import EventQuery
from doitui.web.events.event_record import EventRecord
from doitui.web.events.event_store import EventStore

_CSV = "text/csv"

# DataCite asks a list of more than a thousand patterns; these words are in nearly all of them.
_CRAWLER = re.compile("bot|crawl|spider|slurp", re.IGNORECASE)


class EventsResource:
    """`/events`, and `/events/{uuid}`: the `uuid` of the path, which an event's own, `data.id`, may contradict."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """201 for a new event, 200 for a change of the one with the same key."""
        _answer(req, resp, *self._store.post(_read(req)))

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page with the statistics of the whole list; CSV in version 1; nothing for a crawler's `query`."""
        if req.get_param("query") and _CRAWLER.search(req.user_agent or ""):
            resp.status = falcon.HTTP_404
            answer_json(resp, {})
            return
        dialect = ApiVersion.from_request(req)
        self._answer_list(req, resp, EventQuery.from_request(req, dialect), dialect)

    def on_get_event(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """200, or 404."""
        event = self._store.find(uuid)
        if event is None:
            raise refusal(404)
        answer_json(resp, event_answers.single(event, ApiVersion.from_request(req)))

    def on_put_event(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """200 for a change, 201 when there was no such event: PUT is an upsert by uuid alone."""
        _answer(req, resp, *self._store.put(uuid, _read(req)))

    on_patch_event = on_put_event  # the same action in lupo

    def on_delete_event(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """204, or 404."""
        _require_right(req)
        if not self._store.delete(uuid):
            raise refusal(404)
        resp.status = falcon.HTTP_204

    def _answer_list(self, req: falcon.Request, resp: falcon.Response, query: EventQuery, dialect: ApiVersion) -> None:
        page = paging.read_page(req)
        events = self._page(query, page, req.get_param("sort"))
        if dialect.version == 1 and _CSV in (req.get_header("Accept") or ""):
            resp.content_type = _CSV
            resp.text = event_answers.table(events)
            return
        counts = self._store.counts(query)
        total = sum(counts.values())
        sides = [side for side in ("subj", "obj") if side in (req.get_param("include") or "").split(",")]
        at_end = dialect.version == 2 and page.cursor is None and page.number >= _page_count(page, total, dialect)
        body = {
            "data": [event_answers.resource(event, dialect) for event in events],
            "meta": _meta(page, total, dialect) | event_answers.statistics(counts, dialect),
            "links": paging.links(req, page, [] if at_end else events),  # version 1 does not know when to stop
        }
        answer_json(resp, body | ({"included": event_answers.objects(events, sides)} if sides else {}))

    def _page(self, query: EventQuery, page: paging.PageRequest, sort: str | None) -> list[EventRecord]:
        if page.cursor is not None:
            return self._store.after(query, page.cursor, page.size)
        return self._store.page(query, sort, page.size, page.offset)


def _read(req: falcon.Request) -> EventInput:
    """The request's event, once the caller may write one. Raises 400 for a syntax error before 401 and 403."""
    document = bodies.read_json(req)
    _require_right(req)
    return read_event_input(document, ApiVersion.from_request(req))


def _require_right(req: falcon.Request) -> None:
    rights: UsageRights = req.context.usage_rights
    if not rights.may_write_events():
        raise refusal(403 if rights.uid else 401)


def _answer(req: falcon.Request, resp: falcon.Response, event: EventRecord, created: bool) -> None:
    req.context.doi = event.doi
    resp.status = falcon.HTTP_201 if created else falcon.HTTP_200
    answer_json(resp, event_answers.single(event, ApiVersion.from_request(req)))


def _meta(page: paging.PageRequest, total: int, dialect: ApiVersion) -> dict[str, Any]:
    meta = {"total": total, dialect.name("total-pages"): _page_count(page, total, dialect)}
    return meta if page.cursor is not None else meta | {"page": page.number}


def _page_count(page: paging.PageRequest, total: int, dialect: ApiVersion) -> int:
    """Version 1 counts only the reachable pages by cursor, version 2 only by number: each the wrong way round."""
    capped = (page.cursor is not None) == (dialect.version == 1)
    return paging.count_pages(min(total, paging.WINDOW) if capped else total, page.size)

"""`/events` and `/events/{uuid}`: Event Data, to be read by everybody and written by few (datacite-api.md 3)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import falcon

from doitui.web.common import bodies, paging
from doitui.web.common.refusals import answer_json, refusal
from doitui.web.common.usage_database import Taken
from doitui.web.common.usage_rights import UsageRights
from doitui.web.events import event_answers
from doitui.web.events.event_input import ApiVersion, EventInput, InvalidEvent, document_doi, read_event_input
from doitui.web.events.event_query import EventQuery
from doitui.web.events.event_record import EventRecord
from doitui.web.events.event_store import EventStore

_CSV = "text/csv"

# DataCite asks a list of more than a thousand patterns; these words are in nearly all of them.
_CRAWLER = re.compile("bot|crawl|spider|slurp", re.IGNORECASE)


class EventsResource:
    """`POST /events`, `GET /events`."""

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
        body = {
            "data": [event_answers.resource(event, dialect) for event in events],
            "meta": _meta(page, total, dialect) | event_answers.statistics(counts, dialect),
            "links": _links(req, page, events, _page_count(page, total, dialect) if dialect.version == 2 else None),
        }
        answer_json(resp, body | ({"included": event_answers.objects(events, sides)} if sides else {}))

    def _page(self, query: EventQuery, page: paging.PageRequest, sort: str | None) -> list[EventRecord]:
        if page.cursor is not None:
            return self._store.after(query, page.cursor, page.size)
        return self._store.page(query, sort, page.size, page.offset)


class EventResource:
    """One event. `uuid` is that of the path, which an event's own, `data.id`, may contradict."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def on_get(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """200, or 404."""
        event = self._store.find(uuid)
        if event is None:
            raise refusal(404)
        answer_json(resp, event_answers.single(event, ApiVersion.from_request(req)))

    def on_put(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """200 for a change, 201 when there was no such event: PUT is an upsert by uuid alone."""
        _answer(req, resp, *self._store.put(uuid, _read(req)))

    on_patch = on_put  # the same action in lupo

    def on_delete(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """204, or 404."""
        _require_right(req)
        if not self._store.delete(uuid):
            raise refusal(404)
        resp.status = falcon.HTTP_204


def answer_invalid_event(_req: falcon.Request, resp: falcon.Response, error: InvalidEvent, _params: object) -> None:
    """Falcon's handler for `InvalidEvent`; its status is a number, unlike that of every other error."""
    resp.status = falcon.HTTP_422
    answer_json(resp, {"errors": [{"status": 422, "title": title} for title in error.titles]})


def answer_taken(_req: falcon.Request, _resp: falcon.Response, _error: Taken, _params: object) -> None:
    """Falcon's handler for `Taken`."""
    raise refusal(409)


def _read(req: falcon.Request) -> EventInput:
    """The request's event, once the caller may write one."""
    document = bodies.read_json(req)
    req.context.doi = document_doi(document)
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
    return -(-(min(total, paging.WINDOW) if capped else total) // page.size) if page.size else 0


def _links(
    req: falcon.Request, page: paging.PageRequest, events: list[EventRecord], last: int | None
) -> dict[str, str]:
    """A full page names a next one; version 2 stops at the `last`, version 1 does not know when to stop."""
    links = {"self": req.uri}
    at_end = last is not None and page.cursor is None and page.number >= last
    if page.size and len(events) == page.size and not at_end:
        cursor = None if page.cursor is None else _cursor(events[-1])
        links["next"] = paging.next_link(req, page, cursor)
    return links


def _cursor(event: EventRecord) -> str:
    return paging.write_cursor(round(datetime.fromisoformat(event.created).timestamp() * 1000), event.number)

"""`/events` and `/events/{uuid}`: Event Data, to be read by everybody and written by few (datacite-api.md 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import falcon

from doitui.web.common import bodies, paging
from doitui.web.common.answers import answer_json
from doitui.web.common.refusals import raise_titles, refusal
from doitui.web.common.rights import UsageRights
from doitui.web.events import event_answers
from doitui.web.events.event_input import ApiVersion, read_event_input
from doitui.web.events.event_policy import EventPolicy
from doitui.web.events.event_query import read_query
from doitui_core.errors import EventTaken, InvalidEvent
from doitui_core.hub_store.event_input import EventInput
from doitui_core.hub_store.event_lists import EventList
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.event_sums import SumsMemory

_CSV = "text/csv"

_TOO_FAR = f"page[number] reaches the first {paging.WINDOW:,} events: use page[cursor]=1, then links.next"

#: Creates or changes an event; whether it was created.
Save = Callable[[EventInput], tuple[EventRecord, bool]]

# DataCite asks a list of more than a thousand patterns; these words are in nearly all of them.
_CRAWLER = re.compile("bot|crawl|spider|slurp", re.IGNORECASE)


class EventsResource:
    """`/events`, and `/events/{uuid}`: the `uuid` of the path, which an event's own, `data.id`, may contradict."""

    def __init__(self, store: EventStore, policy: EventPolicy) -> None:
        self._store = store
        self._policy = policy
        self._memory = SumsMemory()

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """201 for a new event, 200 for a change of the one with the same key."""
        self._save(req, resp, self._store.post)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page with the statistics of the whole list; CSV in version 1; nothing for a crawler's `query`."""
        if self._policy.refuses_crawlers and req.get_param("query") and _CRAWLER.search(req.user_agent or ""):
            resp.status = falcon.HTTP_404
            answer_json(resp, {})
            return
        dialect = ApiVersion.from_request(req)
        query = read_query(req, dialect, self._policy)
        self._answer_list(req, resp, EventList(self._store.hub, query, self._memory), dialect)

    def on_get_event(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """200, or 404."""
        event = self._store.find(uuid)
        if event is None:
            raise refusal(404)
        answer_json(resp, event_answers.single(event, ApiVersion.from_request(req)))

    def on_put_event(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """200 for a change, 201 when there was no such event: PUT is an upsert by uuid alone."""
        self._save(req, resp, partial(self._store.put, uuid))

    on_patch_event = on_put_event  # the same action in lupo

    def on_delete_event(self, req: falcon.Request, resp: falcon.Response, uuid: str) -> None:
        """204, or 404."""
        _require_right(req)
        if not self._store.delete(uuid):
            raise refusal(404)
        resp.status = falcon.HTTP_204

    def _answer_list(self, req: falcon.Request, resp: falcon.Response, found: EventList, dialect: ApiVersion) -> None:
        page = paging.read_page(req)
        if not self._policy.datacite and page.number < paging.read_number(req):
            raise refusal(400, _TOO_FAR)
        events = self._page(found, page, req.get_param("sort") or "")
        if dialect.version == 1 and _CSV in (req.get_header("Accept") or ""):
            resp.content_type = _CSV
            resp.text = event_answers.table(events)
            return
        sides = [side for side in ("subj", "obj") if side in (req.get_param("include") or "").split(",")]
        body = {
            "data": [event_answers.resource(event, dialect) for event in events],
            "meta": self._meta(page, found, dialect) | event_answers.statistics(found.sums, dialect),
            "links": self._links(req, page, events, found.total, dialect),
        }
        answer_json(resp, body | ({"included": event_answers.objects(events, sides)} if sides else {}))

    def _page(self, found: EventList, page: paging.PageRequest, sort: str) -> list[EventRecord]:
        if page.cursor is not None:
            return found.after(page.cursor, page.size)
        return found.page(self._policy.order(sort), page.size, page.offset)

    def _meta(self, page: paging.PageRequest, found: EventList, dialect: ApiVersion) -> dict[str, Any]:
        pages = self._page_count(page, found.total, dialect)
        meta: dict[str, Any] = {"total": found.total, dialect.name("total-pages"): pages}
        if not found.is_counted:
            meta[dialect.name("total-relation")] = "gte"  # Elasticsearch's word for "at least"
        return meta if page.cursor is not None else meta | {"page": page.number}

    def _page_count(self, page: paging.PageRequest, total: int, dialect: ApiVersion) -> int:
        capped = self._policy.miscounts_pages and (page.cursor is not None) == (dialect.version == 1)
        return paging.count_pages(min(total, paging.WINDOW) if capped else total, page.size)

    def _links(
        self, req: falcon.Request, page: paging.PageRequest, events: list[EventRecord], total: int, dialect: ApiVersion
    ) -> dict[str, str]:
        if self._policy.drops_filters:
            # Version 1 does not know when to stop.
            at_end = dialect.version == 2 and page.cursor is None
            at_end = at_end and page.number >= self._page_count(page, total, dialect)
            return paging.links(req, page, [] if at_end else events)
        at_end = page.cursor is None and page.offset + page.size >= min(total, paging.WINDOW)
        return paging.links(req, page, [] if at_end else events, every=True)

    def _save(self, req: falcon.Request, resp: falcon.Response, save: Save) -> None:
        try:
            event, created = save(_read(req))
        except InvalidEvent as invalid:
            raise_titles(invalid.titles, 422)  # a number, unlike the status of every other error
        except EventTaken:
            raise refusal(409) from None
        req.context.doi = event.doi
        resp.status = falcon.HTTP_201 if created else falcon.HTTP_200
        answer_json(resp, event_answers.single(event, ApiVersion.from_request(req)))


def _read(req: falcon.Request) -> EventInput:
    """The request's event, once the caller may write one. Raises 400 for a syntax error before 401 and 403."""
    document = bodies.read_json(req)
    _require_right(req)
    return read_event_input(document, ApiVersion.from_request(req))


def _require_right(req: falcon.Request) -> None:
    rights: UsageRights = req.context.usage_rights
    if not rights.may_write_events():
        raise refusal(403 if rights.uid else 401)

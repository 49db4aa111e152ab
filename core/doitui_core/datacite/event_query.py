"""Reading events from DataCite Event Data or from a hub: all pages of one question. Nobody's credentials go out.

By cursor, which misses nothing while events are being written. A cursor knows no order of ours: where one is asked for,
pages are numbered as far as numbers go, and what lies beyond comes by cursor, unsorted (datacite-api 1.12, 3.3).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from doitui_core.datacite import event_statistics, list_pages, transport
from doitui_core.datacite.events import EventsApiVersion, base
from doitui_core.datacite.pace import Pace
from doitui_core.datacite.wait_log import Waits
from doitui_core.domain import event_ids, outcomes
from doitui_core.domain.answer import Answer
from doitui_core.domain.intermediary import EVENTS
from doitui_core.errors import BadInput
from doitui_core.text import user_agent

#: What can be asked for. Others are ignored by the server in silence, and all events come back.
FILTERS = ("query", "subj_id", "obj_id", "doi", "prefix", "orcid", "year_month", "source_id", "relation_type_id")

#: Any other word means `updated`, in silence; and so does no word. DataCite documents obj-id and reads only obj_id:
#: a dash goes out as an underscore, which a hub reads too.
_ORDERS = ("obj_id", "total", "created", "updated", "relation_type_id")
SORTS = ("relevance", *_ORDERS, *(f"-{order}" for order in _ORDERS if order != "relation_type_id"))

#: The most events on one page.
LARGEST_PAGE = 1000

#: No number leads beyond this many events: it would give the last page again, for ever.
WINDOW = 10_000

#: How often a page is asked for while the answer is "too fast" or "not now", and the wait where the server names none,
#: in seconds. Other errors of a server are waited for only if it says how long.
TRIES = 5
WAIT = 30.0
_WAITED_FOR = (429, 503)

#: Of all pages in this process: DataCite allows who is unknown 500 requests in 5 minutes.
PACE = Pace(calls=1)


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some of the events, each as a dict of `id` and its attributes (`subj_id`, `total` …), and data on all.

    `total`: how many there are. `meta`: counts by source, relation type and so on, as the server spells them
    (`event_statistics` reads them). `cursor`: what asks for this page again; empty for a page with a number.
    """

    events: list[dict[str, Any]]
    total: int
    meta: Mapping[str, Any]
    cursor: str = ""


class EventQueryClient:
    """One Events API, asked by nobody in particular. `deadline`: seconds for each page."""

    def __init__(
        self,
        url: str,
        *,
        deadline: float,
        contact_email: str = "",
        dialect: EventsApiVersion = EventsApiVersion.V2,
        pace: Callable[[str], None] = PACE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = f"{base(url)}/events"
        self._deadline = deadline
        self._dialect = dialect
        self._pace = pace
        self._sleep = sleep
        self._waits = Waits()
        # A library's own name, together with `query`, is taken for a crawler's and answered 404.
        self._session = transport.anonymous(user_agent(contact_email))

    def all_pages(
        self,
        filters: Mapping[str, str],
        *,
        sort: str = "",
        size: int = LARGEST_PAGE,
        cursor: str = list_pages.FIRST,
    ) -> Iterator[EventPage]:
        """Every event that fits all `filters` (`FILTERS`; empty ones do not count), page after page, each once.

        `cursor`: where to begin, as an earlier page had it; only without `sort`. Raises `BadInput` for a filter, sort
        or size that is none; `RemoteFailed`, `NotSent`, `NoAnswer`, or `BadAnswer` for a list that is none.
        """
        asked, order = _asked(filters), _order(sort)
        if not 1 <= size <= LARGEST_PAGE:
            raise BadInput(f"a page cannot have {size} events: 1 to {LARGEST_PAGE}")
        return self._sorted(asked, order, size) if order else self._by_cursor(asked, size, cursor)

    def statistics(self, filters: Mapping[str, str]) -> EventPage:
        """The total and the counts of all events that fit `filters`, without the events. Raises as `all_pages`."""
        return self._page(self._answer({**_asked(filters), "page[size]": "0"}))

    def _sorted(self, asked: Mapping[str, str], sort: str, size: int) -> Iterator[EventPage]:
        seen: set[str] = set()
        number, last, total = 1, 1, 0
        while number <= last:
            page = self._page(
                self._answer({**asked, "sort": sort, "page[number]": str(number), "page[size]": str(size)})
            )
            new = {event["id"] for event in page.events} - seen
            if not new and (number - 1) * size < page.total:
                raise list_pages.bad(self.url, f"page {number} of {page.total} events has none that is new")
            seen |= new
            number, last, total = number + 1, min(-(-page.total // size), WINDOW // size), page.total
            yield page
        if total > last * size:
            for page in self._by_cursor(asked, size, list_pages.FIRST):
                yield EventPage([event for event in page.events if event["id"] not in seen], page.total, page.meta)

    def _by_cursor(self, asked: Mapping[str, str], size: int, start: str) -> Iterator[EventPage]:
        reading, more, read = list_pages.Reading(self.url, start), True, 0
        while more:
            cursor = reading.cursor
            answer = self._answer({**asked, "page[cursor]": cursor, "page[size]": str(size)})
            page = self._page(answer)
            # Version 1 names one more page behind a full last one, which is empty.
            more = reading.advance(answer, [event["id"] for event in page.events])
            read += len(page.events)
            if not more and start == list_pages.FIRST:
                self._require_all(answer, page, read, size)
            yield replace(page, cursor=cursor)

    def _require_all(self, answer: Answer, page: EventPage, read: int, size: int) -> None:
        """A last page is short, and says that it is the last: what ends otherwise is a part of the list."""
        is_last = 0 < len(page.events) < size and isinstance(answer.document.get("links"), dict)
        if read < page.total and not is_last:
            raise list_pages.bad(self.url, f"it ends after {read} of {page.total} events, without links.next")

    def _page(self, answer: Answer) -> EventPage:
        outcomes.require_own(answer, EVENTS)
        events = [_plain(item) for item in list_pages.items(answer, self.url, "list of events")]
        if not all(event["id"] for event in events):
            raise list_pages.bad(self.url, "an event has no id")
        return EventPage(events, list_pages.total(answer, self.url, len(events)), _dict(answer.document.get("meta")))

    def _answer(self, asked: Mapping[str, str]) -> Answer:
        url = f"{self.url}?{urlencode(asked)}"
        for tries_left in reversed(range(TRIES)):
            self._pace(url)
            headers = {"Accept": self._dialect.accept}
            answer = transport.exchange(self._session, "GET", url, deadline=self._deadline, headers=headers)
            wait = outcomes.retry_after(answer)
            is_busy = answer.status in _WAITED_FOR or (answer.status >= 500 and wait is not None)
            if not is_busy or not tries_left:
                break
            seconds = WAIT if wait is None else wait
            self._waits.note(f"event queries at {urlsplit(url).hostname}", seconds)
            self._sleep(seconds)
        return answer


def _asked(filters: Mapping[str, str]) -> dict[str, str]:
    for name in filters:
        if name not in FILTERS:
            raise BadInput(f"events cannot be filtered by {name!r}. Use: {', '.join(FILTERS)}")
    return {name.replace("_", "-"): _sent(name, text.strip()) for name, text in filters.items() if text.strip()}


def _order(sort: str) -> str:
    order = sort[:1] + sort[1:].replace("-", "_")
    if order and order not in SORTS:
        raise BadInput(f"events cannot be sorted by {sort!r}. Use: {', '.join(SORTS)}")
    return order


def _sent(name: str, text: str) -> str:
    """Ends of events are compared as they are, in canonical form, and after one more unescaping (lupo event.rb)."""
    if name not in ("subj_id", "obj_id"):
        return text
    return event_ids.canonical(text).replace("%", "%25").replace("+", "%2B")


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    plain = {event_statistics.spelled(name): value for name, value in _dict(item.get("attributes")).items()}
    return {**plain, "id": str(item.get("id") or "")}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

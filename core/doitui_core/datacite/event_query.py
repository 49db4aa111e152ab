"""Reading events from DataCite Event Data or from a hub: all pages of one question. Nobody's credentials go out.

By cursor, which misses nothing while events are being written. A cursor knows no order of ours: where one is asked for,
pages are numbered as far as numbers go, and what lies beyond comes by cursor, unsorted (datacite-api 1.12, 3.3).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from doitui_core import __version__
from doitui_core.datacite import list_pages, transport
from doitui_core.datacite.events import EventsApiVersion, base
from doitui_core.datacite.pace import Pace
from doitui_core.datacite.wait_log import Waits
from doitui_core.domain import event_ids, outcomes
from doitui_core.domain.answer import Answer
from doitui_core.domain.intermediary import EVENTS
from doitui_core.errors import BadInput

#: What can be asked for. Others are ignored by the server in silence, and all events come back.
FILTERS = ("query", "subj_id", "obj_id", "doi", "prefix", "orcid", "year_month", "source_id", "relation_type_id")

#: Any other word means `updated`, in silence; and so does no word.
_ORDERS = ("obj_id", "total", "created", "updated", "relation_type_id")
SORTS = ("relevance", *_ORDERS, *(f"-{order}" for order in _ORDERS if order != "relation_type_id"))

#: The most events on one page.
LARGEST_PAGE = 1000

#: No number leads beyond this many events: it would give the last page again, for ever.
WINDOW = 10_000

#: How often a page is asked for while the answer is "too fast", and the wait where the server names none, in seconds.
TRIES = 5
WAIT = 30.0

#: Of all pages in this process: DataCite allows who is unknown 500 requests in 5 minutes.
PACE = Pace(calls=1)


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some of the events, each as a dict of `id` and its attributes (`subj_id`, `total` …), and data on all.

    `total`: how many there are. `meta`: counts by source, relation type and so on, as the server spells them.
    """

    events: list[dict[str, Any]]
    total: int
    meta: Mapping[str, Any]


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
        by = f" (mailto:{quote(contact_email, safe='@+')})" if contact_email else ""
        self._session = transport.anonymous(f"doitui/{__version__}{by}")

    def all_pages(self, filters: Mapping[str, str], *, sort: str = "", size: int = LARGEST_PAGE) -> Iterator[EventPage]:
        """Every event that fits all `filters` (`FILTERS`; empty ones do not count), page after page, each once.

        Raises `BadInput` for a filter, sort or size that is none; `RemoteFailed`, `NotSent`, `NoAnswer`, or `BadAnswer`
        for a list that is none.
        """
        asked = _asked(filters, sort, size)
        if not sort:
            return self._by_cursor(asked, size)
        return self._sorted(asked, sort, size)

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
            for page in self._by_cursor(asked, size):
                yield EventPage([event for event in page.events if event["id"] not in seen], page.total, page.meta)

    def _by_cursor(self, asked: Mapping[str, str], size: int) -> Iterator[EventPage]:
        reading, more = list_pages.Reading(self.url), True
        while more:
            answer = self._answer({**asked, "page[cursor]": reading.cursor, "page[size]": str(size)})
            page = self._page(answer)
            # Version 1 names one more page behind a full last one, which is empty.
            more = reading.advance(answer, [event["id"] for event in page.events])
            yield page

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
            if answer.status not in (429, 503) or not tries_left:
                break
            wait = outcomes.retry_after(answer)
            seconds = WAIT if wait is None else wait
            self._waits.note(f"event queries at {urlsplit(url).hostname}", seconds)
            self._sleep(seconds)
        return answer


def _asked(filters: Mapping[str, str], sort: str, size: int) -> dict[str, str]:
    for name in filters:
        if name not in FILTERS:
            raise BadInput(f"events cannot be filtered by {name!r}. Use: {', '.join(FILTERS)}")
    if sort and sort not in SORTS:
        raise BadInput(f"events cannot be sorted by {sort!r}. Use: {', '.join(SORTS)}")
    if not 1 <= size <= LARGEST_PAGE:
        raise BadInput(f"a page cannot have {size} events: 1 to {LARGEST_PAGE}")
    return {name.replace("_", "-"): _sent(name, text.strip()) for name, text in filters.items() if text.strip()}


def _sent(name: str, text: str) -> str:
    """Ends of events are compared as they are, in canonical form, and after one more unescaping (lupo event.rb)."""
    if name not in ("subj_id", "obj_id"):
        return text
    return event_ids.canonical(text).replace("%", "%25").replace("+", "%2B")


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """One spelling for both versions: subj-id and subjId become subj_id."""
    attributes = _dict(item.get("attributes"))
    plain = {re.sub("-|(?<=[a-z])(?=[A-Z])", "_", name).lower(): value for name, value in attributes.items()}
    return {**plain, "id": str(item.get("id") or "")}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

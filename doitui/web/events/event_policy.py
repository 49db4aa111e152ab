"""Where a list of events differs: as DataCite answers, traps included, or as its documentation promises."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventPolicy:
    """`datacite` is what lupo does (datacite-api.md 1.12, 3.3, 3.4); without it the list does what the seeds say.

    `scope_2026`: lists show only what DataCite keeps since 2026 (`domain.event_scope`); one event is shown anyway, so
    that who wrote it can read it.
    """

    datacite: bool
    scope_2026: bool = False

    @property
    def refuses_crawlers(self) -> bool:
        """A crawler that gives a `query` gets 404."""
        return self.datacite

    @property
    def drops_filters(self) -> bool:
        """`links.next` leaves out most parameters (datacite#2465)."""
        return self.datacite

    @property
    def miscounts_pages(self) -> bool:
        """`total-pages` stops at 10,000 results by cursor in version 1 and by number in version 2: each the wrong way
        round. Else it is the number of calls that reach everything.
        """
        return self.datacite

    @property
    def orders(self) -> frozenset[str]:
        """The values of `sort` that are known."""
        both = {"obj_id", "total", "created", "updated"}
        known = {*both, *(f"-{name}" for name in both), "relation_type_id", "relevance"}
        return frozenset(known if self.datacite else {*known, "-relation_type_id"})

    def order(self, sort: str) -> str:
        """The order `sort` asks for, "updated" where it is not known. lupo does not know `obj-id` of openapi."""
        name = sort if self.datacite else sort[:1] + sort[1:].replace("-", "_")
        return name if name in self.orders else "updated"


DATACITE = EventPolicy(datacite=True, scope_2026=True)
HUB = EventPolicy(datacite=False)

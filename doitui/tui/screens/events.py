"""Events about our DOIs: how many wait, were accepted or failed; why nothing is sent; and the events themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual.widget import Widget

from doitui.tui import state_symbols
from doitui.tui.acts.event_acts import EventActs
from doitui.tui.screens.list_section import ListSection, TabFields, error_lines
from doitui.tui.text import minute, number, plural, span
from doitui.tui.widgets.lines import Line, Lines, labelled
from doitui.tui.widgets.window_table import Column
from doitui_core.domain.event_kinds import USAGE_RELATIONS
from doitui_core.views import event_health, windows
from doitui_core.views.event_health import Health
from doitui_core.views.rows import EventRow
from doitui_core.views.windows import Window

#: States that have a tab.
STATES = ("pending", "submitted", "failed", "uncertain")


class EventsScreen(EventActs, ListSection):
    """The list of events, and whether they can be sent."""

    id_ = "events"
    list_name, noun, faulty = "events", "event", "state:failed"
    orders: ClassVar = (("number", True),)
    tabs: ClassVar[TabFields] = {"all": {}} | {state: {"state": state} for state in STATES}
    about: ClassVar = (
        "What happened to our DOIs - views, downloads, relations, authors, funders - and whether they were sent "
        "to the Events API, newest first. [ and ] change the tab.",
        "",
        "  pending    waits for the rate limit or for its next attempt",
        "  submitted  the service has it, with the current count",
        "  failed     R puts it back; the line above says where all fail of one cause",
        "  uncertain  sent without an answer: sent again under the same UUID, so nothing is doubled",
        "",
        "DataCite lets only its staff write events; repositories send usage reports.",
        "",
        "Filter: words of DOI, object or error; or fields: state: cause: relation: source: repo: doi:",
    )

    def above(self) -> Iterable[Widget]:
        """Widgets above the list."""
        yield Lines(id="health")

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        return [
            Column("STATE", 11, lambda row: state_symbols.event(row.state)),
            Column("TOTAL", 7, lambda row: number(row.total), right=True, least=70),
            Column("RELATION", 18 if width < 110 else 40, lambda row: row.relation_type_id, least=70),
            Column("DOI", 22 if width < 110 else 30, lambda row: row.doi),
            Column("OBJECT OR ERROR", 0, _why),
        ]

    def window(self) -> Window:
        """The rows to show, for the present filter and order."""
        return windows.events(self.filter, backwards=not self.reversed)

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""
        super().reload()
        self.read("health", event_health.overview, self._show_health, self.pane("health"))

    def _show_health(self, found: Health) -> None:
        self.pane("health").show(_overview(found, self.doitui.now()))
        self.show_tab_counts(found.counts)

    def empty(self) -> tuple[str, ...]:
        """The lines shown when there is no row at all."""
        return (
            "No events yet.",
            "",
            "doitui makes them from related identifiers, ORCID, ROR and funder",
            "ids of what is minted, and from counted views and downloads.",
            "",
            "`doitui event add` adds one by hand, `doitui event pull` fetches citations.",
        )

    def detail_lines(self, row: EventRow) -> list[Line]:
        """The side pane's lines about `row`."""
        return about_event(row)

    def open_row(self, row: EventRow) -> None:
        """Open the page of the event's DOI."""
        self.doitui.show_doi(row.doi_id)

    def act_retry(self) -> None:
        """Ask, then requeue the chosen rows with new attempts."""
        if self.all_matching:
            self.propose_retry_matching(self.window(), self.table.cache.whole)
        else:
            self.propose_retry(self.table.chosen())


def _overview(found: Health, now: Any) -> list[Line]:
    """Where events are sent and how fast, what waits to be counted, what is wrong."""
    lines: list[Line] = []
    for link in found.links[:2]:
        where = f"{link.url}, at most {number(link.per_minute)} a minute" if link.url else link.wrong
        lines.append([(f" {link.repository:<10} ", "quiet"), (where, "" if link.url else "bad")])
    if len(found.links) > 2:
        lines.append((f" … and {len(found.links) - 2} more", "quiet"))
    last = f"{span(now - found.last)} ago" if found.last else "never"
    waits = found.spool["bytes"]
    spool = f"{plural(found.spool['files'], 'file')}, {number(waits)} bytes wait" if waits else "empty"
    drained = f"{span(now - found.drained)} ago" if found.drained else "never"
    labels = {" last accepted ": last, "   usage spool ": spool, "   last view counted ": drained}
    lines.append([cell for label, value in labels.items() for cell in ((label, "quiet"), value)])
    if found.rejected:
        lines.append([(" ! ", "warn"), f"{plural(found.rejected, 'line')} of the spool could not be read"])
    if found.diagnosis is not None:
        tone = "quiet" if found.diagnosis.kept == "DataCite" else "bad"
        lines.append([(" ! ", tone), (found.diagnosis.message, tone)])
        lines.append([("   ", ""), (found.diagnosis.remedy, "strong")])
    return lines


def _why(row: EventRow) -> state_symbols.Cell:
    if row.state in ("failed", "uncertain") or (row.last_error and row.state == "pending"):
        return row.last_error, "bad" if row.state == "failed" else "quiet"
    return str(row.obj_id)


def about_event(row: EventRow) -> list[Line]:
    """All that is known of an event, as lines."""
    facts = {
        "DOI": row.doi,
        **_ends(row),
        "source": row.source_id,
        "from": row.origin + ("" if row.in_metadata else ", no longer in the metadata"),
        "total": f"{number(row.total)}, submitted {number(row.submitted_total)}",
        "recorded": minute(row.created_at),
        "accepted": minute(row.submitted_at) if row.submitted_at is not None else None,
    }
    return [
        (f"event {row.id}: {row.relation_type_id}", "strong"),
        [state_symbols.event(row.state), f"   {plural(row.attempts, 'attempt')}"],
        "",
        *labelled(facts),
        *error_lines(row.cause, row.last_error),
        "",
        (f"`doitui event show {row.id}` shows what is sent and what was answered.", "quiet"),
    ]


def _ends(row: EventRow) -> dict[str, str | None]:
    """The other end of the event, and the order in which both are sent, where that is not the stored one."""
    if row.relation_type_id in USAGE_RELATIONS:
        return {"page": row.obj_id, "sent as": "page (subject), DOI (object)"}
    return {"object": row.obj_id}


SCREEN = EventsScreen

"""The first look: how many, how fast, is DataCite there, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from doitui.tui import state_symbols
from doitui.tui.acts import keys
from doitui.tui.acts.activity_lines import activity_lines
from doitui.tui.acts.queue_acts import QueueActs
from doitui.tui.screens.section import Section
from doitui.tui.text import ago, bar, fit, minute, number, plural, span, spark
from doitui.tui.widgets.lines import Line, Lines, Rule
from doitui.tui.widgets.window_table import Column, WindowTable
from doitui_core.db import audit
from doitui_core.domain.job_kinds import Service
from doitui_core.queue import rate_limit
from doitui_core.views import dashboard
from doitui_core.views.dashboard import Alert, Dashboard, ServiceLink

#: Counts in the order they are told; those in the second line are marks.
STATES = ("findable", "registered", "draft", "reserved", "tombstone")
MARKS = ("pending", "failed", "uncertain", "changed")

#: What goes to which service, by the first word of its name.
KINDS = {"rest": "DOIs"}

#: Acts that are shown.
ACTS = 12


class DashboardScreen(QueueActs, Section):
    """What needs attention, the queue, DataCite and the newest DOIs."""

    id_ = "dashboard"
    BINDINGS: ClassVar = keys.bindings("dashboard")
    about: ClassVar = (
        "How many DOIs are in which state, how the queue moves, whether DataCite can be reached, and everything that "
        "waits for a person, worst first: enter opens it, C puts failed jobs of that cause back.",
        "",
        "The pace is that of the last five minutes; the small chart has a bar for each minute of the last hour.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.board: Dashboard | None = None

    def body(self) -> Iterable[Widget]:
        """The widgets below the top bar, top to bottom."""
        with Horizontal(classes="row"):
            with Vertical(id="main"):
                yield Lines(id="counts")
                yield Lines(id="needs-head")
                yield WindowTable(self.columns, id="needs", row_id=itemgetter("id"))
                yield Lines(id="need")
                yield Lines(id="newest-below")
                yield Lines(id="acts")
            yield Lines(id="newest", classes="beside")

    def on_mount(self) -> None:
        """Fill the widgets and set the focus."""
        self.query_one("#needs", WindowTable).focus()

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        shown = [
            Column("", 4, lambda row: state_symbols.CHECK[row["need"].level]),
            Column("HOW MANY", 8, lambda row: number(row["need"].number) if row["need"].number else "", right=True),
            Column("NEEDS ATTENTION", 0, lambda row: row["need"].what),
            Column("WHAT TO DO", 34 if width >= 100 else 28, lambda row: row["need"].advice),
        ]
        return shown if width >= 70 else shown[:3]

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""
        self.doitui.quick.ask(
            "board", dashboard.load, self.show, lambda error: self.failed(self.query_one("#counts", Lines), error)
        )
        acts = self.query_one("#acts", Lines)
        if acts.display:
            self.doitui.quick.ask(
                "acts",
                lambda: audit.newest(ACTS),
                lambda rows: acts.show(_acts(rows, acts.size.width)),
                lambda error: self.failed(acts, error),
            )

    def on_lines_laid_out(self) -> None:
        """Some lines are as long as there is room."""
        if self.board is not None:
            self.show(self.board)

    def show(self, data: Dashboard) -> None:
        """Show what was read."""
        self.board = data
        width = self.query_one("#main").size.width
        self.query_one("#counts", Lines).show([*_counts(data, width), *_work(data, width), *_links(data, width)])
        needs = self.query_one("#needs", WindowTable)
        self.query_one("#needs-head", Lines).show([Rule(f"Needs attention ({len(data.alerts)})")])
        needs.say("", *_all_well(data))
        needs.cache.fixed([{"id": (need.leads_to, need.what), "need": need} for need in data.alerts])
        self._show_alert()
        below, beside = self.query_one("#newest-below", Lines), self.query_one("#newest", Lines)
        below.show(_newest(data, width))
        beside.show([*_newest(data, beside.size.width), "", *_shares(data, beside.size.width)])

    @property
    def alert(self) -> Alert | None:
        """The alert under the cursor."""
        row = self.query_one("#needs", WindowTable).row
        return row["need"] if row else None

    def on_window_table_moved(self) -> None:
        """The cursor moved: show details of its row."""
        self._show_alert()

    def _show_alert(self) -> None:
        """Cause and cure of the row under the cursor in full: its columns cut them."""
        need = self.alert
        self.query_one("#need", Lines).show([(f" {need.what}: {need.advice}", "quiet")] if need else [])

    def on_window_table_entered(self, message: WindowTable.Entered) -> None:
        """Enter was pressed on a row: open it."""
        assert message.row is not None
        self.doitui.show_list(*message.row["need"].leads_to)

    def repository_here(self) -> str:
        """Code of the repository under the cursor; empty: none."""
        return self.alert.repository if self.alert is not None else ""

    def act_retry_cause(self) -> None:
        """Ask, then requeue all failed jobs with the cause under the cursor."""
        if (need := self.alert) is None or not need.cause:
            self.doitui.say("move the cursor to failed jobs: C requeues those of one cause", bad=True)
        else:
            self.propose_cause(need.cause)


def _shares(data: Dashboard, width: int) -> list[Line]:
    """What part of all DOIs is in which state."""
    dois = data.overview["dois"]
    room = max(width - 33, 4)
    lines: list[Line] = [Rule("DOIs by state")]
    for state in STATES:
        share = f"{100 * dois[state] / dois['total']:.1f}%" if dois["total"] else "-"
        told = f" {state_symbols.DOI[state][0]} {state:<10} {number(dois[state]):>10} {share:>6}  "
        lines.append([told, (bar(dois[state], dois["total"], room), "busy")])
    return lines


def _acts(rows: list[audit.Row], width: int) -> list[Line]:
    lines: list[Line] = [Rule("Recent activity", "newest first"), *activity_lines(rows, width)]
    return lines if rows else [*lines, "", " Nothing was done yet."]


def _counts(data: Dashboard, width: int) -> list[Line]:
    dois = data.overview["dois"]
    gap = " " * (2 if width < 96 else 3)
    parts = [(f" total {number(dois['total'])}", "strong")]
    parts += [
        (f"{gap}{state_symbols.DOI[state][0]} {state} {number(dois[state])}", state_symbols.DOI[state][1])
        for state in STATES
    ]
    marks: list[state_symbols.Cell] = [" "]
    for mark in MARKS:
        shape, tone = state_symbols.MARK[mark]
        marks.append((f"{shape} {mark} {number(dois[mark])}   ", tone if dois[mark] else "quiet"))
    return [Rule("DOIs"), *_folded(parts, width), marks]


def _folded(parts: list[state_symbols.Toned], width: int) -> list[Line]:
    """`parts` in as few lines as they fit in, none of them cut."""
    lines: list[list[state_symbols.Cell]] = [[]]
    used = 0
    for text, tone in parts:
        if used and used + len(text) > width:
            lines.append([])
            text, used = f" {text.lstrip()}", 0
        lines[-1].append((text, tone))
        used += len(text)
    return list(lines)


def _work(data: Dashboard, width: int) -> list[Line]:
    pace, jobs = data.pace, data.overview["jobs"]
    oldest = f"oldest waiting {ago(pace.oldest, data.now)}" if pace.oldest else "queue empty"
    workers: state_symbols.Cell = plural(data.workers, "worker")
    if not data.workers:
        workers = ("no worker running", "bad" if pace.waiting else "quiet")
    rate = f"{pace.rate:.0f}/min" if pace.rate else "0/min"
    held = any(
        link.state in ("out", "paused") for link in data.links if rate_limit.service_of(link.name) is Service.DOIS
    )
    left = f"empty in {span(pace.left)}" if pace.left is not None and not held else ""
    bars = spark([done or 0 for done in pace.minutes[-30 if width < 96 else -60 :]])
    return [
        Rule("Queue"),
        [f" waiting {number(pace.waiting)}   {oldest}   running {number(jobs['processing'])}   ", workers],
        [f" {rate:<8}", (bars, "busy"), f"  {left}"],
    ]


def _links(data: Dashboard, width: int) -> list[Line]:
    lines: list[Line] = [Rule("DataCite")]
    for link in data.links:
        lines.append([f" {fit(_address(link), min(width - 34, 60))}  ", _state(link, data)])
    if not data.links:
        lines.append((" nothing was sent yet", "quiet"))
    return lines


def _address(link: ServiceLink) -> str:
    """`DOIs    ABCD.REPO at api.datacite.org`."""
    kind, url, account = [*link.name.split(" "), "", ""][:3]
    return f"{KINDS.get(kind, kind):<6}  {account.upper() or '-'} at {url.partition('://')[2]}"


def _state(link: ServiceLink, data: Dashboard) -> state_symbols.Cell:
    if link.state == "out":
        return f"OUT since {ago(link.until, data.now)}", "bad"
    if link.state == "refused":
        return f"REFUSED since {ago(link.until, data.now)}", "bad"
    if link.state == "paused":
        assert link.until is not None
        return f"PAUSED by DataCite for {span(link.until - data.now)}", "warn"
    took = f"  {link.milliseconds} ms" if link.milliseconds is not None else ""
    faults = f"  {link.faulty} of {link.requests} failed" if link.faulty else ""
    return (
        (f"SLOWED{took}{faults}", "warn")
        if link.state == "slowed"
        else (f"OK{took}{faults}", "warn" if faults else "good")
    )


def _newest(data: Dashboard, width: int) -> list[Line]:
    lines: list[Line] = [Rule("Newest DOIs")]
    for row in data.newest:
        status, tone = state_symbols.doi(row.status)
        sign = fit(status, 12) if width >= 60 else status[0]  # what the signs mean stands below
        room = max(width - len(sign) - 17, 20)
        lines.append([" ", (sign, tone), f" {fit(row.doi, room)}  {minute(row.minted_at)[5:]}"])
    if not data.newest:
        lines += ["", " No DOI yet. 5 shows what can be minted."]
    return lines


def _all_well(data: Dashboard) -> tuple[str, ...]:
    if data.overview["dois"]["total"] or data.overview["repositories"]:
        return ("No problems found.",)
    return (
        "There is no repository yet, so nothing can be minted.",
        "",
        "  doitui repository set CODE --prefix 10.NNNN --account ABCD.REPO …",
        "  doitui record import FILE …",
    )


SCREEN = DashboardScreen

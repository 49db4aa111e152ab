"""The overview: counts, rates, the services of DataCite, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from doitui.tui import state_symbols
from doitui.tui.acts.activity_lines import activity_lines
from doitui.tui.acts.queue_acts import QueueActs
from doitui.tui.screens.section import Section
from doitui.tui.text import ago, bar, fit, minute, number, plural, span, spark
from doitui.tui.widgets.lines import Line, Lines, Rule
from doitui.tui.widgets.window_table import Column, Row, WindowTable
from doitui_core.db import audit
from doitui_core.domain.job_kinds import Service
from doitui_core.queue import rate_limit
from doitui_core.views import dashboard
from doitui_core.views.dashboard import Alert, Dashboard, ServiceLink

#: Counts in the order they are shown; those in the second line are marks.
STATES = ("findable", "registered", "draft", "reserved", "tombstone")
MARKS = ("pending", "failed", "uncertain", "changed")

#: What goes to which service, by the first word of its name.
KINDS = {"rest": "DOIs"}

#: Actions shown as recent activity.
ACTIVITY = 12


class DashboardScreen(QueueActs, Section):
    """What needs attention, the queue, DataCite and the newest DOIs."""

    id_ = "dashboard"
    about: ClassVar = (
        "How many DOIs are in which state, how the queue moves, whether DataCite can be reached, and everything that "
        "waits for a person, worst first: enter opens it, C retries failed jobs of that cause group.",
        "",
        "The pace is that of the last five minutes; the small chart has a bar for each minute of the last hour.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.data: Dashboard | None = None

    def body(self) -> Iterable[Widget]:
        """The widgets below the top bar, top to bottom."""
        with Horizontal(classes="row"):
            with Vertical(id="main"):
                yield Lines(id="counts")
                yield Lines(id="alerts-head")
                yield WindowTable(self.columns, id="alerts", row_id=itemgetter("id"))
                yield Lines(id="alert")
                yield Lines(id="newest-below")
                yield Lines(id="activity")
            yield Lines(id="newest", classes="side")

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        return [
            Column("", 4, lambda row: state_symbols.CHECK[row["alert"].level]),
            Column("HOW MANY", 8, lambda row: _how_many(row["alert"]), right=True),
            Column("NEEDS ATTENTION", 0, lambda row: row["alert"].what),
            Column("WHAT TO DO", 34 if width >= 100 else 28, lambda row: row["alert"].advice, least=70),
        ]

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""
        self.read("dashboard", dashboard.load, self.show, self.pane("counts"))
        pane = self.pane("activity")
        if pane.display:
            self.read(
                "activity",
                lambda: audit.newest(ACTIVITY),
                lambda rows: pane.show(_activity(rows, pane.size.width)),
                pane,
            )

    def on_lines_laid_out(self) -> None:
        """Some lines are as long as there is room."""
        if self.data is not None:
            self.show(self.data)

    def show(self, data: Dashboard) -> None:
        """Show what was read."""
        self.data = data
        width = self.query_one("#main").size.width
        self.pane("counts").show([*_counts(data, width), *_work(data, width), *_links(data, width)])
        self.pane("alerts-head").show([Rule(f"Needs attention ({len(data.alerts)})")])
        self.table.note = ("", *_no_problems(data))
        self.table.cache.fixed([{"id": (alert.leads_to, alert.what), "alert": alert} for alert in data.alerts])
        self._show_alert()
        self.pane("newest-below").show(_newest(data, width))
        side = self.pane("newest")
        side.show([*_newest(data, side.size.width), "", *_shares(data, side.size.width)])

    @property
    def alert(self) -> Alert | None:
        """The alert under the cursor."""
        return self.table.row["alert"] if self.table.row else None

    def on_window_table_moved(self) -> None:
        """The cursor moved: show details of its row."""
        self._show_alert()

    def _show_alert(self) -> None:
        """Show the alert under the cursor in full: its columns cut it."""
        text = ""
        if alert := self.alert:
            text = f"{_how_many(alert)} {alert.what}: {alert.advice}{alert.command and f': {alert.command}'}"
        self.pane("alert").show([(f" {text.lstrip()}", "quiet")] if text else [])

    def open_row(self, row: Row) -> None:
        """Open the list that the alert is about."""
        self.doitui.show_list(*row["alert"].leads_to)

    def repository_here(self) -> str:
        """Code of the repository under the cursor; empty: none."""
        return self.alert.repository if self.alert is not None else ""

    def act_retry_cause(self) -> None:
        """Ask, then requeue all failed jobs of the cause group under the cursor."""
        if (alert := self.alert) is None or not alert.cause:
            self.doitui.say("move the cursor to failed jobs: C requeues those of one cause group", bad=True)
        else:
            self.propose_cause(alert.cause)


def _how_many(alert: Alert) -> str:
    return number(alert.number) if alert.number else ""


def _shares(data: Dashboard, width: int) -> list[Line]:
    """What part of all DOIs is in which state."""
    dois = data.overview["dois"]
    room = max(width - 33, 4)
    lines: list[Line] = [Rule("DOIs by state")]
    for state in STATES:
        share = f"{100 * dois[state] / dois['total']:.1f}%" if dois["total"] else "-"
        text = f" {state_symbols.DOI[state][0]} {state:<10} {number(dois[state]):>10} {share:>6}  "
        lines.append([text, (bar(dois[state], dois["total"], room), "busy")])
    return lines


def _activity(rows: list[audit.Row], width: int) -> list[Line]:
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
    """`parts` in as few lines as have room for them, none of them cut."""
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
    links = (link for link in data.links if rate_limit.service_of(link.name) is Service.DOIS)
    blocked = any(link.state in ("out", "paused") for link in links)
    left = f"empty in {span(pace.left)}" if pace.left is not None and not blocked else ""
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
    if link.state in ("out", "refused"):
        return f"{link.state.upper()} since {ago(link.until, data.now)}", "bad"
    if link.state == "off":
        return "kept, not sent (no right to write)", "quiet"
    if link.state == "paused":
        assert link.until is not None
        return f"PAUSED by DataCite for {span(link.until - data.now)}", "warn"
    took = f"  {link.milliseconds} ms" if link.milliseconds is not None else ""
    faults = f"  {link.faulty} of {link.requests} failed" if link.faulty else ""
    slowed = link.state == "slowed"
    return f"{'SLOWED' if slowed else 'OK'}{took}{faults}", "warn" if slowed or faults else "good"


def _newest(data: Dashboard, width: int) -> list[Line]:
    lines: list[Line] = [Rule("Newest DOIs")]
    for row in data.newest:
        status, tone = state_symbols.doi(row.status)
        sign = fit(status, 12) if width >= 60 else status[0]  # the list of states below explains the signs
        room = max(width - len(sign) - 17, 20)
        lines.append([" ", (sign, tone), f" {fit(row.doi, room)}  {minute(row.minted_at)[5:]}"])
    if not data.newest:
        lines += ["", " No DOI yet. 5 shows what can be minted."]
    return lines


def _no_problems(data: Dashboard) -> tuple[str, ...]:
    if data.overview["dois"]["total"] or data.overview["repositories"]:
        return ("No problems found.",)
    return (
        "There is no repository yet, so nothing can be minted.",
        "",
        "  doitui repository set CODE --prefix 10.NNNN --account ABCD.REPO …",
        "  doitui record import FILE …",
    )


SCREEN = DashboardScreen

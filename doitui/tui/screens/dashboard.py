"""The first look: how many, how fast, is DataCite there, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from doitui.tui import keys, shapes
from doitui.tui.acts import told
from doitui.tui.queue_acts import QueueActs
from doitui.tui.screens.section import Section
from doitui.tui.text import ago, bar, counted, fit, minute, number, span, spark
from doitui.tui.widgets.lines import Line, Lines, Rule
from doitui.tui.widgets.window_table import Column, WindowTable
from doitui_core import audit, panels, upstream
from doitui_core.jobs import Lane
from doitui_core.panels import Board, Link, Need
from doitui_core.windows import Row

#: Counts in the order they are told; those in the second line are marks.
STATES = ("findable", "registered", "draft", "reserved", "tombstone")
MARKS = ("pending", "failed", "uncertain", "changed")

#: What goes to which service, by the first word of its name.
KINDS = {"rest": "DOIs"}

#: Acts that are shown.
ACTS = 12


class DashboardScreen(QueueActs, Section):
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
        self.board: Board | None = None

    def body(self) -> Iterable[Widget]:
        with Horizontal(classes="row"):
            with Vertical(id="main"):
                yield Lines(id="counts")
                yield Lines(id="needs-head")
                yield WindowTable(self.columns, id="needs")
                yield Lines(id="need")
                yield Lines(id="newest-below")
                yield Lines(id="acts")
            yield Lines(id="newest", classes="beside")

    def on_mount(self) -> None:
        self.query_one("#needs", WindowTable).focus()

    def columns(self, width: int) -> Sequence[Column]:
        shown = [
            Column("", 4, lambda row: shapes.CHECK[row["need"].level]),
            Column("HOW MANY", 8, lambda row: number(row["need"].number) if row["need"].number else "", right=True),
            Column("NEEDS ATTENTION", 0, lambda row: row["need"].what),
            Column("WHAT TO DO", 34 if width >= 100 else 28, lambda row: row["need"].advice),
        ]
        return shown if width >= 70 else shown[:3]

    def reload(self) -> None:
        self.doitui.quick.ask(
            "board", panels.board, self.show, lambda error: self.failed(self.query_one("#counts", Lines), error)
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

    def show(self, board: Board) -> None:
        self.board = board
        width = self.query_one("#main").size.width
        self.query_one("#counts", Lines).show([*_counts(board, width), *_work(board, width), *_links(board, width)])
        needs = self.query_one("#needs", WindowTable)
        self.query_one("#needs-head", Lines).show([Rule(f"Needs attention ({len(board.needs)})")])
        needs.say("", *_all_well(board))
        needs.stretch.fixed([{"id": (need.leads_to, need.what), "need": need} for need in board.needs])
        self._tell_need()
        below, beside = self.query_one("#newest-below", Lines), self.query_one("#newest", Lines)
        below.show(_newest(board, width))
        beside.show([*_newest(board, beside.size.width), "", *_shares(board, beside.size.width)])

    @property
    def need(self) -> Need | None:
        row = self.query_one("#needs", WindowTable).row
        return row["need"] if row else None

    def on_window_table_moved(self) -> None:
        self._tell_need()

    def _tell_need(self) -> None:
        """Cause and cure of the row under the cursor in full: its columns cut them."""
        need = self.need
        self.query_one("#need", Lines).show([(f" {need.what}: {need.advice}", "quiet")] if need else [])

    def on_window_table_entered(self, message: WindowTable.Entered) -> None:
        assert message.row is not None
        self.doitui.show_list(*message.row["need"].leads_to)

    def repository_here(self) -> str:
        return self.need.repository if self.need is not None else ""

    def act_retry_cause(self) -> None:
        if (need := self.need) is None or not need.cause:
            self.doitui.tell("put the cursor on jobs that failed: C puts back those of one cause", bad=True)
        else:
            self.propose_cause(need.cause)


def _shares(board: Board, width: int) -> list[Line]:
    """What part of all DOIs is in which state."""
    dois = board.overview["dois"]
    room = max(width - 33, 4)
    lines: list[Line] = [Rule("DOIs by state")]
    for state in STATES:
        share = f"{100 * dois[state] / dois['total']:.1f}%" if dois["total"] else "-"
        told = f" {shapes.DOI[state][0]} {state:<10} {number(dois[state]):>10} {share:>6}  "
        lines.append([told, (bar(dois[state], dois["total"], room), "busy")])
    return lines


def _acts(rows: list[Row], width: int) -> list[Line]:
    lines: list[Line] = [Rule("Last acts", "newest first"), *told(rows, width)]
    return lines if rows else [*lines, "", " Nothing was done yet."]


def _counts(board: Board, width: int) -> list[Line]:
    dois = board.overview["dois"]
    gap = " " * (2 if width < 96 else 3)
    parts = [(f" total {number(dois['total'])}", "strong")]
    parts += [(f"{gap}{shapes.DOI[state][0]} {state} {number(dois[state])}", shapes.DOI[state][1]) for state in STATES]
    marks: list[shapes.Cell] = [" "]
    for mark in MARKS:
        shape, tone = shapes.MARK[mark]
        marks.append((f"{shape} {mark} {number(dois[mark])}   ", tone if dois[mark] else "quiet"))
    return [Rule("DOIs"), *_folded(parts, width), marks]


def _folded(parts: list[shapes.Toned], width: int) -> list[Line]:
    """`parts` in as few lines as they fit in, none of them cut."""
    lines: list[list[shapes.Cell]] = [[]]
    used = 0
    for text, tone in parts:
        if used and used + len(text) > width:
            lines.append([])
            text, used = f" {text.lstrip()}", 0
        lines[-1].append((text, tone))
        used += len(text)
    return list(lines)


def _work(board: Board, width: int) -> list[Line]:
    pace, jobs = board.pace, board.overview["jobs"]
    oldest = f"oldest {ago(pace.oldest, board.now)}" if pace.oldest else "nothing waits"
    workers: shapes.Cell = counted(board.workers, "worker")
    if not board.workers:
        workers = ("no worker runs", "bad" if pace.waiting else "quiet")
    rate = f"{pace.rate:.0f}/min" if pace.rate else "0/min"
    held = any(link.state in ("out", "paused") for link in board.links if upstream.lane(link.name) is Lane.DOIS)
    left = f"empty in {span(pace.left)}" if pace.left is not None and not held else ""
    bars = spark([done or 0 for done in pace.minutes[-30 if width < 96 else -60 :]])
    return [
        Rule("Queue"),
        [f" waiting {number(pace.waiting)}   {oldest}   under way {number(jobs['processing'])}   ", workers],
        [f" {rate:<8}", (bars, "busy"), f"  {left}"],
    ]


def _links(board: Board, width: int) -> list[Line]:
    lines: list[Line] = [Rule("DataCite")]
    for link in board.links:
        lines.append([f" {fit(_address(link), min(width - 34, 60))}  ", _state(link, board)])
    if not board.links:
        lines.append((" nothing was sent yet", "quiet"))
    return lines


def _address(link: Link) -> str:
    """`DOIs    ABCD.REPO at api.datacite.org`."""
    kind, url, account = [*link.name.split(" "), "", ""][:3]
    return f"{KINDS.get(kind, kind):<6}  {account.upper() or '-'} at {url.partition('://')[2]}"


def _state(link: Link, board: Board) -> shapes.Cell:
    if link.state == "out":
        return f"OUT since {ago(link.until, board.now)}", "bad"
    if link.state == "refused":
        return f"REFUSED since {ago(link.until, board.now)}", "bad"
    if link.state == "paused":
        assert link.until is not None
        return f"PAUSED by DataCite for {span(link.until - board.now)}", "warn"
    took = f"  {link.milliseconds} ms" if link.milliseconds is not None else ""
    faults = f"  {link.faulty} of {link.requests} failed" if link.faulty else ""
    return (
        (f"SLOWED{took}{faults}", "warn")
        if link.state == "slowed"
        else (f"OK{took}{faults}", "warn" if faults else "good")
    )


def _newest(board: Board, width: int) -> list[Line]:
    lines: list[Line] = [Rule("Newest DOIs")]
    for row in board.newest:
        status, tone = shapes.doi(row["status"])
        sign = fit(status, 12) if width >= 60 else status[0]  # what the signs mean stands below
        room = max(width - len(sign) - 17, 20)
        lines.append([" ", (sign, tone), f" {fit(row['doi'], room)}  {minute(row['minted_at'])[5:]}"])
    if not board.newest:
        lines += ["", " No DOI yet. 5 shows what can be minted."]
    return lines


def _all_well(board: Board) -> tuple[str, ...]:
    if board.overview["dois"]["total"] or board.overview["repositories"]:
        return ("Nothing. All is well.",)
    return (
        "There is no repository yet, so nothing can be minted.",
        "",
        "  doitui repository set CODE --prefix 10.NNNN --account ABCD.REPO …",
        "  doitui record import FILE …",
    )


SCREEN = DashboardScreen

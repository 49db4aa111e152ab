"""The page of a DOI: its facts, its whole history, every request with its answer, its metadata, its jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from doitui.tui import keys, shapes
from doitui.tui.doi_acts import DoiActs
from doitui.tui.queue_acts import QueueActs
from doitui.tui.screens.section import Section
from doitui.tui.widgets.bars import StatusLine
from doitui.tui.widgets.lines import Line, Lines, Rule
from doitui.tui.widgets.tabs import Tabs
from doitui_core import pages
from doitui_core.pages import Page
from doitui_core.windows import Row, Window

TABS = ("Facts", "Log", "Requests", "Metadata", "Jobs")


class DoiScreen(DoiActs, QueueActs, Section):
    id_ = "doi"
    BINDINGS: ClassVar = keys.bindings("doi")
    about: ClassVar = (
        "Everything that is known of one DOI. [ and ] change the tab; { and } go to the DOI before and after it in the "
        "list it was opened from.",
        "",
        "  wanted        what people asked for            remote     what DataCite confirmed last",
        "  certainty     uncertain after a time-out, until a question has settled it",
        "  verification  two checks: DataCite's own answer, and where the resolver leads",
    )

    def __init__(self, doi_id: int, neighbours: Callable[[int], int | None] = lambda _: None) -> None:
        super().__init__()
        self.doi_id = doi_id
        self.tab = 0
        self.page: Page | None = None
        self._neighbours = neighbours

    def body(self) -> Iterable[Widget]:
        yield StatusLine(id="title")
        yield Tabs(id="tabs")
        with Horizontal(classes="row"):
            yield Lines(id="text")
            yield Lines(id="beside", classes="beside")

    def on_mount(self) -> None:
        self._tabs()
        self.query_one("#text", Lines).focus()

    def reload(self) -> None:
        number, text = self.doi_id, self.query_one("#text", Lines)
        self.doitui.quick.ask("page", lambda: pages.of(number), self.show, lambda error: self.failed(text, error))

    def show(self, page: Page, *, from_top: bool = False) -> None:
        if page.row["id"] != self.doi_id:
            return
        self.page = page
        row = page.row
        state, _ = shapes.doi(row["status"])
        self.query_one("#title", StatusLine).tell(f"DOIs > {row['doi']}", f"{state}  {' '.join(row['marks'])}")
        self._tabs()
        text, beside = self.query_one("#text", Lines), self.query_one("#beside", Lines)
        text.show(SHOWN[self.tab](page), from_top=from_top)
        beside.show(_log(page) if not self.tab else facts(page))

    def _tabs(self) -> None:
        page = self.page
        many = {1: len(page.log), 2: len(page.attempts), 4: len(page.jobs)} if page else {}
        words = [f"{tab} {many[at]}" if at in many else tab for at, tab in enumerate(TABS)]
        self.query_one("#tabs", Tabs).tell(words, self.tab)

    def act_tab_next(self) -> None:
        self._turn(1)

    def act_tab_before(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self.tab = (self.tab + by) % len(TABS)
        if self.page is not None:
            self.show(self.page, from_top=True)

    def act_row_next(self) -> None:
        self._go(1)

    def act_row_before(self) -> None:
        self._go(-1)

    def _go(self, by: int) -> None:
        found = self._neighbours(by)
        if found is None:
            self.doitui.tell("there is no other one in the list this page was opened from", bad=True)
            return
        self.doi_id = found
        self.query_one("#text", Lines).top = 0
        self.reload()

    def act_quit(self) -> None:
        self.app.pop_screen()

    def chosen_dois(self) -> list[Row] | tuple[Window, int]:
        return [self.page.row] if self.page is not None else []

    def act_retry(self) -> None:
        if self.page is not None:
            self.propose_retry(self.page.jobs)

    def act_copy(self) -> None:
        self._copy("")

    def act_copy_url(self) -> None:
        self._copy("https://doi.org/")

    def _copy(self, front: str) -> None:
        if self.page is not None:
            self.doitui.copy(front + self.page.row["doi"])


def facts(page: Page) -> list[Line]:
    row = page.row
    state, tone = shapes.doi(row["status"])
    checks = f"API {row['api_check']}, resolver {row['resolver_check']}"
    lines: list[Line] = [
        Rule("Facts"),
        _line("state", (state, tone)),
        _line("marks", shapes.marks(row["marks"]) if row["marks"] else "-"),
        _line("wanted", row["wanted"]),
        _line("remote", row["remote"]),
        _line("certainty", (row["certainty"], "warn") if row["certainty"] == "uncertain" else row["certainty"]),
        _line("verification", shapes.verification(row["verification"])),
        _line("", checks),
        _line("OPUS", row["opus"]),
    ]
    if row["last_error"]:
        lines += [_line("last error", (row["last_error"], "bad"))]
    lines += [
        Rule("Record"),
        _line("object id", row["object_id"] or "no record here"),
        _line("repository", row["repository"]),
        _line("title", row["title"] or "-"),
        _line("published", {True: "yes", False: "no", None: "-"}[page.published]),
        _line("leads to", row["url"] or "-"),
    ]
    if row["reason"]:
        lines += [_line("tombstone", row["reason"]), _line("successor", row["successor"] or "-")]
    lines += [
        Rule("Times"),
        _line("reserved", _time(row["created_at"])),
        _line("minted", _time(row["minted_at"])),
        _line("changed", _time(row["updated_at"])),
        _line("API asked", _time(row["api_checked_at"])),
        _line("resolver asked", _time(row["resolver_checked_at"])),
        Rule("Content"),
        _line("now", row["current_hash"][:16] or "-"),
        _line("sent", row["sent_hash"][:16] or "-"),
        _line("confirmed", row["confirmed_hash"][:16] or "-"),
    ]
    return lines


def _line(name: str, value: shapes.Cell) -> Line:
    return [(f" {name:<15}", "quiet"), value]


def _time(told: str | None) -> str:
    return told.replace("T", " ") if told else "-"


def _log(page: Page) -> list[Line]:
    lines: list[Line] = [Rule("Activity log", "newest first")]
    for entry in reversed(page.log):
        same = entry["from_status"] in ("", entry["to_status"])
        moved = entry["to_status"] if same else f"{entry['from_status']} > {entry['to_status']}"
        http = f"  HTTP {entry['http_status']}" if entry["http_status"] else ""
        lines.append([(f" {_time(entry['at'])}  ", "quiet"), (f"{entry['action']:<11}", "strong"), moved])
        lines.append((f"   by {entry['actor']}{http}", "quiet"))
        told = f"{entry['cause'].replace('_', ' ')}: {entry['detail']}" if entry["cause"] else entry["detail"]
        if told:
            lines.append((f"   {told}", "bad" if entry["cause"] else ""))
    return lines


def _requests(page: Page) -> list[Line]:
    lines: list[Line] = [Rule("Requests", "newest first")]
    if not page.attempts:
        return [*lines, "", " Nothing was ever sent for this DOI."]
    for entry in reversed(page.attempts):
        status = f"HTTP {entry['http_status']}" if entry["http_status"] else "no answer"
        tone = "good" if entry["outcome"] == "done" else "quiet" if not entry["outcome"] else "bad"
        event = f"  event {entry['event']}" if entry["event"] else ""
        lines += [
            "",
            [(f" {entry['method']} ", "strong"), f"{entry['target']}{event}"],
            [
                (f"   sent {_time(entry['sent_at'])}  ended {_time(entry['finished_at'])}  ", "quiet"),
                (status, tone),
                f"  {entry['outcome']}",
            ],
        ]
        if entry["cause"]:
            lines.append([("   cause    ", "quiet"), (entry["cause"], "bad")])
        if entry["response"]:
            lines.append([("   answered ", "quiet"), entry["response"]])
        if entry["sent"] is not None:
            lines += [("   sent:", "quiet"), *_document(entry["sent"], "   ")]
    return lines


def _metadata(page: Page) -> list[Line]:
    if page.metadata is None:
        return [Rule("Metadata"), "", " There is no record here that this DOI belongs to."]
    return [Rule("Metadata of the record"), *_document(page.metadata, " ")]


def _document(document: Any, indent: str) -> list[Line]:
    return [indent + line for line in json.dumps(document, ensure_ascii=False, indent=1).splitlines()]


def _jobs(page: Page) -> list[Line]:
    lines: list[Line] = [Rule("Jobs", "newest first")]
    if not page.jobs:
        return [*lines, "", " Nothing was ever queued for this DOI."]
    for row in page.jobs:
        state, tone = shapes.job(row["status"])
        tries = f"try {row['attempts']}/{row['max_attempts']}"
        lines.append(
            [
                f" {row['id']:>7}  {row['action']:<11}",
                (f"{state:<13}", tone),
                f"{tries:<10}{_time(row['scheduled_at'])}",
            ]
        )
        if row["last_error"]:
            lines.append([("          ", ""), (row["last_error"], "bad")])
    return lines


SHOWN = (facts, _log, _requests, _metadata, _jobs)

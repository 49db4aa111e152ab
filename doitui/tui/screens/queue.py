"""All jobs, a tab for each status: attempts, schedule, last error. What failed says why and can be put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from doitui.tui import state_symbols
from doitui.tui.acts.queue_acts import QueueActs
from doitui.tui.screens.list_section import ListSection, TabFields, error_lines
from doitui.tui.text import due, minute, span
from doitui.tui.widgets.lines import Line, labelled
from doitui.tui.widgets.window_table import Column
from doitui_core.clock import EPOCH
from doitui_core.notify import notices
from doitui_core.views import dashboard_counts, windows
from doitui_core.views.rows import JobRow
from doitui_core.views.windows import Window

#: Statuses that have a tab.
STATUSES = ("pending", "processing", "completed", "failed", "uncertain", "blocked")


class QueueScreen(QueueActs, ListSection):
    """The list of jobs."""

    id_ = "queue"
    list_name, noun, faulty = "jobs", "job", "status:failed"
    orders: ClassVar = (("number", True),)
    tabs: ClassVar[TabFields] = {"all": {}} | {status: {"status": status} for status in STATUSES}
    about: ClassVar = (
        "Everything that goes out to DataCite, newest first. [ and ] change the tab.",
        "",
        "  pending     waits, for its turn or for its next try",
        "  processing  in the hands of a worker",
        "  failed      its attempts are spent: R puts it back",
        "  blocked     the repository's set-up is wrong",
        "  uncertain   outcome unknown (timed out): being checked",
        "",
        "Filter: words of DOI or error; or fields: status: cause: action: repo: doi:",
    )

    def __init__(self) -> None:
        super().__init__()
        self._now = EPOCH

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        wide = width >= 90
        return [
            Column("JOB", 8 if wide else 7, lambda row: str(row.id), right=True),
            Column("STATUS", 12, lambda row: state_symbols.job(row.status)),
            Column("ACTION", 10 if wide else 8, lambda row: row.action, least=70),
            Column("TRY", 4, lambda row: f"{row.attempts}/{row.max_attempts}", right=True, least=70),
            Column("DUE", 7, self._due, right=True, least=90),
            Column("DOI", 28 if width < 110 else 32, lambda row: row.doi or ""),
            Column("WHY", 0, _why) if wide else Column("WHY, OR DUE", 0, self._in_short, least=70),
        ]

    def _in_short(self, row: JobRow) -> state_symbols.Cell:
        """The name of the cause; the line below the list has the whole error."""
        if row.status in ("failed", "blocked"):
            return row.cause.replace("_", " "), "bad"
        return self._due(row)

    def _due(self, row: JobRow) -> state_symbols.Cell:
        if row.status == "processing" and row.lease_until is not None:
            return ("lease!", "warn") if row.lease_until < self._now else ""
        return due(row.scheduled_at, self._now).removeprefix("in ") if row.status in ("pending", "uncertain") else ""

    def window(self) -> Window:
        """The rows to show, for the present filter and order."""
        return windows.jobs(self.filter, backwards=not self.reversed)

    def reload(self) -> None:
        """Read again what is shown, in a reader thread."""
        self._now = self.doitui.now()
        super().reload()
        self.read("tabs", dashboard_counts.jobs, self.show_tab_counts)

    def looked(self) -> None:
        """Update DUE, which counts from now."""
        self._now = self.doitui.now()
        self.table.repaint_cells()
        self.show_detail()

    def empty(self) -> tuple[str, ...]:
        """The lines shown when there is no row at all."""
        return ("Nothing was ever queued.", "", "5 mints records; `doitui batch mint --all` does the same.")

    def detail_lines(self, row: JobRow) -> list[Line]:
        """The side pane's lines about `row`."""
        return about_job(row, self._now)

    def open_row(self, row: JobRow) -> None:
        """Open the page of the job's DOI."""
        self.doitui.show_doi_of_job(row.id)

    def act_retry(self) -> None:
        """Ask, then requeue the chosen rows with new attempts."""
        if self.all_matching:
            self.propose_matching("Retry", self.window(), self.table.cache.whole, "doitui queue retry ID…")
        else:
            self.propose_retry(self.table.chosen())

    def act_cancel(self) -> None:
        """Ask, then cancel the chosen jobs."""
        if self.all_matching:
            self.propose_matching("Cancel", self.window(), self.table.cache.whole, "doitui queue cancel ID…")
        else:
            self.propose_cancel(self.table.chosen())

    def act_retry_cause(self) -> None:
        """Ask, then requeue all failed jobs of the cause group under the cursor; blocked ones by their cause."""
        row = self.table.row
        if row is None or not (row.cause or row.cause_group) or row.status not in ("failed", "blocked"):
            self.doitui.say("move the cursor to a failed job: C requeues its cause group", bad=True)
            return
        self.propose_cause(row.cause_group if row.status == "failed" else row.cause)

    def repository_here(self) -> str:
        """Code of the repository under the cursor; empty: none."""
        return str(self.table.row.repository) if self.table.row is not None else ""


def _why(row: JobRow) -> state_symbols.Cell:
    if row.last_error:
        return row.last_error, "bad" if row.status in ("failed", "blocked") else "quiet"
    return row.title or row.object_id or ""


def about_job(row: JobRow, now: datetime) -> list[Line]:
    """All that is known of a job, as lines."""
    state, waits = row.status, row.status in ("pending", "uncertain")
    left = span(row.lease_until - now) if row.lease_until is not None and row.lease_until > now else "run out"
    advice = notices.ADVICE.get(row.cause) if row.last_error else None
    facts = {
        "DOI": row.doi or "-",
        "record": f"{row.object_id or '-'} in {row.repository}",
        "title": row.title or "-",
        "requested by": row.actor,
        "queued": minute(row.created_at),
        "due": f"{due(row.scheduled_at, now)}  ({minute(row.scheduled_at)})" if waits else None,
        "worker": row.worker if state == "processing" else None,
        "lease": left if state == "processing" else None,
        "cause group": row.cause_group if state == "failed" else None,
        "finished": minute(row.finished_at) if row.finished_at is not None else None,
    }
    return [
        (f"job {row.id}: {row.action}", "strong"),
        [state_symbols.job(state), f"   try {row.attempts} of {row.max_attempts}"],
        "",
        *labelled(facts, 13),
        *error_lines(row.cause, row.last_error),
        *(["", *labelled({"to do": advice}, 13)] if advice else []),
    ]


SCREEN = QueueScreen

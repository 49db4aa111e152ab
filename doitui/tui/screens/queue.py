"""All jobs, a tab for each status: attempts, schedule, last error. What failed says why and can be put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from doitui.tui import state_symbols
from doitui.tui.acts import keys
from doitui.tui.acts.queue_acts import QueueActs
from doitui.tui.screens.list_section import ListSection, TabFields
from doitui.tui.text import due, minute, span
from doitui.tui.widgets.lines import Line
from doitui.tui.widgets.window_table import Column, WindowTable
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
    BINDINGS: ClassVar = keys.bindings("queue")
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
        job = Column("JOB", 7 if width < 90 else 8, lambda row: str(row.id), right=True)
        status = Column("STATUS", 12, lambda row: state_symbols.job(row.status))
        tries = Column("TRY", 4, lambda row: f"{row.attempts}/{row.max_attempts}", right=True)
        doi = Column("DOI", 28 if width < 110 else 32, lambda row: row.doi or "")
        if width < 70:
            return [job, status, doi]
        if width < 90:
            action = Column("ACTION", 8, lambda row: row.action)
            return [job, status, action, tries, doi, Column("WHY, OR DUE", 0, self._in_short)]
        action = Column("ACTION", 10, lambda row: row.action)
        return [job, status, action, tries, Column("DUE", 7, self._due, right=True), doi, Column("WHY", 0, _why)]

    def _in_short(self, row: JobRow) -> state_symbols.Cell:
        """The cause by its name; the whole of it stands in the line below."""
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
        self.count_tabs(dashboard_counts.jobs)

    def looked(self) -> None:
        """A look at the database is over: DUE counts from now."""
        self._now = self.doitui.now()
        self.table.repaint_cells()
        self.show_detail()

    def empty(self) -> tuple[str, ...]:
        """The lines shown when there is no row at all."""
        return ("Nothing was ever queued.", "", "5 mints records; `doitui batch mint --all` does the same.")

    def detail_lines(self, row: JobRow) -> list[Line]:
        """The side pane's lines about `row`."""
        return about_job(row, self._now)

    def on_window_table_entered(self, message: WindowTable.Entered) -> None:
        """Enter was pressed on a row: open it."""
        assert message.row is not None
        self.doitui.show_doi_of_job(message.row.id)

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
        """Ask, then requeue all failed jobs with the cause under the cursor."""
        row = self.table.row
        if row is None or not row.cause or row.status not in ("failed", "blocked"):
            self.doitui.say("move the cursor to a failed job: C requeues all with its cause", bad=True)
            return
        self.propose_cause(row.cause)

    def repository_here(self) -> str:
        """Code of the repository under the cursor; empty: none."""
        return str(self.table.row.repository) if self.table.row is not None else ""


def _why(row: JobRow) -> state_symbols.Cell:
    if row.last_error:
        return row.last_error, "bad" if row.status in ("failed", "blocked") else "quiet"
    return row.title or row.object_id or ""


def about_job(row: JobRow, now: datetime) -> list[Line]:
    """All that is known of a job, to read beside the list."""
    state, tone = state_symbols.job(row.status)
    waits = row.status in ("pending", "uncertain")
    lines: list[Line] = [
        (f"job {row.id}: {row.action}", "strong"),
        [(state, tone), f"   try {row.attempts} of {row.max_attempts}"],
        "",
        [("DOI       ", "quiet"), row.doi or "-"],
        [("record    ", "quiet"), f"{row.object_id or '-'} in {row.repository}"],
        [("title     ", "quiet"), row.title or "-"],
        [("asked by  ", "quiet"), row.actor],
        [("queued    ", "quiet"), minute(row.created_at)],
    ]
    if waits:
        lines.append([("due       ", "quiet"), f"{due(row.scheduled_at, now)}  ({minute(row.scheduled_at)})"])
    if row.status == "processing":
        left = span(row.lease_until - now) if row.lease_until is not None and row.lease_until > now else "run out"
        lines += [[("worker    ", "quiet"), row.worker], [("lease     ", "quiet"), left]]
    if row.finished_at is not None:
        lines.append([("ended     ", "quiet"), minute(row.finished_at)])
    if row.last_error:
        advice = notices.ADVICE.get(row.cause)
        lines += ["", (f"Last error  {row.cause.replace('_', ' ')}", "head"), row.last_error]
        lines += ["", [("to do     ", "quiet"), advice]] if advice else []
    return lines


SCREEN = QueueScreen

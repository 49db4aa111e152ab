"""What can be done to jobs: retry by id, by cause, or all that match; cancel; pause and resume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from doitui.tui.actions import MANY
from doitui.tui.acts.plans import ActResult, Answers, Plan, Progress, Run, each, gather, refuse_another, with_digest
from doitui.tui.text import number, plural
from doitui.tui.widgets.lines import Line
from doitui_core.config import repositories
from doitui_core.db.models import Job, Repository
from doitui_core.queue import blocking, jobs
from doitui_core.text import list_names
from doitui_core.views.rows import JobRow
from doitui_core.views.windows import Window

if TYPE_CHECKING:
    from doitui.tui.host import Host

#: Jobs named in a question before the rest is only counted.
NAMED = 6


class QueueActs:
    """For screens with jobs. Whoever mixes it in is a `Section`."""

    doitui: Host

    def propose_retry(self, rows: list[JobRow]) -> None:
        """Put these jobs back."""
        ids = [row.id for row in rows if row.status in jobs.RETRYABLE]
        if not ids:
            self.doitui.say("nothing to retry: only failed and blocked jobs can be put back", bad=True)
            return

        def run(_: Answers, course: Progress) -> ActResult:
            course.whole = len(ids)
            back = set(jobs.retry(ids=ids, actor=self.doitui.operator, step=course.step))
            missed = [
                (f"job {one}", "is not failed or blocked any more") for one in ids[: course.done] if one not in back
            ]
            return self._retried(sorted(back), missed)

        command = f"doitui queue retry {_few(ids)}"
        lines = [*_first(rows), "", "They get new attempts and go out again at once. Their history stays."]
        self.propose("Retry", plural(len(ids), "job"), lines, command, run, 2 if len(ids) > 1 else 1, len(ids))

    def _retried(self, back: list[int], missed: Sequence[tuple[str, str]] = ()) -> ActResult:
        return with_digest(
            ActResult(len(back), list(missed), job_ids=back), "DOI retry", self.doitui.operator, retry=True
        )

    def propose_matching(self, verb: str, window: Window, expected: int, command: str) -> None:
        """`verb` every job of `window`; refused when it has become another number meanwhile."""

        def run(_: Answers, course: Progress) -> ActResult:
            if verb == "Retry":
                ids = gather(course, window, expected, Job.status.in_(jobs.as_literals(jobs.RETRYABLE)))
                return self._retried(jobs.retry(ids=ids, actor=self.doitui.operator, step=course.step))
            return _cancel(gather(course, window, expected), self.doitui.operator, course)

        lines: list[Line] = [
            "All jobs that match the filter.",
            "Cancelled if the count changes first.",
        ]
        self.propose(verb, plural(expected, "job"), lines, command, run, 3, expected)

    def propose_cause(self, cause: str) -> None:
        """Put back every job that failed or is blocked for `cause`."""

        def count() -> int:
            return int(jobs.retryable(cause=cause).count())

        def ask(expected: int) -> None:
            def run(_: Answers, course: Progress) -> ActResult:
                refuse_another(count(), expected)
                course.whole = expected
                return self._retried(jobs.retry(cause=cause, actor=self.doitui.operator, step=course.step))

            lines: list[Line] = [f"All that failed or are blocked with the cause `{cause}` get new attempts."]
            what, command = f"{plural(expected, 'job')} ({cause})", f"doitui queue retry --cause {cause}"
            self.propose("Retry", what, lines, command, run, 2, expected)

        self.doitui.slow.ask("cause", count, ask, self.doitui.lost)

    def propose_cancel(self, rows: list[JobRow]) -> None:
        """Ask, then cancel those of `rows` that can be cancelled."""
        rows = [row for row in rows if row.status in jobs.CANCELLABLE]
        if not rows:
            self.doitui.say("nothing to cancel: only pending, blocked and failed jobs can be given up", bad=True)
            return
        lines = [*_first(rows), "", "The target state of each goes back to its DataCite state."]
        ids = [row.id for row in rows]

        def run(_: Answers, course: Progress) -> ActResult:
            return _cancel(ids, self.doitui.operator, course)

        self.propose("Cancel", plural(len(ids), "job"), lines, f"doitui queue cancel {_few(ids)}", run, 2, len(ids))

    def propose(self, verb: str, what: str, lines: list[Line], command: str, run: Run, level: int, many: int) -> None:
        """Ask; more than a few are asked about as if it were for ever."""
        level = 3 if many > MANY else level
        typed = str(many) if level == 3 else ""
        self.doitui.acting.propose(Plan(verb, what, lines, command, run, level, typed, slow=many > MANY))

    def repository_here(self) -> str:
        """The code of the repository the cursor is about; empty for none."""
        return ""

    def act_pause_queue(self) -> None:
        """Pause the repository under the cursor, or all; or let them send again, if all of these are paused."""
        here = self.repository_here()

        def found(rows: list[Repository]) -> None:
            chosen = [row for row in rows if row.code == here] or rows
            if not chosen:
                self.doitui.say("there is no repository yet", bad=True)
                return
            paused = not all(row.paused for row in chosen)
            verb = "Pause" if paused else "Resume"
            told = "Running jobs finish; queued jobs stay queued." if paused else "Queued jobs are sent again."

            def run(_: Answers, __: Progress) -> ActResult:
                for row in chosen:
                    blocking.pause(row, paused, actor=self.doitui.operator)
                return ActResult(len(chosen))

            one = f" --repository {chosen[0].code}" if len(chosen) < len(rows) else ""
            what = f"sending for {', '.join(row.code for row in chosen)}"
            self.doitui.acting.propose(Plan(verb, what, [told], f"doitui queue {verb.lower()}{one}", run, 1))

        self.doitui.quick.ask("pause", repositories.all_repositories, found, self.doitui.lost)


def _first(rows: list[JobRow]) -> list[Line]:
    """The first few by number and DOI."""
    lines: list[Line] = [f"  {row.id:>7}  {row.action:<10} {row.doi}" for row in rows[:NAMED]]
    return lines + [f"  … and {number(len(rows) - NAMED)} more"] * (len(rows) > NAMED)


def _few(ids: list[int]) -> str:
    return list_names(list(map(str, ids)), 8, " ")


def _cancel(ids: Sequence[int], operator: str, course: Progress) -> ActResult:
    from doitui_core.dois import targets  # 0.3 s that only whoever cancels waits for

    course.whole = len(ids)
    jobs = ((f"job {number}", number) for number in ids)
    return each(course, jobs, lambda number: targets.cancel(number, actor=operator))

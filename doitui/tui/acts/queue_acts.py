"""What a user can do to jobs: retry by id, by cause, or all that match; cancel; pause and resume."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from doitui.tui.acts import plans
from doitui.tui.acts.plans import ActResult, Answers, Plan, Progress, few, gather
from doitui.tui.text import number, plural
from doitui.tui.widgets.lines import Line
from doitui_core.config import repositories
from doitui_core.db.models import Job, Repository
from doitui_core.domain import cause_groups
from doitui_core.queue import blocking, jobs
from doitui_core.views.rows import JobRow
from doitui_core.views.windows import Window

if TYPE_CHECKING:
    from doitui.tui.host import Host

#: Jobs that are listed in a dialog; the others are only counted.
NAMED = 6


class QueueActs:
    """A mixin for every `Section` with jobs."""

    doitui: Host

    def propose_retry(self, rows: list[JobRow]) -> None:
        """Ask, then requeue those of `rows` that can be retried."""
        if rows := [row for row in rows if row.status in jobs.RETRYABLE]:
            effect = "They get new attempts and go out again at once. Their history stays."
            self._propose_jobs("Retry", rows, effect, 2 if len(rows) > 1 else 1)
        else:
            self.doitui.say("nothing to retry: only failed and blocked jobs can be retried", bad=True)

    def propose_cancel(self, rows: list[JobRow]) -> None:
        """Ask, then cancel those of `rows` that can be cancelled."""
        if rows := [row for row in rows if row.status in jobs.CANCELLABLE]:
            self._propose_jobs("Cancel", rows, "The target state of each goes back to its DataCite state.", 2)
        else:
            self.doitui.say("nothing to cancel: only pending, blocked and failed jobs can be cancelled", bad=True)

    def _propose_jobs(self, verb: str, rows: list[JobRow], effect: str, level: int) -> None:
        def run(_: Answers, progress: Progress) -> ActResult:
            return self._do(verb, ids, progress)

        ids = [row.id for row in rows]
        lines: list[Line] = [f"  {row.id:>7}  {row.action:<10} {row.doi}" for row in rows[:NAMED]]
        lines += [f"  … and {number(len(rows) - NAMED)} more"] * (len(rows) > NAMED)
        what, command = plural(len(ids), "job"), f"doitui queue {verb.lower()} {few(ids)}"
        self.doitui.acting.propose(Plan(verb, what, [*lines, "", effect], command, run, level, len(ids)))

    def propose_matching(self, verb: str, window: Window, expected: int, command: str) -> None:
        """Ask, then `verb` (Retry or Cancel) every job of `window`; refused if it no longer has `expected` rows."""

        def run(_: Answers, progress: Progress) -> ActResult:
            only = Job.status.in_(jobs.as_literals(jobs.RETRYABLE)) if verb == "Retry" else None
            return self._do(verb, gather(progress, window, expected, only), progress)

        lines = ["All jobs that match the filter.", "Cancelled if the count changes first."]
        self.doitui.acting.propose(Plan(verb, plural(expected, "job"), lines, command, run, 3, expected))

    def propose_cause(self, cause: str) -> None:
        """Ask, then requeue every job that failed or is blocked with `cause`, or that is in that cause group."""

        def count() -> int:
            return int(jobs.retryable(cause=cause).count())

        def ask(expected: int) -> None:
            def run(_: Answers, progress: Progress) -> ActResult:
                plans.check_count(count(), expected)
                progress.whole = expected
                ids = jobs.retry(cause=cause, actor=self.doitui.operator, step=progress.step)
                return self._retried(ActResult(len(ids), ids=ids))

            lines = [f"All jobs of the cause group `{cause}` get new attempts."]
            if not cause_groups.is_name(cause):
                lines = [f"All that failed or are blocked with the cause `{cause}` get new attempts."]
            what, command = f"{plural(expected, 'job')} ({cause})", f"doitui queue retry --cause {cause}"
            self.doitui.acting.propose(Plan("Retry", what, lines, command, run, 2, expected))

        self.doitui.slow.ask("cause", count, ask, self.doitui.lost)

    def _do(self, verb: str, ids: Sequence[int], progress: Progress) -> ActResult:
        from doitui_core.dois import targets  # takes 0.3 s, needed only here

        if verb == "Retry":
            return self._retried(plans.retry_each("job", jobs.retry, ids, self.doitui.operator, progress))
        progress.whole = len(ids)
        named = ((f"job {number}", number) for number in ids)
        return plans.each(progress, named, partial(targets.cancel, actor=self.doitui.operator))

    def _retried(self, result: ActResult) -> ActResult:
        return plans.with_digest(result, "DOI retry", self.doitui.operator, retry=True)

    def repository_here(self) -> str:
        """The code of the repository of the row under the cursor; empty for none."""
        return ""

    def act_pause_queue(self) -> None:
        """Ask, then pause sending for the repository under the cursor, or for all; resume if it is paused."""
        here = self.repository_here()

        def found(rows: list[Repository]) -> None:
            chosen = [row for row in rows if row.code == here] or rows
            if not chosen:
                self.doitui.say("there is no repository yet", bad=True)
                return
            pause = not all(row.paused for row in chosen)
            verb = "Pause" if pause else "Resume"
            line = "Running jobs finish; queued jobs stay queued." if pause else "Queued jobs are sent again."

            def run(_: Answers, __: Progress) -> ActResult:
                for row in chosen:
                    blocking.pause(row, pause, actor=self.doitui.operator)
                return ActResult(len(chosen))

            one = f" --repository {chosen[0].code}" if len(chosen) < len(rows) else ""
            what = f"sending for {', '.join(row.code for row in chosen)}"
            self.doitui.acting.propose(Plan(verb, what, [line], f"doitui queue {verb.lower()}{one}", run, 1))

        self.doitui.quick.ask("pause", repositories.all_repositories, found, self.doitui.lost)

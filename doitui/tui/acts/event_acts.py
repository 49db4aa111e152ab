"""What a user can do to events: retry, and send those that are due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from doitui.tui.acts.plans import ActResult, Answers, Plan, Progress, few, gather, retry_each
from doitui.tui.text import plural
from doitui_core.db.models import Event
from doitui_core.views.rows import EventRow
from doitui_core.views.windows import Window

if TYPE_CHECKING:
    from doitui.tui.host import Host

#: Events sent by one key press: at 30 a minute this takes two minutes.
AT_ONCE = 60


class EventActs:
    """A mixin for the `Section` with events."""

    doitui: Host

    def propose_retry(self, rows: list[EventRow]) -> None:
        """Ask, then requeue those of `rows` that failed."""
        ids = [row.id for row in rows if row.state == "failed"]
        if not ids:
            self.doitui.say("nothing to retry: only failed events can be retried", bad=True)
            return
        line = "They get new attempts and go out again under the same UUIDs, so nothing is doubled."
        self._propose_retry(line, few(ids), lambda _: ids, len(ids), 1)

    def propose_retry_matching(self, window: Window, expected: int) -> None:
        """Ask, then requeue every failed event of `window`; refused if it no longer has `expected` rows."""

        def find(progress: Progress) -> Sequence[int]:
            return gather(progress, window, expected, Event.state == "failed")

        line = "All failed events that match the filter get new attempts."
        self._propose_retry(line, "ID…", find, expected, 3)

    def _propose_retry(
        self, line: str, names: str, find: Callable[[Progress], Sequence[int]], many: int, level: int
    ) -> None:
        def run(_: Answers, progress: Progress) -> ActResult:
            from doitui_core.events import retrying

            return retry_each("event", retrying.retry, find(progress), self.doitui.operator, progress)

        plan = Plan("Retry", plural(many, "event"), [line], f"doitui event retry {names}", run, level, many)
        self.doitui.acting.propose(plan)

    def act_flush(self) -> None:
        """Ask, then send pending events now."""

        def run(_: Answers, progress: Progress) -> ActResult:
            from doitui_core.operations import flush_events

            summary = flush_events.flush(
                limit=AT_ONCE, actor=self.doitui.operator, stop=progress.halt, progress=lambda _: progress.step(1)
            )
            reasons = dict.fromkeys(out.message for out in (*summary.left.values(), *summary.blocked.values()))
            return ActResult(summary.outcomes["done"], [("events", reason) for reason in reasons])

        lines = [
            f"Up to {AT_ONCE} events that are due or have failed are sent now, within the rate limit.",
            "New usage counts become events first. You can keep using the screen.",
        ]
        plan = Plan("Flush", "events", lines, f"doitui event flush --limit {AT_ONCE}", run, 2, slow=True)
        self.doitui.acting.propose(plan)

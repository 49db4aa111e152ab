"""What can be done to events: retry, and send what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doitui.tui.actions import MANY
from doitui.tui.acts.plans import ActResult, Answers, Plan, Progress, Run, gather
from doitui.tui.text import plural
from doitui.tui.widgets.lines import Line
from doitui_core.db.models import Event
from doitui_core.text import list_names
from doitui_core.views.rows import EventRow
from doitui_core.views.windows import Window

if TYPE_CHECKING:
    from doitui.tui.host import Host

#: Events sent by one press of a key: at 30 a minute that is two minutes.
AT_ONCE = 60


class EventActs:
    """For the screen with events. Whoever mixes it in is a `Section`."""

    doitui: Host

    def propose_retry(self, rows: list[EventRow]) -> None:
        """Put these events back."""
        ids = [row.id for row in rows if row.state == "failed"]
        if not ids:
            self.doitui.say("nothing to retry: only failed events can be put back", bad=True)
            return

        def run(_: Answers, course: Progress) -> ActResult:
            from doitui_core.events import retrying

            course.whole = len(ids)
            back = set(retrying.retry(ids=ids, actor=self.doitui.operator, step=course.step))
            # Those that have not failed any more are no part of its course.
            reached = ids[: course.done] if course.stopped else ids
            return ActResult(
                len(back), [(f"event {one}", "has not failed any more") for one in reached if one not in back]
            )

        lines: list[Line] = ["They get new attempts and go out again under the same UUIDs, so nothing doubles."]
        few = list_names(list(map(str, ids)), 8, " ")
        self._ask("Retry", len(ids), lines, f"doitui event retry {few}", run, 1)

    def propose_retry_matching(self, window: Window, expected: int) -> None:
        """Put every failed event of `window` back; refused when it has become another number meanwhile."""

        def run(_: Answers, course: Progress) -> ActResult:
            from doitui_core.events import retrying

            ids = gather(course, window, expected, Event.state == "failed")
            # Without ids it would be all there are.
            return ActResult(len(retrying.retry(ids=ids, actor=self.doitui.operator, step=course.step)) if ids else 0)

        lines: list[Line] = ["All failed events that match the filter get new attempts."]
        self._ask("Retry", expected, lines, "doitui event retry ID…", run, 3)

    def act_flush(self) -> None:
        """Ask, then send pending events now."""

        def run(_: Answers, course: Progress) -> ActResult:
            from doitui_core.operations import flush_events

            summary = flush_events.flush(
                limit=AT_ONCE, actor=self.doitui.operator, stop=course.halt, progress=lambda _: course.step(1)
            )
            reasons = dict.fromkeys(out.message for out in (*summary.left.values(), *summary.blocked.values()))
            return ActResult(summary.outcomes["done"], [("events", reason) for reason in reasons])

        lines: list[Line] = [
            f"Up to {AT_ONCE} events that are due or have failed go out now, at the pace that is allowed.",
            "Usage that was counted since becomes events first. The screen can be used meanwhile.",
        ]
        plan = Plan("Flush", "events", lines, f"doitui event flush --limit {AT_ONCE}", run, 2, slow=True)
        self.doitui.acting.propose(plan)

    def _ask(self, verb: str, many: int, lines: list[Line], command: str, run: Run, level: int) -> None:
        level = 3 if many > MANY else level
        typed = str(many) if level == 3 else ""
        plan = Plan(verb, plural(many, "event"), lines, command, run, level, typed, slow=many > MANY)
        self.doitui.acting.propose(plan)

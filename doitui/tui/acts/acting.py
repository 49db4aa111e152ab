"""How an action runs: it is confirmed, runs in a thread, and its result is shown and logged. And what every screen can
do: help, palette, sections, quitting.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from doitui.tui import actions
from doitui.tui.acts.activity_lines import activity_lines
from doitui.tui.acts.dialogs import Dialog, Sheet
from doitui.tui.acts.plans import ActResult, Answers, Plan, Progress
from doitui.tui.text import harmless, number
from doitui.tui.widgets.lines import Line
from doitui_core.config import operators
from doitui_core.db import audit
from doitui_core.errors import Refused

if TYPE_CHECKING:
    from textual.timer import Timer

    from doitui.tui.data.store import ReaderThread
    from doitui.tui.host import Host

#: Actions of these screens in the log; actions of all users in it.
OWN_ACTIONS, ALL_ACTIONS = 100, 50

#: Seconds between two updates of the shown progress.
PROGRESS_INTERVAL = 0.5

#: Indents a line of the log below its time.
INDENT = ("           ", "")


class Acting:
    """Runs the actions of the app."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._log: deque[list[Line]] = deque(maxlen=OWN_ACTIONS)
        self._running: list[Progress] = []
        self._timer: Timer | None = None

    @property
    def status_text(self) -> str:
        """What is running, for the bottom line; empty for nothing."""
        progress = self._shown
        if progress is None or not progress.whole:
            return f"{len(self._running)} running" if self._running else ""
        done = f"{progress.verb} {number(progress.done)} of {number(progress.whole)}"
        more = f" and {len(self._running) - 1} more" if len(self._running) > 1 else ""
        return f"{done}{', stopping' if progress.stopped else ', x stops it'}{more}"

    @property
    def _shown(self) -> Progress | None:
        """Of the running actions the newest that is not stopped, and of these one with a known number of items."""
        return max(self._running[::-1], key=lambda progress: (not progress.stopped, progress.whole > 0), default=None)

    def propose(self, plan: Plan) -> None:
        """Ask, then run `plan` if the user confirms."""

        def answered(answers: Answers | None) -> None:
            if answers is not None:
                self._run(plan, answers)

        self._app.push_screen(Dialog(plan, self._app.environment), answered)

    def start(
        self,
        verb: str,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        thread: ReaderThread,
    ) -> Progress:
        """Do `work` in `thread`, then `done` with its result or `failed` with its error. Until then its progress is
        shown, and it can be stopped.
        """
        progress = Progress(verb)
        self._running.append(progress)
        self._timer = self._timer or self._app.set_interval(PROGRESS_INTERVAL, self._app.bars)

        def end(then: Callable[[Any], None], result: Any) -> None:
            self._running.remove(progress)
            if not self._running and self._timer is not None:
                self._timer.stop()
                self._timer = None
            self._app.bars()
            then(result)

        thread.ask(f"action {id(progress)}", lambda: work(progress), partial(end, done), partial(end, failed))
        self._app.bars()
        return progress

    def stop(self) -> None:
        """Stop every running action after its current item."""
        for progress in self._running:
            progress.halt.set()

    def _run(self, plan: Plan, answers: Answers) -> None:
        def failed(error: Exception) -> None:
            done = f"broke off after {number(progress.done)} of {number(progress.whole)}"
            message = f"{plan.title}: {done if progress.done else 'not done'}"
            self._end(plan, progress, ActResult(refused=[(plan.what, harmless(error))], message=message))

        def work(progress: Progress) -> ActResult:
            # Checked again: the user may have been removed from the operators since the screens were opened.
            operators.require(self._app.operator)
            if progress.stopped:
                raise Refused("stopped before it began")
            return plan.run(answers, progress)

        thread = self._app.slow_acts if plan.slow else self._app.acts
        progress = self.start(plan.verb, work, lambda result: self._end(plan, progress, result), failed, thread)

    def _end(self, plan: Plan, progress: Progress, result: ActResult) -> None:
        """Log and show the result, and refusals with their reasons."""
        sentence = result.sentence(plan.title, progress)
        entry: list[Line] = [[(f"{self._app.now():%H:%M:%SZ}  ", "quiet"), sentence], [INDENT, (plan.command, "quiet")]]
        self._log.appendleft([*entry, *([INDENT, (f"{what}: {why}", "bad")] for what, why in result.refused)])
        if result.refusals == 1 and not result.done and progress.whole <= 1:
            self._app.say(": ".join(result.refused[0]), bad=True)
        elif result.refused:
            refused: list[Line] = [[(f"{what}  ", "strong"), why] for what, why in result.refused]
            unlisted = result.refusals - len(result.refused)
            more = [f"… and {number(unlisted)} more"] * (unlisted > 0)
            self._app.push_screen(Sheet([(sentence, "strong"), "", *refused, *more]))
        else:
            self._app.say(sentence)
        self._app.reload()

    # What every screen can do

    def act_help(self) -> None:
        """Show the keys of this screen."""
        app = self._app
        about = app.shown_section.about if app.shown_section else ()
        lines: list[Line] = [("What is shown", "head"), *about, "", ("Keys", "head")]
        for action in (*app.MORE, *actions.for_screen(app.screen_name)):
            if not action.id.startswith("go_"):
                tone = "quiet" if app.refusal(action) else ""
                lines.append(_help_line(" ".join(action.key_names), action.name, action.help, tone))
        lines += [
            _help_line("1-7", "Sections", ", ".join(name for _, name, _ in actions.SECTIONS)),
            _help_line("tab", "Pane", "the next part of this screen"),
            _help_line("j k g G", "Move", "down, up, first, last; arrows and page keys too"),
            "",
            ("Signs", "head"),
            "  DOI    . reserved  ~ draft  - registered  + findable  x tombstone  _ abandoned",
            "  marks  !F failed  ?U uncertain  *C changed  >P pending",
            "  job    . pending  > processing  + completed  ! failed  ? uncertain  # blocked  x cancelled",
            "",
            "  With mouse support off (over SSH), or with shift held, the terminal selects text.",
        ]
        if not app.wants_write:
            lines += ["", ("This is read-only. `doitui tui --write` may change things.", "warn")]
        app.push_screen(Sheet(lines))

    def act_log(self) -> None:
        """Show recent activity: from these screens, then of all users."""
        none: list[list[Line]] = [["Nothing was done from here yet."]]
        entries = [line for entry in (list(self._log) or none) for line in entry]
        here: list[Line] = [("From these screens", "head"), "", *entries]

        def show(more: list[Line]) -> None:
            self._app.push_screen(Sheet([*here, *more]))

        def show_all(rows: list[audit.Row]) -> None:
            show(["", ("All activity, newest first", "head"), "", *activity_lines(rows)])

        self._app.quick.ask("log", lambda: audit.newest(ALL_ACTIONS), show_all, lambda _: show([]))

    def act_mouse(self) -> None:
        """Turn mouse support on or off."""
        self._app.say(self._app.toggle_mouse())

    def act_theme(self) -> None:
        """Change between colours and greys."""
        self._app.say(self._app.toggle_colours())

    def act_stop(self) -> None:
        """Stop the newest running action after its current item."""
        if (progress := self._shown) is None:
            self._app.say("no action is running", bad=True)
            return
        progress.halt.set()
        self._app.say(f"{progress.verb} stops after the current item; what is done stays done")
        self._app.bars()

    def act_palette(self) -> None:
        """Open the command palette."""
        self._app.action_command_palette()

    def act_pause(self) -> None:
        """Stop updating the screens, or continue."""
        app = self._app
        app.link = replace(app.link, paused=not app.link.paused)
        if not app.link.paused:
            app.reload()
        app.bars()

    def act_slower(self) -> None:
        """Read the database less often."""
        self._app.pace(1)

    def act_faster(self) -> None:
        """Read the database more often."""
        self._app.pace(-1)

    def act_quit(self) -> None:
        """Close the page, else go to the dashboard, else quit; not while an action is running."""
        app = self._app
        if len(app.screen_stack) > 1:
            app.pop_screen()
        elif app.current_mode != actions.ALL[0]:
            app.switch_mode(actions.ALL[0])
        elif self._running:
            app.say("an action is running: press q again when it has ended, or x to stop it", bad=True)
        else:
            app.exit(0)

    def __getattr__(self, name: str) -> object:
        """`act_go_SECTION`: show that section."""
        if name.startswith("act_go_"):
            return partial(self._app.switch_mode, name.removeprefix("act_go_"))
        raise AttributeError(name)


def _help_line(key: str, name: str, text: str, tone: str = "") -> Line:
    return [(f"  {key:<12}", "strong"), (f"{name:<13}", tone), (text, tone)]

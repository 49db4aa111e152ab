"""How an act goes: asked about, done in a thread of its own, told, kept for the log of this session. And what every
screen can do: help, palette, sections, leaving.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from doitui.tui import actions
from doitui.tui.acts import activity_lines
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

#: Acts that are remembered; acts of everybody that are shown.
REMEMBERED, EVERYBODY = 100, 50

#: Seconds between two looks at how far an act has come.
LOOKED_AT = 0.5


class Acting:
    """Belongs to the app."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._number = 0
        self._log: deque[list[Line]] = deque(maxlen=REMEMBERED)
        self._courses: list[Progress] = []
        self._timer: Timer | None = None

    @property
    def under_way(self) -> str:
        """What is being done this moment, for the last line; empty for nothing."""
        course = self._shown
        if course is None or not course.whole:
            return f"{len(self._courses)} running" if self._courses else ""
        how_far = f"{course.verb} {number(course.done)} of {number(course.whole)}"
        more = f" and {len(self._courses) - 1} more" if len(self._courses) > 1 else ""
        return f"{how_far}{', stopping' if course.stopped else ', x stops it'}{more}"

    @property
    def _shown(self) -> Progress | None:
        """The newest that goes on and says how far it is; else the newest that goes on, else the newest."""
        return max(self._courses[::-1], key=lambda course: (not course.stopped, course.whole > 0), default=None)

    def propose(self, plan: Plan) -> None:
        """Ask; and if it is wanted, do it."""

        def answered(answers: Answers | None) -> None:
            if answers is not None:
                self._do(plan, answers)

        self._app.push_screen(Dialog(plan, self._app.environment), answered)

    def start(
        self,
        verb: str,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        thread: ReaderThread,
    ) -> Progress:
        """Do `work` in the thread of `thread`, then `done` or `failed`. Until then it is told how far it has come, and
        it can be stopped.
        """
        course = Progress(verb)
        self._courses.append(course)
        self._number += 1
        self._timer = self._timer or self._app.set_interval(LOOKED_AT, self._app.bars)

        def end(then: Callable[[Any], None]) -> Callable[[Any], None]:
            def ended(found: Any) -> None:
                self._courses.remove(course)
                if not self._courses and self._timer is not None:
                    self._timer.stop()
                    self._timer = None
                self._app.bars()
                then(found)

            return ended

        thread.ask(str(self._number), lambda: work(course), end(done), end(failed))
        self._app.bars()
        return course

    def stop(self) -> None:
        """All of it, each after what is in hand."""
        for course in self._courses:
            course.halt.set()

    def _do(self, plan: Plan, answers: Answers) -> None:
        def failed(error: Exception) -> None:
            how_far = f"broke off after {number(course.done)} of {number(course.whole)}" if course.done else "not done"
            self._end(plan, course, ActResult(refused=[(plan.what, harmless(error))], said=f"{plan.title}: {how_far}"))

        def work(course: Progress) -> ActResult:
            # Asked again: somebody may have been taken off the list since these screens were opened.
            if why_not := operators.refusal(self._app.operator):
                raise Refused(why_not)
            if course.stopped:
                raise Refused("stopped before it began")
            return plan.run(answers, course)

        lane = self._app.slow_acts if plan.slow else self._app.acts
        course = self.start(plan.verb, work, lambda found: self._end(plan, course, found), failed, lane)

    def _end(self, plan: Plan, course: Progress, result: ActResult) -> None:
        """Tell how it came out, where it was asked for; what was refused is shown with its reasons."""
        sentence = result.sentence(plan.title, course)
        told: list[Line] = [
            [(f"{self._app.now():%H:%M:%SZ}  ", "quiet"), sentence],
            [("           ", ""), (plan.command, "quiet")],
        ]
        told += [[("           ", ""), (f"{what}: {why}", "bad")] for what, why in result.refused]
        self._log.appendleft(told)
        if result.refusals == 1 and not result.done and course.whole <= 1:
            self._app.say(f"{result.refused[0][0]}: {result.refused[0][1]}", bad=True)
        elif result.refused:
            refused: list[Line] = [[(f"{what}  ", "strong"), why] for what, why in result.refused]
            unnamed = result.refusals - len(result.refused)
            more = [f"… and {number(unnamed)} more"] * (unnamed > 0)
            self._app.push_screen(Sheet([(sentence, "strong"), "", *refused, *more]))
        else:
            self._app.say(sentence)
        self._app.reload()

    # What every screen can do

    def act_help(self) -> None:
        """Show the keys of this screen."""
        section = self._app.shown_section
        lines: list[Line] = [("What is shown", "head"), *(section.about if section else ()), "", ("Keys", "head")]
        for action in (*self._app.MORE, *actions.for_screen(self._app.screen_name)):
            if not action.id.startswith("go_"):
                key = action.key + (f" {actions.SIGNS.get(other, other)}" if (other := _second(action)) else "")
                why = self._app.refusal(action)
                lines.append(
                    [
                        (f"  {key:<12}", "strong"),
                        (f"{action.name:<13}", "quiet" if why else ""),
                        (action.help, "quiet" if why else ""),
                    ]
                )
        lines += [
            [(f"  {'1-7':<12}", "strong"), f"{'Sections':<13}", ", ".join(name for _, name, _ in actions.SECTIONS)],
            [(f"  {'tab':<12}", "strong"), f"{'Pane':<13}", "the next part of this screen"],
            [(f"  {'j k g G':<12}", "strong"), f"{'Move':<13}", "down, up, first, last; arrows and page keys too"],
            "",
            ("Signs", "head"),
            "  DOI    . reserved  ~ draft  - registered  + findable  x tombstone  _ abandoned",
            "  marks  !F failed  ?U uncertain  *C changed  >P pending",
            "  job    . pending  > processing  + completed  ! failed  ? uncertain  # blocked  x cancelled",
            "",
            "  With mouse support off (over SSH), or with shift held, the terminal selects text.",
        ]
        if not self._app.wants_write:
            lines += ["", ("This is read-only. `doitui tui --write` may change things.", "warn")]
        self._app.push_screen(Sheet(lines))

    def act_log(self) -> None:
        """Show recent activity: from these screens, then of all users."""
        none: list[list[Line]] = [["Nothing was done from here yet."]]
        entries = [line for entry in (list(self._log) or none) for line in entry]
        here: list[Line] = [("From these screens", "head"), "", *entries]

        def show(more: list[Line]) -> None:
            self._app.push_screen(Sheet([*here, *more]))

        def everybody(rows: list[audit.Row]) -> None:
            show(["", ("All activity, newest first", "head"), "", *activity_lines.activity_lines(rows)])

        self._app.quick.ask("log", lambda: audit.newest(EVERYBODY), everybody, lambda _: show([]))

    def act_mouse(self) -> None:
        """Turn mouse support on or off."""
        told = {
            True: "mouse support is on: hold Shift to select text in the terminal",
            False: "the mouse is the terminal's now",
            None: "this terminal has no mouse",
        }
        self._app.say(told[self._app.toggle_mouse()])

    def act_theme(self) -> None:
        """Change between colours and greys."""
        self._app.say(self._app.toggle_colours())

    def act_stop(self) -> None:
        """Stop the newest running action after its current item."""
        if (course := self._shown) is None:
            self._app.say("no action is running", bad=True)
            return
        course.halt.set()
        self._app.say(f"{course.verb} stops after what is in hand; what is done stays done")
        self._app.bars()

    def act_palette(self) -> None:
        """Open the command palette."""
        self._app.action_command_palette()

    def act_pause(self) -> None:
        """Ask, then pause or resume the queue or a repository."""
        from dataclasses import replace

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
        """Quit; ask first while an action is running."""
        app = self._app
        if len(app.screen_stack) > 1:
            app.pop_screen()
        elif app.current_mode != actions.ALL[0]:
            app.switch_mode(actions.ALL[0])
        elif self.under_way:
            app.say("something is still being done: q again when it has ended, or x to stop it", bad=True)
        else:
            app.exit(0)

    def __getattr__(self, name: str) -> object:
        """`act_go_…`: to that section."""
        if name.startswith("act_go_"):
            section = name.removeprefix("act_go_")
            return lambda: self.go(section)
        raise AttributeError(name)

    def go(self, section: str) -> None:
        """To a section, on top of whatever was pushed there."""
        if self._app.current_mode != section:
            self._app.switch_mode(section)


def _second(action: actions.Action) -> str:
    keys = action.keys.split(",")
    return keys[1] if len(keys) > 1 else ""

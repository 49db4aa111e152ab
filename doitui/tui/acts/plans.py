"""What an act will do, told before it is done; and how it came out. Built in the event loop, run in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import peewee

from doitui.tui.text import ago, fit, harmless, number, plural
from doitui.tui.widgets.lines import Line
from doitui_core.db import audit, database
from doitui_core.errors import DatabaseUnavailable, DoituiError, Refused

if TYPE_CHECKING:
    from doitui_core.views.windows import Window

Answers = dict[str, str]

T = TypeVar("T")

#: Columns of a line in a question; refusals that are named, the rest is counted.
ROOM, MOST = 66, 200


@dataclass(frozen=True, slots=True)
class Field:
    """A line to fill in before something is done."""

    name: str
    label: str
    required: bool = False
    given: str = ""


@dataclass
class ActResult:
    """`done`: how many; `refused`: the first that were not, and why, of so many `refusals`; `said`: a sentence instead
    of a count.
    """

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    said: str = ""
    refusals: int = 0
    #: The jobs it queued or put back.
    job_ids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refusals = self.refusals or len(self.refused)
        self.refused = self.refused[:MOST]

    def refuse(self, name: str, why: str) -> None:
        """Count a refusal and keep its reason, of the first ones."""
        self.refusals += 1
        if len(self.refused) < MOST:
            self.refused.append((name, why))

    def sentence(self, what: str, course: Progress) -> str:
        """How it ended, in one sentence."""
        told = self.said or f"{what}: {number(self.done)} done"
        told += f", {plural(self.refusals, 'refusal')}" if self.refusals else ""
        left = course.whole - course.done
        return f"{told}; stopped, {number(left)} left as they are" if course.stopped and left > 0 else told


@dataclass(eq=False)
class Progress:
    """How far an act has come, and whether it shall go on: told by the thread that does it, read and stopped by the
    screens. `whole`: how many there are; 0 for what is done in one go, and while that is not known yet.
    """

    verb: str
    whole: int = 0
    done: int = 0
    #: Set where it shall stop.
    halt: threading.Event = field(default_factory=threading.Event)

    @property
    def stopped(self) -> bool:
        """Whether a stop was requested."""
        return self.halt.is_set()

    def step(self, many: int) -> bool:
        """So many more are done; whether it goes on."""
        self.done += many
        return not self.stopped


Run = Callable[[Answers, Progress], ActResult]


@dataclass(frozen=True, slots=True)
class Plan:
    """`verb` as in `Update`; `what` it is done to, as in `3 DOIs`; `command`: the same on the command line.

    `level`: as in `actions`; 3 wants `typed` to be typed. `run` gets the answers to `fields`, and tells its `Progress`.
    """

    verb: str
    what: str
    lines: Sequence[Line]
    command: str
    run: Run
    level: int
    typed: str = ""
    fields: tuple[Field, ...] = ()
    #: It takes its time: others must not wait for it.
    slow: bool = False

    @property
    def title(self) -> str:
        """The verb and its object."""
        return f"{self.verb} {self.what}"


def each(course: Progress, items: Iterable[tuple[str, T]], act: Callable[[T], object]) -> ActResult:
    """Do `act` for every (name, thing), each on its own, while `course` goes on; what is refused is told by name.

    Raises what says that the database is gone.
    """
    result = ActResult()
    if course.stopped:
        return result
    for name, thing in items:
        try:
            came = act(thing)
            note, job = getattr(came, "note", ""), getattr(came, "job_id", 0)
        except DatabaseUnavailable:
            raise  # it would be the same with all that are left
        except (DoituiError, peewee.PeeweeException) as error:
            result.refuse(name, harmless(error))
        else:
            result.done += 1
            result.job_ids += [job] if job else []
            result.said = f"{name} {note}" if note else ""
        if not course.step(1):
            break
    if result.done > 1:
        result.said = ""
    return result


def with_digest(result: ActResult, what: str, operator: str, *, retry: bool = False) -> ActResult:
    """`result`, of which one mail tells how it ended, where digests are wanted and it queued more than one job."""
    from doitui_core.notify import bulk_acts

    if len(result.job_ids) > 1:
        bulk_acts.record(what, result.job_ids, actor=operator, retry=retry)
    return result


def short_label(name: str, about: str) -> str:
    """One of those that are named in a question, in one line: a long title must not push away what is asked."""
    return f"  {fit(f'{name}  {about}', ROOM).rstrip()}"


def gather(course: Progress, window: Window, expected: int, only: Any = None) -> Sequence[int]:
    """The ids of a whole list, or of those a condition is true of. Raises `Refused` where the list has become another
    number since the question.
    """
    with database.read():
        refuse_another(window.count(), expected)
        ids = window.all_ids(only, course.step)
    course.whole = len(ids)
    return ids


def refuse_another(now: int, expected: int) -> None:
    """Raise `Refused` where there are not as many any more as were asked about; with who did something last."""
    if now == expected:
        return
    last = "".join(
        f"; last {act['actor']} did {act['action']}, {ago(act['at'], database.now())} ago" for act in audit.newest(1)
    )
    raise Refused(f"there were {number(expected)} when you were asked, now there are {number(now)}: look again{last}")

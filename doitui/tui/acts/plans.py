"""What an action will do, shown before it is done, and its result. Built in the event loop, run in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import peewee

from doitui.tui.actions import MANY
from doitui.tui.text import ago, fit, harmless, number, plural
from doitui.tui.widgets.lines import Line
from doitui_core.db import audit, database
from doitui_core.errors import DatabaseUnavailable, DoituiError, Refused
from doitui_core.text import list_names

if TYPE_CHECKING:
    from doitui_core.views.windows import Window

Answers = dict[str, str]

T = TypeVar("T")

#: Columns of a line in a dialog; refusals that are listed, the others are only counted.
ROOM, MOST = 66, 200


@dataclass(frozen=True, slots=True)
class Field:
    """A text field of a dialog. `given`: the text it has at first."""

    name: str
    label: str
    required: bool = False
    given: str = ""


@dataclass
class ActResult:
    """`done`: how many; `refused`: names and reasons of the first refusals, of `refusals` in all; `message`: a sentence
    in place of the count.
    """

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    message: str = ""
    refusals: int = 0
    #: The jobs (or events) it queued or requeued.
    ids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refusals = self.refusals or len(self.refused)
        self.refused = self.refused[:MOST]

    def refuse(self, name: str, why: str) -> None:
        """Count a refusal; list it with its reason if it is one of the first."""
        self.refusals += 1
        if len(self.refused) < MOST:
            self.refused.append((name, why))

    def sentence(self, title: str, progress: Progress) -> str:
        """The result in one sentence."""
        text = self.message or f"{title}: {number(self.done)} done"
        text += f", {plural(self.refusals, 'refusal')}" if self.refusals else ""
        left = progress.whole - progress.done
        return f"{text}; stopped, {number(left)} left as they are" if progress.stopped and left > 0 else text


@dataclass(eq=False)
class Progress:
    """How far an action is, set by the thread that runs it; the screens read it and can stop the action. `whole`: how
    many items there are; 0 while that is unknown, and for an action without items.
    """

    verb: str
    whole: int = 0
    done: int = 0
    #: Set to stop the action.
    halt: threading.Event = field(default_factory=threading.Event)

    @property
    def stopped(self) -> bool:
        """Whether a stop was requested."""
        return self.halt.is_set()

    def step(self, many: int) -> bool:
        """Count `many` more items as done; whether the action continues."""
        self.done += many
        return not self.stopped


Run = Callable[[Answers, Progress], ActResult]


@dataclass(slots=True)
class Plan:
    """An action to confirm. `verb` and `what`: such as `Update` and `3 DOIs`; `command`: the same on the command line.

    `level`: as in `actions`, and 3 for more than `MANY` items. `run` gets the answers to `fields`, and reports its
    progress. `slow`: it runs in another thread than short actions, so that they do not wait for it.
    """

    verb: str
    what: str
    lines: Sequence[Line]
    command: str
    run: Run
    level: int
    many: int = 1
    fields: tuple[Field, ...] = ()
    slow: bool = False

    def __post_init__(self) -> None:
        if self.many > MANY:
            self.level, self.slow = 3, True

    @property
    def title(self) -> str:
        """The verb and its object."""
        return f"{self.verb} {self.what}"

    @property
    def typed(self) -> str:
        """What the user must type to confirm: the count, or nothing."""
        return str(self.many) if self.level == 3 else ""


def each(progress: Progress, items: Iterable[tuple[str, T]], act: Callable[[T], object]) -> ActResult:
    """Call `act` for every (name, item) until `progress` is stopped. One refusal does not end the others.

    Raises `DatabaseUnavailable`.
    """
    result = ActResult()
    if progress.stopped:
        return result
    for name, item in items:
        try:
            queued = act(item)
        except DatabaseUnavailable:
            raise  # all other items would fail too
        except (DoituiError, peewee.PeeweeException) as error:
            result.refuse(name, harmless(error))
        else:
            note, job = getattr(queued, "note", ""), getattr(queued, "job_id", 0)
            result.done += 1
            result.ids += [job] if job else []
            result.message = f"{name} {note}" if note and result.done == 1 else ""
        if not progress.step(1):
            break
    return result


def retry_each(
    noun: str, retry: Callable[..., list[int]], ids: Sequence[int], actor: str, progress: Progress
) -> ActResult:
    """Requeue the jobs or events `ids` with `retry`; refused are those that were finished or requeued meanwhile."""
    progress.whole = len(ids)
    requeued = retry(ids=ids, actor=actor, step=progress.step) if ids else []
    # `retry` counts only those it finds failed as done.
    reached = ids[: progress.done] if progress.stopped else ids
    missed = sorted(set(reached) - set(requeued))
    return ActResult(len(requeued), [(f"{noun} {one}", "no longer needs a retry") for one in missed], ids=requeued)


def with_digest(result: ActResult, what: str, operator: str, *, retry: bool = False) -> ActResult:
    """`result`; where digests are configured and it queued several jobs, one mail will report how they ended."""
    from doitui_core.notify import bulk_digests

    if len(result.ids) > 1:
        bulk_digests.record(what, result.ids, actor=operator, retry=retry)
    return result


def few(ids: Sequence[int]) -> str:
    """The first ids, as arguments of a command."""
    return list_names(list(map(str, ids)), 8, " ")


def short_label(name: str, about: str) -> str:
    """A line that names one item in a dialog, cut: a long title must not push away the question."""
    return f"  {fit(f'{name}  {about}', ROOM).rstrip()}"


def gather(progress: Progress, window: Window, expected: int, only: Any = None) -> Sequence[int]:
    """The ids of all rows of `window`, or of those that meet the condition `only`.

    Raises `Refused` if `window` no longer has the `expected` number of rows.
    """
    with database.read():
        check_count(window.count(), expected)
        ids = window.all_ids(only, progress.step)
    progress.whole = len(ids)
    return ids


def check_count(now: int, expected: int) -> None:
    """Raise `Refused` if there are not as many as the dialog said, with the latest activity."""
    if now == expected:
        return
    last = "".join(
        f"; last {act['actor']} did {act['action']}, {ago(act['at'], database.now())} ago" for act in audit.newest(1)
    )
    raise Refused(
        f"there were {number(expected)} when you were asked, now there are {number(now)}: check and repeat{last}"
    )

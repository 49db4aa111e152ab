"""What an act will do, told before it is done; and how it came out. Built in the event loop, run in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import peewee

from doitui.tui.text import ago, counted, fit, harmless, number
from doitui.tui.widgets.lines import Line
from doitui_core import audit, database
from doitui_core.errors import DoituiError, Refused

if TYPE_CHECKING:
    from doitui_core.windows import Window

Answers = dict[str, str]

#: Columns of a line in a question.
ROOM = 66


@dataclass(frozen=True, slots=True)
class Field:
    """A line to fill in before something is done."""

    name: str
    label: str
    required: bool = False
    given: str = ""


@dataclass
class Result:
    """`done`: how many; `refused`: each that was not, and why; `said`: a sentence instead of a count."""

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    said: str = ""

    def sentence(self, what: str) -> str:
        told = self.said or f"{what}: {self.done} done"
        return f"{told}, {counted(len(self.refused), 'refusal')}" if self.refused else told


@dataclass(frozen=True, slots=True)
class Plan:
    """`verb` as in `Update`; `what` it is done to, as in `3 DOIs`; `command`: the same on the command line.

    `level`: as in `actions`; 3 wants `typed` to be typed. `run` gets the answers to `fields`.
    """

    verb: str
    what: str
    lines: Sequence[Line]
    command: str
    run: Callable[[Answers], Result]
    level: int
    typed: str = ""
    fields: tuple[Field, ...] = ()
    #: It waits for the pace that is allowed: others must not wait for it.
    slow: bool = False

    @property
    def title(self) -> str:
        return f"{self.verb} {self.what}"


def each(items: Iterable[tuple[str, str]], act: Callable[[str], object]) -> Result:
    """Do `act` for every (name, handle), each on its own; what is refused is told by name."""
    result = Result()
    for name, handle in items:
        try:
            note = getattr(act(handle), "note", "")
        except (DoituiError, peewee.PeeweeException) as error:
            result.refused.append((name, harmless(error)))
        else:
            result.done += 1
            result.said = f"{name} {note}" if note else ""
    if result.done > 1:
        result.said = ""
    return result


def named(name: str, about: str) -> str:
    """One of those that are named in a question, in one line: a long title must not push away what is asked."""
    return f"  {fit(f'{name}  {about}', ROOM).rstrip()}"


def refuse_moved(window: Window, expected: int) -> None:
    """Raise `Refused` where the list has become another number since the question."""
    refuse_another(window.count(), expected)


def refuse_another(now: int, expected: int) -> None:
    """Raise `Refused` where there are not as many any more as were asked about; with who did something last."""
    if now == expected:
        return
    last = "".join(
        f"; last {act['actor']} did {act['action']}, {ago(act['at'], database.now())} ago" for act in audit.newest(1)
    )
    raise Refused(f"there were {number(expected)} when you were asked, now there are {number(now)}: look again{last}")

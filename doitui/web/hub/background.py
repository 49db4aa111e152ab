"""What the hub does behind its answers, in a thread of its own: validate reports, take over local events, clean up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from doitui_core.db import database
from doitui_core.errors import DatabaseReplaced, DoituiError

log = logging.getLogger("doitui.hub")

#: Seconds between two rounds without anything to do.
EVERY = 1.0

#: Seconds without a round after which the heartbeat fails. The longest step validates a report of 50,000 datasets.
LATE = 120.0


@dataclass(slots=True)
class Task:
    """One kind of work. `act` does one step of it and says whether more is waiting; `every`: seconds between runs."""

    name: str
    act: Callable[[], bool]
    every: float = EVERY
    due: float = 0.0
    problem: str = field(default="", init=False)


class Background:
    """Runs its tasks in turns, one step each, so that a large report does not hold up the others.

    Nothing happens before `start`.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._tasks: list[Task] = []
        self._monotonic = monotonic
        self._over = threading.Event()
        self._awake = threading.Event()
        self._last: float | None = None
        self._thread: threading.Thread | None = None

    def add(self, task: Task) -> None:
        """One more kind of work; before `start`."""
        self._tasks.append(task)

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive: what is under way is resumed by the next one."""
        self._last = self._monotonic()
        self._thread = threading.Thread(target=self._run, name="hub-background", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the step under way."""
        self._over.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    def wake(self) -> None:
        """There is something to do: begin a round now."""
        self._awake.set()

    def lag(self) -> float:
        """Seconds since the last round ended; 0 before the first."""
        return 0.0 if self._last is None else self._monotonic() - self._last

    def problems(self) -> list[str]:
        """What fails, one line each; empty where nothing does."""
        found = [f"{task.name}: {task.problem}" for task in self._tasks if task.problem]
        if self.lag() > LATE:
            found.insert(0, f"no step for {self.lag():.0f} s")
        return found

    def round(self) -> bool:
        """One step of every task that is due; whether more is waiting."""
        more = False
        for task in self._tasks:
            if not self._over.is_set() and task.due <= self._monotonic():
                waiting = self._step(task)
                task.due = 0.0 if waiting else self._monotonic() + task.every
                more = more or waiting
        self._last = self._monotonic()
        return more

    def drain(self) -> None:
        """Do all there is to do now, in this thread."""
        for task in self._tasks:
            while self._step(task):
                pass

    def _run(self) -> None:
        while not self._over.is_set():
            if self._awake.is_set():
                self._awake.clear()
                for task in self._tasks:
                    task.due = 0.0
            if not self.round():
                self._awake.wait(EVERY)
        database.close_thread()

    def _step(self, task: Task) -> bool:
        try:
            more = task.act()
        except DatabaseReplaced as error:
            log.error("%s", error)
            task.problem = str(error)
            return False
        except Exception as error:  # the hub goes on without it
            problem = str(error) if isinstance(error, DoituiError) else f"{type(error).__name__}: {error}"
            if problem != task.problem:
                log.warning("%s: %s; trying again", task.name, problem)
            task.problem = problem
            database.close_thread()
            return False
        task.problem = ""
        return more

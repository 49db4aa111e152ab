"""A drain that dies by SIGKILL, anywhere: the next one goes on, and every line is in the database once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from doitui_core.db.models import Doi, Repository, UsageHit
from doitui_core.usage import recount
from doitui_core.usage.drain import drain

#: 50 where nobody waits for it.
KILLS = int(os.environ.get("DOITUI_CRASH_DRAINS", "8"))

FILES, LINES = 6, 4_000

#: Small batches, so that there are many points to be killed at; it tells when the work begins.
DRAINING = """
import sys
from doitui_core.db import database
from doitui_core.usage import drain
from doitui_core.usage import recount
drain.BATCH, drain.CHUNK = 100, 20_000
database.open(sys.argv[1])
print("begun", flush=True)
drain.drain(sys.argv[2])
recount.due()
"""


#: Drains again and again, each time killed a call of a function further on, so at every step of a batch.
KILLED_AT_EVERY_STEP = """
import os, signal, sys
from doitui_core.db import database
from doitui_core.usage import drain
drain.BATCH = 3
killed = 0
for steps in range(1, 150):
    child = os.fork()
    if not child:
        database.open(sys.argv[1])
        left = steps
        def step(frame, event, _):
            global left
            if event == "call" and "doitui" in frame.f_code.co_filename:
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.setprofile(step)
        drain.drain(sys.argv[2])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed += os.WIFSIGNALED(status)
print(killed)
"""


def test_killed_at_every_step_it_repeats_and_loses_nothing(
    store: str, spool: Any, seen: Callable[..., bytes], archive: Repository
) -> None:
    sent = [f"{number:024x}" for number in range(900)]
    for start in range(0, len(sent), 300):
        spool.write(*[seen(number, actor=sent[start + number]) for number in range(300)])
    command = [sys.executable, "-c", KILLED_AT_EVERY_STEP, store, str(spool.place)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    drain(spool.place)
    stored = Counter(actor for (actor,) in UsageHit.select(UsageHit.actor).tuples())
    assert int(done.stdout) > 100
    assert (stored, spool.names()) == (Counter(sent), [])


def kill_after(seconds: float, url: str, place: object) -> int:
    """Drain in a process of its own, killed so many seconds after it began; its exit code."""
    command = [sys.executable, "-c", DRAINING, url, str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        code = process.wait(60)
        timer.cancel()
        return code


def test_every_line_is_in_the_database_once(
    store: str, spool: Any, seen: Callable[..., bytes], a_minted_doi: Callable[..., Doi], counts: Callable[..., Any]
) -> None:
    a_minted_doi("ms-1")
    sent = [f"{number:024x}" for number in range(FILES * LINES)]
    for start in range(0, len(sent), LINES):
        spool.write(*[seen(number % 3600, actor=sent[start + number]) for number in range(LINES)])
    chance = random.Random()
    codes = Counter(kill_after(chance.uniform(0, 0.3), store, spool.place) for _ in range(KILLS))
    drain(spool.place)
    recount.due()
    stored = Counter(actor for (actor,) in UsageHit.select(UsageHit.actor).tuples())
    assert codes[-9], "none of them was killed: nothing is proved"
    assert (stored, spool.names()) == (Counter(sent), [])
    assert counts() == {("10.5072/h/2026/ms-1", "regular"): [len(sent), len(sent), 0, 0]}

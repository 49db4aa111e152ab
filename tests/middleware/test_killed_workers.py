"""Workers are killed at random while a client counts its answers, and processes write as fast as they can."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from doitui_middleware import spool_line
from doitui_middleware.spool import Spool as Writer

from .conftest import Spool
from .serving import GUNICORN, load, running

#: Lines of each of four processes. 100,000 where nobody waits for it.
LINES = int(os.environ.get("DOITUI_TEST_SPOOL_LINES", "10000"))

REQUESTS = 1200

#: A worker dies after so many answers.
ANSWERS_A_KILL = 25


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finding the workers needs Linux's /proc")
@pytest.mark.parametrize("worker_class", ["sync", "gthread"])
def test_no_answered_view_is_lost_when_workers_are_killed(worker_class: str, tmp_path: Path, spool: Spool) -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    chance = random.Random(4)
    killed: list[int] = []

    def kill(answers: int) -> None:
        living = sorted(set(server.workers()) - set(killed))
        if answers % ANSWERS_A_KILL == 0 and living:
            killed.append(chance.choice(living))
            os.kill(killed[-1], signal.SIGKILL)

    arguments = (*GUNICORN, "--workers", "4", "--worker-class", worker_class, "--threads", "4")
    with running(arguments, tmp_path, spool.directory) as server:
        answered = load(server, REQUESTS, clients=8, after_each=kill)
    kept = Counter(hit.key for hit in spool.hits())
    assert len(killed) >= REQUESTS // ANSWERS_A_KILL // 2
    assert {key: kept[key] for key in answered} == dict.fromkeys(answered, 1)
    assert max(kept.values()) == 1


#: What each of four processes does with its own `spool`.
WRITE = """
from doitui_middleware import spool_line
agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
for line in range(lines):
    key = f"{number}-{line}"
    hit = spool_line.Hit(line, "h", "view", "object_id", key, f"/r/{key}", 200, "address", "ab" * 12, agent)
    text = spool_line.encode(hit)
    spool.write(text, 1)
"""

ALONE = """
import sys
from doitui_middleware.spool import Spool
spool, number, lines = Spool(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
"""


def write(number: int, writer: Writer) -> None:
    exec(WRITE, {"spool": writer, "number": number, "lines": LINES})


def expected() -> set[str]:
    return {f"{number}-{line}" for number in range(4) for line in range(LINES)}


def together(*processes: multiprocessing.process.BaseProcess) -> list[int | None]:
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    return [process.exitcode for process in processes]


def test_four_processes_tear_no_line_in_one_directory(spool: Spool) -> None:
    command = [sys.executable, "-c", ALONE + WRITE, str(spool.directory)]
    processes = [subprocess.Popen([*command, str(number), str(LINES)]) for number in range(4)]
    assert [process.wait(300) for process in processes] == [0] * 4
    hits = spool.hits()
    assert (len(hits), {hit.key for hit in hits}) == (4 * LINES, expected())


def test_four_processes_tear_no_line_in_one_file(spool: Spool) -> None:
    """As when a server forks in C, and Python is not told for a second."""
    writer = Writer(str(spool.directory))
    writer.write(spool_line.encode(spool_line.Hit(0, "h", "view", "doi", "parent", "/", 200, "address", "a", "")), 1)
    context = multiprocessing.get_context("fork")
    codes = together(*(context.Process(target=write, args=(number, writer)) for number in range(4)))
    assert codes == [0] * 4
    hits = spool.hits()
    assert len(spool.files()) == 1
    assert (len(hits), {hit.key for hit in hits}) == (4 * LINES + 1, expected() | {"parent"})

"""Access logs counted without a database: time and memory, and how both grow. A process for each figure."""

from __future__ import annotations

import json
import sys

import visits
from ground import Ground, Row, run

from doitui_core.usage import agents

DOIS = 20_000

#: Lines -> (most seconds, most MiB), as DESIGN 8 asks for.
SIZES = {10_000: (None, None), 100_000: (None, None), 1_000_000: (10, 150)}

MORE = 10_000_000

COUNTING = """
import json, resource, sys, time
from pathlib import Path
from doitui_core.usage import agents
from doitui_core.usage import count_logs
start = time.perf_counter()
counted = count_logs.count([Path(sys.argv[1])], agents.load(), count_logs.CountOptions())
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([took, peak / (2**20 if sys.platform == "darwin" else 2**10), counted.lines.total()]))
"""


def rows(ground: Ground) -> list[Row]:
    """Seconds and MiB for logs of growing length, and the rate at which agents are told apart."""
    found = []
    for size, (seconds, memory) in (SIZES | ({MORE: (None, None)} if ground.large else {})).items():
        found += _counted(ground, ground.sized(size), seconds, memory)
    return [*found, _agents()]


def _counted(ground: Ground, lines: int, seconds: float | None, memory: float | None) -> list[Row]:
    path = visits.log(ground.folder / "usage.log", lines, DOIS)
    took, peak, told = json.loads(run(sys.executable, "-c", COUNTING, str(path)))
    path.unlink()
    if told != lines:
        raise RuntimeError(f"{told} of {lines} lines were counted")
    name = f"count {lines:,} log lines, {DOIS:,} DOIs, stateless"
    return [
        Row(name, took, "s", most=seconds, beside=f"{lines / took:,.0f} lines/s"),
        Row("  peak memory of the process", peak, "MiB", most=memory),
    ]


def _agents() -> Row:
    known = agents.load()
    return Row("  one user agent never seen before", 1000 * _milliseconds(known), "us", beside="remembered afterwards")


def _milliseconds(known: agents.Agents) -> float:
    from ground import median_ms

    names = iter(f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{number} Safari" for number in range(1000))
    return median_ms(lambda: known.classify(next(names)), 200)

"""An account's DOIs in: how fast `doi adopt` reads them, and whether its memory stays flat."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import generated
from ground import DOITUI, REPOSITORY, Ground, Row, environment, on_both, run

from doitui.web.dois.state_file import StateFile
from doitui_core.operations import change_settings

SIZES = (10_000, 100_000)

MOMENT = "2020-01-02T03:04:05.000Z"

#: Runs a command and prints its peak memory in KiB.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def rows(ground: Ground) -> list[Row]:
    """DOIs a second and the peak memory of the process."""
    return on_both(ground, _adopts, "doi adopt")


def _adopts(ground: Ground, name: str) -> list[Row]:
    found = []
    for size in map(ground.sized, SIZES):
        with ground.store(name) as url, _sandbox(_state(ground.folder / f"{name}-{size}.db", size)) as address:
            change_settings.save_repository("hollin", {**REPOSITORY, "datacite_url": address})
            start = time.perf_counter()
            command = (sys.executable, "-c", PEAK, DOITUI, "--database", url, "doi", "adopt")
            peak = int(run(*command, BENCH_PASSWORD="demo"))
            took = time.perf_counter() - start
        beside = f"peak memory {peak / 1024:.0f} MB"
        found.append(Row(f"doi adopt, {size:,} DOIs, {name}", size / took, "DOIs/s", beside=beside))
    return found


def _state(path: Path, size: int) -> Path:
    """A state file of the sandbox with that many findable DOIs."""
    StateFile(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        statement = "INSERT INTO doi (number, doi, record, waits) VALUES (?, ?, ?, 0)"
        db.executemany(statement, map(_row, range(1, size + 1)))
    return path


def _row(number: int) -> tuple[int, str, str]:
    attributes = {**generated.attributes(number % 5_000), "url": f"https://archive.example.org/{number}"}
    times = {"created": MOMENT, "updated": MOMENT, "registered": MOMENT}
    doi = f"10.5072/HO-{number}"
    record = {"number": number, "doi": doi, "client": "demo.repo", "state": "findable", "attributes": attributes}
    return number, doi, json.dumps({**record, **times, "metadata_version": 0, "xml": None})


@contextmanager
def _sandbox(state: Path) -> Iterator[str]:
    command = (DOITUI, "sandbox", "--port", "0", "--prefix", "10.5072", "--account", "DEMO.REPO:demo", "--state", state)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()

"""A month's usage report: built from the counts of a database and validated, with time and memory of each process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import filling
from filling import Values
from ground import POSTGRES, REPOSITORY, SQLITE, Ground, Row, run

from doitui_core.db import database
from doitui_core.operations import change_settings
from doitui_core.usage.zone import days_of_month

MONTH = "2026-10"

#: DOIs -> the databases the report is read from.
SIZES = {50_000: (SQLITE,), 1_000_000: (SQLITE, POSTGRES)}

COUNT = (
    *("day", "doi_id", "access_method", "country", "source"),
    *("total_investigations", "unique_investigations", "total_requests", "unique_requests"),
)

COMMAND = """
import json, resource, sys, time
from doitui.cli.main import doitui
start = time.perf_counter()
doitui(sys.argv[1:], standalone_mode=False)
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print()
print(json.dumps([took, peak / (2**20 if sys.platform == "darwin" else 2**10)]))
"""


def rows(ground: Ground) -> list[Row]:
    """Seconds, MiB and datasets a second of `usage-report build` and `validate`."""
    found = []
    for size, names in SIZES.items():
        for name in names:
            if name == POSTGRES and ground.postgres is None:
                found.append(Row(f"usage report of {size:,} DOIs, {name}", None, "", beside="no PostgreSQL"))
            else:
                found += _measured(ground, name, ground.sized(size))
    return found


def _measured(ground: Ground, name: str, count: int) -> list[Row]:
    folder = ground.folder / "reports"
    with ground.store(name) as url:
        fill(count)
        database.close()
        build = _ran(
            count, "--database", url, "usage-report", "build", "--month", MONTH, "--out", str(folder), "--json"
        )
    files = sorted(folder.iterdir())
    validate = _ran(count, "usage-report", "validate", *map(str, files), "--json")
    size = sum(path.stat().st_size for path in files)
    for path in files:
        path.unlink()
    told = [(f"usage-report build, {count:,} DOIs, {name}", build, f"{len(files)} files, {size / 1e6:.1f} MB")]
    told += [("  usage-report validate, the same files", validate, "")]
    return [row for what, took, beside in told for row in _rows(what, *took, count, beside)]


def _rows(what: str, seconds: float, peak: float, count: int, beside: str) -> Iterator[Row]:
    rate = f"{count / seconds:,.0f} datasets/s"
    yield Row(what, seconds, "s", beside=f"{rate}, {beside}" if beside else rate)
    yield Row("  peak memory of the process", peak, "MiB")


def _ran(count: int, *arguments: str) -> tuple[float, float]:
    *document, _, figures = run(sys.executable, "-c", COMMAND, *arguments, BENCH_PASSWORD="demo").splitlines()
    told = json.loads("\n".join(document))
    datasets = sum(row["datasets"] for row in told.get("reports") or told["files"])
    if datasets != count:
        raise RuntimeError(f"{datasets} of {count} datasets: {' '.join(arguments)}")
    took, peak = json.loads(figures)
    return took, peak


def fill(count: int) -> None:
    """The repository `hollin` with `count` findable DOIs, four rows of counts for each."""
    change_settings.save_repository("hollin", REPOSITORY)
    filling.prepare()
    with database.write():
        filling.load("record", filling.RECORD, _records(count))
        filling.load("doi", filling.DOI, _dois(count))
        filling.load("usage_count", COUNT, _counts(count))
    filling.set_counters()
    filling.settle()
    if not filling.is_sqlite():
        filling.execute("VACUUM ANALYZE usage_count")


def _records(count: int) -> Iterator[Values]:
    for row in filling.records(count):
        metadata = {**json.loads(row[4]), "publisher": {"name": "Hollin"}, "publicationYear": 2020}
        yield row[0], 1, row[2], row[3], json.dumps(metadata), *row[5:]


def _dois(count: int) -> Iterator[Values]:
    for row in filling.dois(count):
        yield *row[:3], 1, row[4], "findable", "findable", "findable", *row[8:]


def _counts(count: int) -> Iterator[Values]:
    first = days_of_month(MONTH).start
    for n in range(1, count + 1):
        for day, method, country in (
            (0, "regular", "de"),
            (7, "regular", "fr"),
            (7, "machine", ""),
            (20, "regular", "de"),
        ):
            yield first + day, n, method, country, "spool", 3 + n % 7, 2, 1 + n % 3, 1

"""All benchmarks, or those named, in one table: `python tests/benchmarks/run.py [NAME ...]`; NAMES has them.

Nothing fails because a machine is slow; it ends with 1 only when a benchmark could not do its work.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent
if str(HERE) not in sys.path:  # PYTHONSAFEPATH leaves it out
    sys.path.insert(0, str(HERE))

import machine  # noqa: E402
import table  # noqa: E402
from ground import Ground, Row  # noqa: E402

#: In this order; each is a module `bench_<name>` with a function `rows(ground)`.
NAMES = (
    *("start", "import", "isad", "adopt", "mint", "queue", "outage", "million"),
    *("middleware", "metadata", "counting", "drain", "events", "usage_report", "hub", "hub_reports", "tui"),
)

#: Only when asked for: it takes as long as it is called.
LONG = ("hour",)

POSTGRES = os.environ.get("DOITUI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")


def main() -> int:
    """Measure and print."""
    options = _options()
    version = machine.postgres_version(POSTGRES)
    with tempfile.TemporaryDirectory(prefix="doitui-bench-") as folder:
        ground = Ground(Path(folder), POSTGRES if version else None, options.quick, options.large, options.explain)
        head = machine.facts(ground.folder, version)
        rows, broken = [], 0
        for name in options.names or NAMES:
            found, ended_well = _measure(name, ground)
            rows += found
            broken += not ended_well
        median, longest = machine.fsync_ms(ground.folder)
        head.append(f"at the end: p50 {median:.2f} ms, max {longest:.2f} ms; load {os.getloadavg()[0]:.1f}")
    print("\n".join([*head, "", *table.lines(rows)]))
    return 1 if broken else 0


def _measure(name: str, ground: Ground) -> tuple[list[Row], bool]:
    start = time.perf_counter()
    try:
        rows = importlib.import_module(f"bench_{name}").rows(ground)
    except Exception as error:  # the other benchmarks still have something to say
        traceback.print_exc()
        return [Row(name, None, "", beside=f"broke: {type(error).__name__}")], False
    print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return list(rows), True


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (all); {', '.join(LONG)}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes: does it run at all?")
    parser.add_argument("--large", action="store_true", help="10,000,000 jobs instead of 1,000,000")
    parser.add_argument("--explain", action="store_true", help="print the plans of list queries above 20 ms")
    options = parser.parse_args()
    if unknown := set(options.names) - {*NAMES, *LONG}:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: take some of {', '.join(NAMES + LONG)}")
    return options


if __name__ == "__main__":
    sys.exit(main())

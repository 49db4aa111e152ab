"""What `doitui work` logs as a service, and what it prints with `--quiet`."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ((), ["was registered successfully"] * 2),
        (("--log", "hourly"), ["2 jobs since the last summary: 2 done"]),
        (("--quiet",), []),
    ],
    ids=["lines", "hourly", "quiet"],
)
def test_a_service_logs_a_line_a_job_or_a_summary(
    archive: Doitui,
    write: Callable[..., Path],
    start: Callable[..., Any],
    until: Callable[[Callable[[], bool]], None],
    options: tuple[str, ...],
    lines: list[str],
) -> None:
    archive("record", "import", write("a", "b"))
    archive("batch", "mint")
    process = start("work", *options)
    until(lambda: archive("status", "--json").json["dois"]["findable"] == 2)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    found = [line for line in err.splitlines() if "registered" in line or "summary" in line]
    assert len(found) == len(lines)
    assert all(line.endswith(end) for line, end in zip(found, lines, strict=True))


def test_quiet_prints_no_result(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a"))
    archive("batch", "mint")
    done = archive("work", "--drain", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")

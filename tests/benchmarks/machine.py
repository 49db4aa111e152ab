"""The machine a table was measured on: without it a figure means nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from pathlib import Path

FSYNCS = 40


def postgres_version(url: str) -> str | None:
    """The server's version, None when none answers at `url`."""
    try:
        import psycopg
    except ImportError:
        return None
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            version = connection.execute("SHOW server_version").fetchone()
    except psycopg.OperationalError:
        return None
    return str(version[0]).split()[0] if version else None


def facts(folder: Path, postgres: str | None) -> list[str]:
    """Lines for the head of the table."""
    median, longest = fsync_ms(folder)
    return [
        f"{os.cpu_count()} CPUs ({_cpu()}), {_memory_gib():.0f} GiB, {platform.system()} {platform.release()},"
        f" load {os.getloadavg()[0]:.1f} before the start",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres or 'none'}",
        f"write + fdatasync of 4 KiB in {folder.parent}: p50 {median:.2f} ms, max {longest:.2f} ms",
    ]


def fsync_ms(folder: Path) -> tuple[float, float]:
    """Median and longest time until 4 KiB are on disk: what a durable commit costs at least."""
    took = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(FSYNCS):
            start = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took), max(took)


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30

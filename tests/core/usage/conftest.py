"""The words of the usage tests: a spool with lines, logs, and what became of them."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doitui_core.db.models import Doi, UsageCount, UsageHit
from doitui_core.usage import agents, count_logs
from doitui_middleware import spool_files, spool_line

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/60.0"

OURS = agents.load()

SECOND = 1_000_000

#: 2026-11-20T10:00:00Z.
TEN = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp()) * SECOND


def spool_line_at(
    seconds: float = 0,
    key: str = "ms-1",
    *,
    actor: str = "a",
    url: str = "",
    kind: str = "view",
    repository: str = "h",
    key_kind: str = "object_id",
    status: int = 200,
    agent: str = FIREFOX,
) -> bytes:
    time = TEN + round(seconds * SECOND)
    page = url or f"/records/{key}"
    return spool_line.encode(
        spool_line.Hit(time, repository, kind, key_kind, key, page, status, "address", actor, agent)
    )


class Spool:
    """A spool directory, and sites that write to it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._files = 0
        self._living: list[int] = []

    def write(self, *lines: bytes, alive: bool = False) -> Path:
        """A file with these lines; its owner is gone unless `alive`."""
        self._files += 1
        fd = spool_files.create(self.place, spool_files.new_name(os.getpid(), self._files))
        os.write(fd, b"".join(lines))
        path = self.place / spool_files.names(self.place)[-1]
        if alive:
            self._living.append(fd)
        else:
            os.close(fd)
        return path

    def append(self, path: Path, *lines: bytes) -> None:
        """What the living owner of `path` writes next."""
        with path.open("ab") as file:
            file.write(b"".join(lines))

    def die(self) -> None:
        """All owners end."""
        for fd in self._living:
            fcntl.flock(fd, fcntl.LOCK_UN)
            os.close(fd)
        self._living.clear()

    def names(self) -> list[str]:
        return spool_files.names(self.place)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    place = tmp_path / "spool"
    place.mkdir(mode=0o700)
    spool = Spool(place)
    yield spool
    spool.die()


@pytest.fixture
def seen() -> Callable[..., bytes]:
    """`seen(20, "ms-1", actor="b")`: the line of a view twenty seconds after ten o'clock."""
    return spool_line_at


@pytest.fixture
def reasons() -> Callable[[], Counter[str]]:
    """How many hits in the database have which reason."""
    return lambda: Counter(reason for (reason,) in UsageHit.select(UsageHit.reason).tuples())


@pytest.fixture
def counts() -> Callable[[], dict[tuple[str, str], list[int]]]:
    """The four numbers in the database by (DOI, access method), all days together; without zeros."""

    def read() -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for row in UsageCount.select(UsageCount, Doi).join(Doi):
            told = (
                row.total_investigations,
                row.unique_investigations,
                row.total_requests,
                row.unique_requests,
            )
            key = (row.doi.doi, row.access_method)
            found[key] = [have + more for have, more in zip(found.get(key, [0] * 4), told, strict=True)]
        return {key: numbers for key, numbers in found.items() if any(numbers)}

    return read


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines to a file of their own."""
    written = 0

    def write(*lines: str, name: str = "") -> Path:
        nonlocal written
        written += 1
        path = tmp_path / (name or f"access-{written}.log")
        path.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
        return path

    return write


@pytest.fixture
def count() -> Callable[..., count_logs.CountResult]:
    """`count(path, …, month="2018-05")` with our lists of agents."""

    def run(*paths: Path, **options: object) -> count_logs.CountResult:
        return count_logs.count(paths, OURS, count_logs.CountOptions(**options))  # type: ignore[arg-type]

    return run

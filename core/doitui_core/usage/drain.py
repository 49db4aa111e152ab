"""The spool into the database: every line once, whatever is killed when.

Lines become rows, and the file's cursor moves, in one transaction. A file is removed when its owner is gone, all of it
is read, and the commit that says so is on the disk.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from pathlib import Path

from doitui_core import database, garbage, settings
from doitui_core.usage import bulk, hits, recount, retention, spool_place
from doitui_core.usage.agents import ROBOT, Agents
from doitui_core.usage.agents import known as known_agents
from doitui_core.usage.subjects import Found, Subject, Subjects
from doitui_middleware import spool_files, spool_line

#: Lines in one transaction: enough to be fast, few enough that other writers get their turn (about 50 ms).
BATCH = 10_000

#: The end of the year 2255: what is later was stamped by no clock.
LATEST = 9_025_171_200_000_000

#: Bytes read at once. A line is at most `spool_line.LONGEST_LINE`.
CHUNK = 2 << 20


@dataclass
class Drained:
    """What a drain did. `hits`: how many by reason; `rejected`: lines that could not be read; `removed`: files.

    `busy`: another drain was at work there, and this one did nothing.
    """

    files: int = 0
    lines: int = 0
    rejected: int = 0
    removed: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    busy: bool = False


def drain(directory: str | os.PathLike[str], step: Callable[[int], None] = lambda _: None) -> Drained:
    """Bring all that is in the spool `directory` into the database; `step` is told of bytes.

    Counts nothing yet: `recount.due` does. Raises `OSError` for a directory that cannot be read.
    """
    result = Drained()
    if not Path(directory).is_dir():
        return result
    with spool_files.draining(directory) as ours:
        if not ours:
            result.busy = True
            return result
        if names := spool_files.names(directory):
            run = _Drain(Path(directory), result, step)
            for name in names:
                run.file(name)
        spool_files.remove_unfinished(directory, time.time())
    return result


def drain_due(directory: str | os.PathLike[str] = "") -> Drained:
    """What a worker does every second or so: drain the spool (that of the environment), count what has waited a minute,
    prune. Cheap while nothing comes.
    """
    place = directory or spool_place.of_environment()
    drained = drain(place) if place else Drained()
    if recount.due(recount.PATIENCE):
        retention.prune()
    return drained


@lru_cache(1)
def _agents(robots_file: str, _changed: int) -> Agents:
    return known_agents(robots_file)


class _Drain:
    """One run over a directory."""

    def __init__(self, directory: Path, result: Drained, step: Callable[[int], None]) -> None:
        robots_file = str(settings.load().get("robots_file"))
        # Kept from drain to drain, unless the operator's file has changed.
        changed = os.stat(robots_file).st_mtime_ns if os.path.exists(robots_file) else 0
        self._agents = _agents(robots_file, changed)
        self._zone = hits.current_zone()
        self._directory = directory
        self._subjects = Subjects()
        self._result = result
        self._step = step

    def file(self, name: str) -> None:
        """Read the file from where the last drain stopped; remove it if nobody writes to it any more."""
        try:
            fd = spool_files.open_to_drain(self._directory / name)
        except FileNotFoundError:
            return
        try:
            gone = spool_files.owner_is_gone(fd)
            position = _position(name)
            if gone or os.fstat(fd).st_size > position:
                self._result.files += 1
                self._read(fd, name, position, gone)
            if gone:
                _settle(name)
                os.unlink(self._directory / name)
                self._result.removed += 1
                with database.write():
                    bulk.execute("DELETE FROM usage_spool WHERE name = {p}", name)
            else:
                # The site does not wait for its disk; this is what bounds its loss in a power cut.
                os.fdatasync(fd)
        finally:
            os.close(fd)

    def _read(self, fd: int, name: str, position: int, gone: bool) -> None:
        for lines, end in _batches(fd, position, gone):
            with garbage.many_objects():
                self._store(name, lines, end)
            self._step(end - position)
            position = end

    def _store(self, name: str, lines: list[bytes], end: int) -> None:
        read, rejected = [], []
        for line in lines:
            if line == b"\n":
                continue
            try:
                read.append(_decoded(line))
            except spool_line.BadLine:
                rejected.append(line)
        if rejected:
            self._reject(name, rejected)
        rows = self._rows(read)
        with database.write():
            self._result.hits += hits.store(rows, self._zone) if rows else Counter()
            bulk.execute(
                "INSERT INTO usage_spool (name, position, rejected) VALUES ({p}, {p}, {p}) ON CONFLICT (name)"
                " DO UPDATE SET position = excluded.position, rejected = usage_spool.rejected + excluded.rejected",
                *(name, end, len(rejected)),
            )
        self._result.lines += len(lines)
        self._result.rejected += len(rejected)

    def _reject(self, name: str, lines: list[bytes]) -> None:
        """Keep what cannot be read, as it is. A drain that is killed here keeps it again."""
        place = self._directory / spool_files.rejected_name(name)
        fd = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, spool_files.file_mode(self._directory))
        try:
            os.write(fd, b"".join(line if line.endswith(b"\n") else line + b"\n" for line in lines))
        finally:
            os.close(fd)

    def _rows(self, read: list[spool_line.Hit]) -> list[hits.Row]:
        subjects: list[Subject] = list(map(_subject, read))
        known = self._subjects.find(subjects)
        return [self._row(hit, known[subject]) for hit, subject in zip(read, subjects, strict=True)]

    def _row(self, hit: spool_line.Hit, found: Found) -> hits.Row:
        time, _, kind, _, key, url, status, _, actor, agent = hit
        repository_id, doi_id, reason = found
        method = self._agents.of(agent)
        if status not in spool_line.SUCCESSFUL:
            reason = hits.TAKES_BACK
        elif method == ROBOT:
            reason = ROBOT
        request, subject = int(kind == spool_line.DOWNLOAD), "" if doi_id else key
        return [time, repository_id, doi_id, subject, request, method, actor, url, "", hits.SPOOL, reason]


#: Whose hit it is.
_subject = attrgetter("repository", "key_kind", "key")


def _decoded(line: bytes) -> spool_line.Hit:
    """The hit of a line, as both databases can keep it. Raises `BadLine`."""
    hit = spool_line.decode(line)
    if not 0 < hit[0] < LATEST:
        raise spool_line.BadLine(f"the time {hit.time} is none")
    return hit._replace(key=hit.key.replace("\0", "\ufffd")) if "\0" in hit[4] else hit


def _settle(name: str) -> None:
    """Bring what was committed for the file to the disk: a commit that waits for it takes those before it along."""
    with database.write(durable=True):
        bulk.execute("UPDATE usage_spool SET position = position WHERE name = {p}", name)


def _position(name: str) -> int:
    row = bulk.execute("SELECT position FROM usage_spool WHERE name = {p}", name).fetchone()
    return int(row[0]) if row else 0


def _batches(fd: int, position: int, gone: bool) -> Iterator[tuple[list[bytes], int]]:
    """(lines, the offset after them), up to the last newline; to the very end where nobody will write any more."""
    while chunk := os.pread(fd, CHUNK, position):
        whole = chunk[: chunk.rfind(b"\n") + 1]
        if not whole:
            if not gone and len(chunk) < CHUNK:
                return  # still being written
            whole = chunk
        lines = whole.splitlines(keepends=True)
        for start in range(0, len(lines), BATCH):
            part = lines[start : start + BATCH]
            position += sum(map(len, part))
            yield part, position

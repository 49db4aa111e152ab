"""The spool into the database: every line once, whatever is killed when.

Lines become rows, and the file's cursor moves, in one transaction. A file is removed when its owner is gone, all of it
is read, and the commit that says so is on the disk.

The directory is written to by users whom we do not control: what is no spool file is set aside, and the rest drained.
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from pathlib import Path

from doitui_core import gc_pause
from doitui_core.config import settings
from doitui_core.db import database, raw_sql
from doitui_core.db.chunks import in_chunks
from doitui_core.domain.counter_terms import ROBOT
from doitui_core.usage import hits, late_hits, recount, retention, spool_place, spool_refusals
from doitui_core.usage.agents import Agents, load
from doitui_core.usage.spool_refusals import Refusal
from doitui_core.usage.subjects import Found, Subject, Subjects
from doitui_core.usage.unmatched import Unmatched
from doitui_middleware import drain_files, safe_files, spool_files, spool_line

log = logging.getLogger("doitui.usage")

#: A directory that lets us remove nothing: sticky, or read-only.
STAYS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

#: Lines in one transaction: enough to be fast, few enough that other writers get their turn (about 50 ms).
BATCH = 10_000

#: The end of the year 2255: what is later was stamped by no clock.
LATEST = 9_025_171_200_000_000

#: Bytes read at once. A line is at most `spool_line.LONGEST_LINE`.
CHUNK = 2 << 20


@dataclass
class Drained:
    """What a drain did. `hits`: how many by reason; `rejected`: lines that could not be read; `removed`: files.

    `busy`: another drain was at work there, and this one did nothing. `refused`: entries that are not drained.
    `unmatched`: ids without a record here or without a minted DOI.
    """

    files: int = 0
    lines: int = 0
    rejected: int = 0
    removed: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    busy: bool = False
    refused: list[Refusal] = field(default_factory=list)
    unmatched: Unmatched = field(default_factory=Unmatched)


def drain(directory: str | os.PathLike[str], step: Callable[[int], None] = lambda _: None) -> Drained:
    """Bring all that is in the spool `directory` into the database; `step` is called with the number of bytes.

    Counts nothing yet: `recount.due` does. Raises `OSError` for a directory that cannot be read.
    """
    result = Drained()
    if not Path(directory).is_dir():
        return result
    with safe_files.opened_directory(directory) as opened, drain_files.draining(opened) as ours:
        if not ours:
            result.busy = True
            return result
        place = Path(directory)
        unsound = drain_files.unsound(opened)
        result.refused += [spool_refusals.refuse(place, opened, name, reason) for name, reason in unsound]
        refused = {name for name, _ in unsound}
        if names := [name for name in spool_files.names(opened) if name not in refused]:
            run = _Drain(place, opened, result, step)
            for name in names:
                run.file(name)
        drain_files.remove_unfinished(opened, time.time())
    return result


def drain_due(directory: str | os.PathLike[str] = "") -> Drained:
    """What a worker does every second or so: drain the spool (that of the environment), count what has waited a minute,
    prune. Cheap while nothing comes.
    """
    place = directory or spool_place.from_environment()
    drained = drain(place) if place else Drained()
    for refusal in drained.refused:
        _log_once(f"spool {place}: {refusal}. {refusal.fix}")
    late_hits.find_if_minted()
    if recount.due(recount.PATIENCE):
        retention.prune()
    return drained


@lru_cache(1000)
def _log_once(message: str) -> None:
    """What cannot be moved is refused again every second."""
    log.warning("%s", message)


@lru_cache(1)
def _agents(robots_file: str, _changed: int) -> Agents:
    return load(robots_file)


class _Drain:
    """One run over a directory."""

    def __init__(self, place: Path, directory: int, result: Drained, step: Callable[[int], None]) -> None:
        robots_file = str(settings.load().get("robots_file"))
        # Kept from drain to drain, unless the operator's file has changed.
        changed = os.stat(robots_file).st_mtime_ns if os.path.exists(robots_file) else 0
        self._agents = _agents(robots_file, changed)
        self._zone = hits.current_zone()
        self._place, self._directory = place, directory
        self._subjects = Subjects()
        self._result = result
        self._step = step

    def file(self, name: str) -> None:
        """Drain the file; what cannot be drained is refused, and keeps no other file back."""
        try:
            fd = drain_files.open_to_drain(self._directory, name)
        except FileNotFoundError:
            return
        except safe_files.UnsafeFile as error:  # exchanged since the directory was listed
            self._result.refused.append(spool_refusals.refuse(self._place, self._directory, name, error.reason))
            return
        except OSError as error:
            self._result.refused.append(spool_refusals.leave(self._place, name, error))
            return
        try:
            self._opened(fd, name)
        finally:
            os.close(fd)

    def _opened(self, fd: int, name: str) -> None:
        """Read on from where the last drain stopped; remove the file if nobody writes to it any more."""
        gone = spool_files.owner_is_gone(fd)
        position = _position(name)
        if gone or os.fstat(fd).st_size > position:
            self._result.files += 1
            self._read(fd, name, position, gone)
        if gone:
            self._remove(fd, name)
        else:
            # The site does not wait for its disk; this is what bounds its loss in a power cut.
            os.fdatasync(fd)

    def _remove(self, fd: int, name: str) -> None:
        """Remove the drained file, and its cursor. Where it must stay the cursor stays: it is not drained again."""
        _settle(name)
        try:
            drain_files.remove(self._directory, name, fd)
        except OSError as error:
            if error.errno not in STAYS:
                raise
            self._result.refused.append(spool_refusals.stays(self._place, name, error))
            return
        self._result.removed += 1
        with database.write():
            raw_sql.execute("DELETE FROM usage_spool WHERE name = {p}", name)

    def _read(self, fd: int, name: str, position: int, gone: bool) -> None:
        for lines, end in _batches(fd, position, gone):
            with gc_pause.paused():
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
            raw_sql.execute(
                "INSERT INTO usage_spool (name, position, rejected) VALUES ({p}, {p}, {p}) ON CONFLICT (name)"
                " DO UPDATE SET position = excluded.position, rejected = usage_spool.rejected + excluded.rejected",
                *(name, end, len(rejected)),
            )
        self._result.lines += len(lines)
        self._result.rejected += len(rejected)

    def _reject(self, name: str, lines: list[bytes]) -> None:
        """Keep what cannot be read, as it is. A drain that is killed here keeps it again."""
        data = b"".join(line if line.endswith(b"\n") else line + b"\n" for line in lines)
        safe_files.write_and_close(drain_files.open_rejected(self._directory, name), data)

    def _rows(self, read: list[spool_line.Hit]) -> list[hits.Row]:
        subjects: list[Subject] = list(map(_subject, read))
        known = self._subjects.find(subjects)
        return [self._row(hit, known[subject]) for hit, subject in zip(read, subjects, strict=True)]

    def _row(self, hit: spool_line.Hit, found: Found) -> hits.Row:
        time, _, kind, _, key, url, status, _, actor, agent = hit
        repository_id, doi_id, reason, _ = found
        method = self._agents.classify(agent)
        if status not in spool_line.SUCCESSFUL:
            reason = hits.TAKES_BACK
        elif method == ROBOT:
            reason = ROBOT
        else:
            reason = found.reason_at(time)
            self._result.unmatched.note(reason, key)
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
        raw_sql.execute("UPDATE usage_spool SET position = position WHERE name = {p}", name)


def _position(name: str) -> int:
    row = raw_sql.execute("SELECT position FROM usage_spool WHERE name = {p}", name).fetchone()
    return int(row[0]) if row else 0


def _batches(fd: int, position: int, gone: bool) -> Iterator[tuple[list[bytes], int]]:
    """(lines, the offset after them), up to the last newline; to the very end where nobody will write any more."""
    while chunk := os.pread(fd, CHUNK, position):
        whole = chunk[: chunk.rfind(b"\n") + 1]
        if not whole:
            if not gone and len(chunk) < CHUNK:
                return  # still being written
            whole = chunk
        for part in in_chunks(whole.splitlines(keepends=True), BATCH):
            position += sum(map(len, part))
            yield part, position

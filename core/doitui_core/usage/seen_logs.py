"""Which logs were imported, and how far: known by their first line and their content, not by name or compression.

So a log may be imported again when it has grown, under the name rotation gave it, or compressed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import peewee

from doitui_core.db import database
from doitui_core.db.models import UsageLog
from doitui_core.errors import Refused
from doitui_core.usage import log_lines


@dataclass
class LogProgress:
    """How far a log is imported: `length` bytes are read, `stored` bytes noted as imported, `row_id` None when new."""

    repository_id: int
    path: Path
    first_line: str
    length: int
    hasher: Any
    row_id: int | None
    stored: int = 0
    ends_in_line: bool = False
    forgotten: list[int] = field(default_factory=list)

    def take(self, lines: list[bytes]) -> None:
        """Note that `lines` are read."""
        for line in lines:
            self.hasher.update(line)
            self.length += len(line)

    def store(self) -> None:
        """Note what is read as imported; inside that transaction. Raises `Refused` when another process was faster."""
        before, self.stored = self.stored, self.length
        values = {"length": self.length, "digest": self.hasher.hexdigest(), "path": os.fspath(self.path)}
        now = database.now()
        if self.forgotten:
            UsageLog.delete().where(UsageLog.id.in_(self.forgotten)).execute()
            self.forgotten = []
        try:
            if self.row_id is None:
                self.row_id = UsageLog.insert(
                    repository_id=self.repository_id, first_line=self.first_line, imported_at=now, **values
                ).execute()
                return
            same = (UsageLog.id == self.row_id) & (UsageLog.length == before)
            moved = UsageLog.update(imported_at=now, **values).where(same).execute()
        except peewee.IntegrityError:
            moved = 0
        if not moved:
            raise Refused(f"{self.path} is being imported by another process: import it again when that has ended")


def begin(path: Path, repository_id: int, *, again: bool = False) -> LogProgress | None:
    """Where to go on with the log at `path`; None when it holds no line yet. Raises as `log_lines.opened`.

    `again`: begin anew, as if it had not been imported.
    """
    with log_lines.opened(path) as file:
        first = next((line for line in log_lines.lines(file) if line.strip() and not line.startswith(b"#")), b"")
    if not first.endswith(b"\n"):
        return None
    name = sha256(first).hexdigest()
    progress = LogProgress(repository_id, path, name, 0, sha256(), None)
    rows = {
        row.length: row
        for row in UsageLog.select().where(UsageLog.first_line == name, UsageLog.repository_id == repository_id)
    }
    if again:
        progress.forgotten = [row.id for row in rows.values()]
    elif rows:
        with log_lines.opened(path) as file:
            _find(file, rows, progress)
    return progress


def _find(file: IO[bytes], rows: dict[int, UsageLog], progress: LogProgress) -> None:
    """The longest of `rows` that `file` begins with."""
    hasher, length, last = sha256(), 0, b""
    for until in sorted(rows):
        for piece in _pieces(file, until - length):
            hasher.update(piece)
            length, last = length + len(piece), piece[-1:]
        if length == until and hasher.hexdigest() == rows[until].digest:
            progress.length = progress.stored = length
            progress.hasher, progress.row_id = hasher.copy(), rows[until].id
            progress.ends_in_line = last != b"\n"


def _pieces(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length and (piece := file.read(min(length, log_lines.BUFFER))):
        length -= len(piece)
        yield piece


def skip(file: IO[bytes], progress: LogProgress) -> int:
    """Read over what was imported before, and over the rest of a line whose beginning was; how many lines."""
    number = sum(piece.count(b"\n") for piece in _pieces(file, progress.length))
    if progress.ends_in_line:
        progress.take([file.readline()])
        number += 1
    return number

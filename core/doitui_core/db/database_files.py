"""The file of a SQLite database: who may open it, and files that take its place whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

#: The mode of a database: of its maker alone, or of a group that shares it. SQLite gives -wal and -shm the same.
PRIVATE, SHARED = 0o600, 0o660


def new_mode(folder: Path) -> int:
    """The mode of a database made in `folder`: 0660 in a setgid, group-writable directory, whose group works with it
    under logins of their own, else 0600.
    """
    found = folder.stat().st_mode
    return SHARED if found & stat.S_ISGID and found & stat.S_IWGRP else PRIVATE


def create(path: Path) -> None:
    """Make an empty file for a database, unless it exists. Raises `OSError`."""
    if path.exists():
        os.close(os.open(path, os.O_WRONLY))
        return
    mode = new_mode(path.parent)
    made = os.open(path, os.O_CREAT | os.O_WRONLY, mode)
    try:
        if os.fstat(made).st_size == 0:
            os.fchmod(made, mode)  # whatever the umask is
    finally:
        os.close(made)


def companions(path: Path) -> list[Path]:
    """The files that SQLite may have next to the database at `path`."""
    return [Path(f"{path}-{suffix}") for suffix in ("wal", "shm", "journal")]


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` to the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

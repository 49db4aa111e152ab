"""A lock file: whoever holds it is alone, and a process that dies gives it up."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """The lock on `path`, which is created, and removed by `release`."""

    def __init__(self, path: Path) -> None:
        """Raises BlockingIOError when somebody has it, OSError when the file cannot be created."""
        self._path = path
        while True:
            self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_in_place():
                    return
            except BaseException:
                os.close(self._descriptor)
                raise
            os.close(self._descriptor)  # its owner removed it after we had opened it: nobody else would see our lock

    def release(self) -> None:
        """Give it up; once."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

"""The log file of DOIs: `DOITUI_LOG`, else `doi.log` in the user's log directory. All processes of a host may share it.

A line is one write in append mode, so lines of several processes never mix; a lock for each line, as in libraries for
this, would make a mint 10 % slower. Only rotation takes a lock. A file moved or deleted by logrotate is reopened.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from doitui_core.db import database_files

VARIABLE = "DOITUI_LOG"

#: Bytes at which a file is rotated, and how many rotated files stay.
LARGEST_FILE = 10_000_000
KEPT_FILES = 5

#: O_NONBLOCK: a pipe without a reader must not block.
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC


def path() -> Path:
    """The log file of this process."""
    return Path(_place())


def _place() -> str:
    return os.environ.get(VARIABLE, "") or _default(os.environ.get("XDG_STATE_HOME", ""), os.environ.get("HOME", ""))


@lru_cache(maxsize=4)
def _default(_state: str, _home: str) -> str:
    from platformdirs import user_log_path

    return str(user_log_path("doitui") / "doi.log")


class LogFile(logging.Handler):
    """Appends to the file at `path`. A failure is reported once and stops nothing."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._file = -1
        self._identity: tuple[str, int, int] | None = None
        self._warned: set[str] = set()
        self._second = 0, ""

    def emit(self, record: logging.LogRecord) -> None:
        place = _place()
        try:
            line = self.format(record).encode("utf-8", "backslashreplace")
            if self._size(place) >= LARGEST_FILE:
                rotate(place)
                self._size(place)
            os.write(self._file, line)
        except (OSError, ValueError) as error:
            self._warn(place, getattr(error, "strerror", None) or str(error))

    def format(self, record: logging.LogRecord) -> str:
        """OPUS's format; the text of a second is built once."""
        second = int(record.created)
        if self._second[0] != second:
            self._second = second, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        return f"{self._second[1]},{int(record.msecs):03d} {record.levelname}: {record.getMessage()}\n"

    def close(self) -> None:
        self._close()
        super().close()

    def _size(self, place: str) -> int:
        """The size of the file at `place`, opened if necessary."""
        try:
            found = os.stat(place)
        except FileNotFoundError:
            found = None
        if found is None or (place, found.st_dev, found.st_ino) != self._identity:
            self._open(place)
            found = os.fstat(self._file)
            self._identity = place, found.st_dev, found.st_ino
        return found.st_size

    def _open(self, place: str) -> None:
        self._close()
        if not os.environ.get(VARIABLE):
            Path(place).parent.mkdir(parents=True, exist_ok=True)
        self._file = _opened(place)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._identity = -1, None

    def _warn(self, place: str, reason: str) -> None:
        self._close()
        if place not in self._warned:
            self._warned.add(place)
            # Without DOITUI_LOG only the worker and the doctor report it.
            log = logging.getLogger("doitui" if os.environ.get(VARIABLE) else "doitui.log")
            log.warning("the log %s cannot be written: %s (see %s)", place, reason, VARIABLE)


def _opened(place: str) -> int:
    """The file at `place`, open. A new one in a directory of a group (`database_files.new_mode`) is of that group."""
    new = not os.path.exists(place)
    made = os.open(place, _FLAGS, 0o666)
    if new and database_files.new_mode(Path(place).parent) == database_files.SHARED:
        with suppress(OSError):  # another user was faster, and did it
            os.fchmod(made, database_files.SHARED)
    return made


# Without a handler Python would print to stderr.
logging.getLogger("doitui.log").addHandler(logging.NullHandler())


def rotate(place: str) -> None:
    """Rename a full file to `….1`, the one before to `….2` and so on, unless another process has done it."""
    with os.fdopen(_opened(f"{place}.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.stat(place).st_size < LARGEST_FILE:
            return
        for number in range(KEPT_FILES, 0, -1):
            older = f"{place}.{number - 1}" if number > 1 else place
            with suppress(FileNotFoundError):
                os.replace(older, f"{place}.{number}")


def problem() -> str:
    """Why this user cannot write the log; empty where it can be written or created. Writes nothing."""
    place = path()
    if place.exists():
        return "" if os.access(place, os.W_OK) and not place.is_dir() else "no permission to write it"
    folder = place.parent
    while not os.environ.get(VARIABLE) and not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is not a directory"
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"no permission to write in {folder}"


def rotation_problem() -> str:
    """Why this user cannot rotate the log, which is then not written once it is full; empty where that works. A pipe or
    device is not rotated.
    """
    place = path()
    if not place.is_file() or os.access(place.parent, os.W_OK | os.X_OK):
        return ""
    return f"no permission to write in {place.parent}, and at {LARGEST_FILE / 1e6:.0f} MB nothing more is logged"

"""Hits that could not be stored: counted, logged at most once a minute, and summed up in `dropped.log`.

A line of that file: UTC time, number, process, reason, with tabs between. So `dropped` can tell the worker's host.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from doitui_middleware import safe_files
from doitui_middleware.spool_files import DROPPED, file_mode

if TYPE_CHECKING:
    import logging

SECONDS_BETWEEN = 60.0

#: What to do about it.
ADVICE = {
    errno.ENOSPC: "free space on its disk",
    errno.EDQUOT: "free space or raise the quota",
    errno.ENOENT: "create its parent directory",
    errno.ENOTDIR: "remove it, and create a directory",
    errno.EACCES: "make it writable for the user of this process",
    errno.EPERM: "make it writable for the user of this process",
    errno.EROFS: "mount it writable, or set another spool",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f)",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
}


def logger() -> logging.Logger:
    """Where the operator hears of us: `doitui_middleware`. To be asked for when a site is wrapped.

    At import it would take a quarter of our time. At the first complaint it could be too late: a server changes its
    user, or its root directory, and then Python may find no modules any more.
    """
    import logging

    return logging.getLogger("doitui_middleware")


def advice_for(error: OSError, where: str = "") -> str:
    """What is wrong, and what to do about it."""
    advice = ADVICE.get(error.errno or 0, "")
    return f"{error.strerror or error}{where}" + (f": {advice}" if advice else "")


class SpoolFull(OSError):
    """The directory has reached its cap."""


class Losses:
    """The losses of one process. Never raises."""

    def __init__(self, directory: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._log = logger()
        self.pending = 0
        self._unwritten = 0
        self._directory = directory
        self._monotonic = monotonic
        self._said_at: float | None = None
        self._reason = ""

    def note(self, error: Exception) -> None:
        """One more hit is lost, to `error`."""
        self.pending += 1
        self._reason = _reason(error, self._directory)
        self.report()

    def report(self) -> None:
        """Log what is pending, unless something was logged within the last minute."""
        now = self._monotonic()
        if self._said_at is not None and now - self._said_at < SECONDS_BETWEEN:
            return
        self._said_at = now
        lost, self.pending = self.pending, 0
        self._unwritten += lost
        with suppress(Exception):  # a handler or filter of the site's
            self._log.error("usage: %d not kept in spool %s: %s", lost, self._directory, self._reason)
        with suppress(OSError):  # it stays in the count, and the log has it
            _append(self._directory, self._unwritten, self._reason)
            self._unwritten = 0


def dropped(directory: str) -> int:
    """How many hits the processes of this spool say they could not keep. Remove `dropped.log` to begin anew."""
    try:
        with safe_files.opened_directory(directory) as folder:
            fd = safe_files.open_regular(folder, DROPPED, os.O_RDONLY)
        with open(fd, encoding="utf-8", errors="replace") as file:
            numbers = [line.split("\t")[1:2] for line in file]
    except FileNotFoundError:
        return 0
    return sum(int(number[0]) for number in numbers if number and number[0].isdigit())


def _append(directory: str, lost: int, reason: str) -> None:
    with safe_files.opened_directory(directory) as folder:
        fd = safe_files.open_or_create(folder, DROPPED, os.O_WRONLY | os.O_APPEND, file_mode(folder))
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    safe_files.write_and_close(fd, f"{moment}\t{lost}\t{os.getpid()}\t{reason}\n".encode("utf-8", "replace"))


def _reason(error: Exception, directory: str) -> str:
    if isinstance(error, SpoolFull):
        return str(error)
    if isinstance(error, safe_files.UnsafeFile):
        return str(error.strerror)
    if isinstance(error, OSError):
        name = str(error.filename or "")  # relative: in the spool, which is open; the key may be elsewhere
        elsewhere = os.path.isabs(name) and not name.startswith(directory)
        return advice_for(error, f" ({error.filename})" if elsewhere else "")
    return f"{type(error).__name__}: {error}"

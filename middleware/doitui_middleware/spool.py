"""The writer's side of a spool: a file a process, one `os.write` a line. No thread, no lock, no exit hook.

A line is safe from the death of the process as soon as `write` is back, and from a power cut once the kernel has
written it out or a drain has synchronised it.

A file belongs to a process by its id, compared once a second: uWSGI forks without telling Python. Until then a forked
process appends to its parent's file, which does no harm: both hold its lock, and appends do not mix.
"""

from __future__ import annotations

import errno
import os
import time

from doitui_middleware import local_disk, spool_files
from doitui_middleware.losses import Losses, SpoolFull, advice_for, logger

MICROSECONDS_A_SECOND = 1_000_000
MICROSECONDS_A_DAY = 86_400 * MICROSECONDS_A_SECOND


class Spool:
    """Lines go to `directory`; it holds at most about `cap` bytes, in files of about `file_cap`."""

    def __init__(
        self, directory: str, *, cap: int = spool_files.DIRECTORY_CAP, file_cap: int = spool_files.FILE_CAP
    ) -> None:
        self.directory = directory
        self.losses = Losses(directory)
        self._log = logger()
        self._cap, self._file_cap = cap, file_cap
        self._file: _File | None = None
        self._pid = -1
        self._full_at = -MICROSECONDS_A_SECOND

    def check(self) -> None:
        """Log what would lose every hit, if this process were to write now. Makes nothing, raises nothing.

        Only a warning: a server may change its user later, or the directory may be made.
        """
        there = os.path.lexists(self.directory)
        place = self.directory if there else os.path.dirname(self.directory)
        if not os.path.isdir(place):
            code = errno.ENOTDIR if there else errno.ENOENT
        elif not os.access(place, os.W_OK | os.X_OK):
            code = errno.EACCES
        else:
            return
        advice = advice_for(OSError(code, os.strerror(code)))
        self._log.warning("usage: hits of this site will be lost, spool %s: %s", self.directory, advice)

    def write(self, line: bytes, now: int) -> None:
        """Append `line`. `now`: microseconds since 1970. Raises nothing: what cannot be kept is counted in `losses`."""
        try:
            file = self._file
            if file is None or not file.checked <= now < file.check_at:
                file = self._checked(now)
            if file.torn:  # the next line must not join that piece
                line = b"\n" + line
            if os.write(file.fd, line) != len(line):
                file.torn = True
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            file.torn = False
            if self.losses.pending:
                self.losses.report()
        except Exception as error:
            self.losses.note(error)

    def _checked(self, now: int) -> _File:
        """Our file, still there and of fair size; else a new one. Asked once a second, and at the first line."""
        if self._pid != os.getpid():
            self._begin()
        file = self._file
        if file is None or not file.is_good(now, self._file_cap):
            file = self._file = self._opened(now)  # the old one is let go when no thread writes to it any more
        file.checked, file.check_at = now, now + MICROSECONDS_A_SECOND
        return file

    def _begin(self) -> None:
        if self._pid != -1:  # forked: what the parent has lost is the parent's to say
            self._file, self._full_at = None, -MICROSECONDS_A_SECOND
            self.losses = Losses(self.directory)
        self._pid = os.getpid()
        if kind := local_disk.networked(self.directory):
            self._log.warning("usage: spool %s is on %s, not on a local disk: hits may be lost", self.directory, kind)

    def _opened(self, now: int) -> _File:
        if self._full_at <= now < self._full_at + MICROSECONDS_A_SECOND:  # adding up a large directory takes time
            raise self._full()
        spool_files.make_directory(self.directory)
        if spool_files.size(self.directory) >= self._cap:
            self._full_at = now
            raise self._full()
        name = spool_files.new_name(self._pid, time.time_ns())
        return _File(spool_files.create(self.directory, name), now)

    def _full(self) -> SpoolFull:
        return SpoolFull(f"it has reached its cap of {self._cap:,} bytes: run `doitui usage drain`, or the worker")


class _File:
    """An open, locked file. It is closed when the last thread that may still write to it lets go of it.

    Closing by hand would be wrong: the number could be a visitor's socket by the time another thread writes.
    """

    __slots__ = ("check_at", "checked", "fd", "identity", "opened", "torn")

    def __init__(self, fd: int, now: int) -> None:
        self.fd = fd
        self.identity = _identity(os.fstat(fd))
        self.opened = now
        self.checked = self.check_at = 0
        self.torn = False

    def is_good(self, now: int, cap: int) -> bool:
        """Whether lines may still go here: not removed by somebody, not too large, not too old."""
        try:
            found = os.fstat(self.fd)
        except OSError:  # somebody has closed what was not theirs
            return False
        if _identity(found) != self.identity or not found.st_nlink:
            return False
        return found.st_size < cap and now - self.opened < MICROSECONDS_A_DAY

    def __del__(self) -> None:
        # A child that closed what it inherited may have given the number to something else.
        try:
            if _identity(os.fstat(self.fd)) == self.identity:
                os.close(self.fd)
        except OSError:
            pass


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino

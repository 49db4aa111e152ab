"""What a drain does with the files of a spool: lock, open, set aside, remove. Names and liveness: `spool_files`.

A directory is given by its descriptor (`safe_files.opened_directory`).
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from doitui_middleware import safe_files, spool_files
from doitui_middleware.spool_files import ACTOR_KEY, DRAIN_LOCK, DROPPED, NAME, OPENING, REJECTED, SET_ASIDE, SUFFIX

#: An `.opening` file this old belongs to nobody: its process was killed between two system calls.
OPENING_SECONDS = 3600.0

#: The longest beginning of a name that is kept when it is set aside; file systems take 255 bytes.
LONGEST_BEGINNING = 200

_HARMFUL = re.compile(r"[^A-Za-z0-9_.-]+")


def open_to_drain(directory: int, name: str) -> int:
    """A descriptor to read with; for writing too where we may, since over a network an exclusive flock asks for that.

    Raises `UnsafeFile` for what is no spool file, else `OSError`.
    """
    try:
        return safe_files.open_regular(directory, name, os.O_RDWR)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EROFS):
            raise
        return safe_files.open_regular(directory, name, os.O_RDONLY)


def open_rejected(directory: int, name: str) -> int:
    """A descriptor to append lines of the spool file `name` to that cannot be read. Always to a file of our own."""
    flags, mode, place = os.O_WRONLY | os.O_APPEND, spool_files.file_mode(directory), name + REJECTED
    try:
        fd = safe_files.open_or_create(directory, place, flags, mode)
        if os.fstat(fd).st_uid == os.geteuid():
            return fd
        os.close(fd)
    except (safe_files.UnsafeFile, PermissionError):
        pass  # a planted name, or the file of another user's drain
    return safe_files.create(directory, f"{name}.{os.urandom(4).hex()}{REJECTED}", flags, mode)


@contextmanager
def draining(directory: int) -> Iterator[bool]:
    """Whether we are the one who drains this directory, for as long as the block lasts.

    The directory itself is locked, since nobody can exchange that under us; and `drain.lock`, unless it is unsound, for
    network disks that lock no directory and for programs that know that file only.
    """
    fd = None
    try:
        ours = _directory_is_free(directory)
        fd = _lock_file(directory) if ours else None
        yield ours and (fd is None or spool_files.owner_is_gone(fd))
    finally:
        if fd is not None:
            os.close(fd)
        with suppress(OSError):
            fcntl.flock(directory, fcntl.LOCK_UN)


def _directory_is_free(directory: int) -> bool:
    try:
        return spool_files.owner_is_gone(directory)
    except OSError:  # this disk locks no directories
        return True


def _lock_file(directory: int) -> int | None:
    mode = spool_files.file_mode(directory)
    try:
        return safe_files.open_or_create(directory, DRAIN_LOCK, os.O_RDWR, mode)
    except (safe_files.UnsafeFile, PermissionError):
        return None
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return None


def unsound(directory: int) -> list[tuple[str, str]]:
    """(name, reason) of what has a name of ours and is no file that we may use. Looks, and opens nothing."""
    folder = os.fstat(directory)
    with os.scandir(directory) as entries:
        found = [(entry.name, _fault(entry, folder)) for entry in entries]
    return sorted((name, reason) for name, reason in found if reason)


def _fault(entry: os.DirEntry[str], folder: os.stat_result) -> str:
    name = entry.name
    if not name.endswith((SUFFIX, OPENING, REJECTED)) and name not in (DRAIN_LOCK, DROPPED, ACTOR_KEY):
        return ""
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # a process has just renamed or removed it
        return ""
    if name == ACTOR_KEY or name.endswith(OPENING):  # the key has two names while it is made
        return safe_files.wrong_kind(found)
    if name.endswith(SUFFIX) and not NAME.fullmatch(name):
        return safe_files.wrong_kind(found) or "does not have the name of a spool file"
    return safe_files.fault(found, folder)


def set_aside(directory: int, name: str) -> str | None:
    """Rename what stands under `name`, so that a name of ours is free again; the new name, None if it cannot be moved.

    Nothing is followed or opened. The new name has harmless characters only.
    """
    beginning = _HARMFUL.sub("_", name)[:LONGEST_BEGINNING]
    aside = f"{beginning}.{os.urandom(4).hex()}{SET_ASIDE}"
    try:
        os.rename(name, aside, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        return None
    return aside


def remove(directory: int, name: str, fd: int) -> None:
    """Remove the name of the file open as `fd`, unless it is gone or another file's by now. Raises `OSError`."""
    with suppress(FileNotFoundError):
        ours, found = os.fstat(fd), os.stat(name, dir_fd=directory, follow_symlinks=False)
        if (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino):
            os.unlink(name, dir_fd=directory)


def remove_unfinished(directory: int, now: float) -> None:
    """Remove `.opening` files of processes that were killed while making them; they hold nothing. `now`: seconds."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith(OPENING):
                # Renamed or removed meanwhile, not ours to remove, or a directory, which is unsound.
                with suppress(OSError):
                    if now - entry.stat(follow_symlinks=False).st_mtime > OPENING_SECONDS:
                        os.unlink(entry.name, dir_fd=directory)

"""Open files in a directory where other users create names too: regular files only, and never through a link.

The directory is opened once and every name is looked up in that descriptor. A file is checked before it is opened, so
that a device or a pipe is not touched, and again by its descriptor: a name that was exchanged meanwhile gains nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

#: A FIFO must not block us, and a child process must not inherit the descriptor.
FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

#: What `os.open` says when a link, a socket or a directory took the place of the file that was checked.
EXCHANGED = frozenset({errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR})

KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


class UnsafeFile(OSError):
    """What stands under `name` is no file that we may use; `reason` says why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(errno.EPERM, f"{printable(name)} {reason}")
        self.name, self.reason = name, reason


def printable(name: str) -> str:
    r"""`name` with `\n`, `\x1b` and the like written out, so that no file name steers a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def wrong_kind(found: os.stat_result) -> str:
    """Why this is not a regular file; empty for one."""
    kind = stat.S_IFMT(found.st_mode)
    return "" if kind == stat.S_IFREG else f"is {KINDS.get(kind, 'no regular file')}"


def fault(found: os.stat_result, directory: os.stat_result) -> str:
    """Why this is not a file that we may use in `directory`, whoever owns it; empty if it is."""
    if reason := wrong_kind(found) or extra_links(found):
        return reason
    if found.st_gid != directory.st_gid and not _may_have(found, directory):
        return f"belongs to group {found.st_gid}, not to the directory's group {directory.st_gid}"
    return ""


def extra_links(found: os.stat_result) -> str:
    """Why a regular file might be somebody else's as well; empty if it has one name only."""
    return f"has {found.st_nlink} hard links" if found.st_nlink > 1 else ""


def _may_have(found: os.stat_result, directory: os.stat_result) -> bool:
    """Without the setgid bit a new file gets the group of the process that makes it, not that of the directory."""
    return not directory.st_mode & stat.S_ISGID and found.st_gid in _groups(found.st_uid, os.getegid())


@lru_cache(64)
def _groups(user: int, own: int) -> frozenset[int]:
    import pwd

    try:
        known = pwd.getpwuid(user)
        return frozenset({own, known.pw_gid, *os.getgrouplist(known.pw_name, known.pw_gid)})
    except KeyError:
        return frozenset({own})


@contextmanager
def opened_directory(path: str | os.PathLike[str]) -> Iterator[int]:
    """The descriptor of a directory. Raises `UnsafeFile` if a link leads there that another user may have planted."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _require_own_links(os.path.abspath(path))
        yield fd
    finally:
        os.close(fd)


def _require_own_links(path: str) -> None:
    """Links are followed as Linux does in /tmp: in a directory others write to, only those of root, of ourselves, and
    of the owner of what they lead to.
    """
    while (parent := os.path.dirname(path)) != path:
        found = os.lstat(path)
        plantable = stat.S_ISLNK(found.st_mode) and os.stat(parent).st_mode & 0o022
        if plantable and found.st_uid not in (0, os.geteuid(), os.stat(path).st_uid):
            raise UnsafeFile(path, f"is a symbolic link of user {found.st_uid}, where others may plant links")
        path = parent


@contextmanager
def closed_on_error(fd: int) -> Iterator[None]:
    """Close `fd` if the block raises."""
    try:
        yield
    except BaseException:
        os.close(fd)
        raise


def write_and_close(fd: int, data: bytes) -> None:
    """Write `data` by one system call and close `fd`. Raises `OSError`."""
    try:
        os.write(fd, data)
    finally:
        os.close(fd)


def open_regular(directory: int, name: str, flags: int) -> int:
    """The descriptor of a file that is there. Raises `UnsafeFile` for what is none of ours, else `OSError`."""
    folder = os.fstat(directory)
    _require(name, fault(os.stat(name, dir_fd=directory, follow_symlinks=False), folder))
    fd = _open(name, flags, directory)
    with closed_on_error(fd):
        _require(name, fault(os.fstat(fd), folder))
    return fd


def open_or_create(directory: int, name: str, flags: int, mode: int) -> int:
    """As `open_regular`; a file that does not exist is created, with `mode` whatever the umask says."""
    with suppress(FileNotFoundError):
        return open_regular(directory, name, flags)
    try:
        return create(directory, name, flags, mode)
    except FileExistsError:
        return open_regular(directory, name, flags)


def create(directory: int, name: str, flags: int, mode: int) -> int:
    """The descriptor of a new file. Raises `FileExistsError` where the name is taken, by a link too."""
    fd = os.open(name, flags | os.O_CREAT | os.O_EXCL | FLAGS, mode, dir_fd=directory)
    with closed_on_error(fd):
        os.fchmod(fd, mode)
    return fd


def _open(name: str, flags: int, directory: int) -> int:
    try:
        return os.open(name, flags | FLAGS, dir_fd=directory)
    except OSError as error:
        if error.errno in EXCHANGED:
            raise UnsafeFile(name, "was exchanged while it was opened") from error
        raise


def _require(name: str, reason: str) -> None:
    if reason:
        raise UnsafeFile(name, reason)

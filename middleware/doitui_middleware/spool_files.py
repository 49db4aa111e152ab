"""The files of a spool directory: their names, and whether the owner still lives. For the writer and for the drain.

| name | what it is |
|---|---|
| `HOST-PID-NANOSECONDS-RANDOM.spool` | lines of one process (`spool_line`), only ever appended to |
| `….opening` | one that is being made, a key too: not there yet for a reader |
| `….spool.rejected` | lines of that file which a drain could not read, as they were |
| `drain.lock` | whoever holds its flock drains this directory |
| `dropped.log` | hits that could not be kept, see `losses` |
| `actor.key` | the key of today, see `actor_key` |

**Liveness.** The owner holds an flock on its file for as long as it may still append. The kernel gives the lock back
when the process ends, however it ends; so no heartbeat, and a process id that is used again deceives nobody. A file has
its `.spool` name only once it is locked. The owner never locks again what it has let go.

**For a drain.** Take `draining`. For each of `names`, oldest first: open it with `open_to_drain`, ask `owner_is_gone`
*before* reading to the end, and read from the stored offset to the last newline; a rest without a newline is torn if
the owner is gone, and still being written if not. An empty line is nothing. Commit rows and offset together. Only then,
and only if the owner was gone before the last read, `os.unlink`. The owner may rotate at any time: it lets go of the
old file, which is then like one whose owner has died. A file that somebody removes under a living owner is given up by
it within a second.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SUFFIX, OPENING, REJECTED = ".spool", ".opening", ".rejected"
DRAIN_LOCK, DROPPED, ACTOR_KEY = "drain.lock", "dropped.log", "actor.key"

#: What a directory may take up, and how large one file grows. Bytes.
DIRECTORY_CAP = 1 << 30
FILE_CAP = 8 << 20

#: An `.opening` file this old belongs to nobody: its process was killed between two system calls.
OPENING_SECONDS = 3600.0

_NAME = re.compile(r"[A-Za-z0-9_.]+-\d+-(\d+)-[0-9a-f]+\.spool")
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_.]+")


def new_name(pid: int, now_ns: int) -> str:
    """A name that no other process of any host takes."""
    host = _NOT_IN_NAME.sub("_", os.uname().nodename)[:64] or "host"
    return f"{host}-{pid}-{now_ns}-{os.urandom(4).hex()}{SUFFIX}"


def names(directory: str | os.PathLike[str]) -> list[str]:
    """The spool files there, oldest first; none for a directory that does not exist. Raises other `OSError`s."""
    try:
        found = [match for name in os.listdir(directory) if (match := _NAME.fullmatch(name))]
    except FileNotFoundError:
        return []
    return [match[0] for match in sorted(found, key=lambda match: (int(match[1]), match[0]))]


def rejected_name(name: str) -> str:
    """Where a drain puts the lines of `name` it cannot read."""
    return name + REJECTED


def size(directory: str | os.PathLike[str]) -> int:
    """Bytes of all spool files, rejected ones too; 0 for a directory that does not exist."""
    total = 0
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if SUFFIX in entry.name:
                    total += _size(entry)
    except FileNotFoundError:
        pass
    return total


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # a drain has just removed it
        return 0


def make_directory(directory: str | os.PathLike[str]) -> None:
    """Make it when its parent exists: 2770 under a setgid parent (web user and worker share a group), else 0700."""
    parent = os.path.dirname(os.path.abspath(directory))
    shared = bool(os.stat(parent).st_mode & stat.S_ISGID)
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        return
    if shared:  # mkdir obeys the umask and, on some systems, drops the bit
        os.chmod(directory, 0o2770)


def file_mode(directory: str | os.PathLike[str]) -> int:
    """0660 in a setgid directory, whose group reads and removes; else 0600."""
    return 0o660 if os.stat(directory).st_mode & stat.S_ISGID else 0o600


def create(directory: str | os.PathLike[str], name: str) -> int:
    """The descriptor of a new file, locked by us before others can see it. Raises `OSError`."""
    folder = os.fspath(directory)
    opening = os.path.join(folder, name + OPENING)
    mode = file_mode(folder)
    fd = os.open(opening, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        os.fchmod(fd, mode)  # whatever the umask says
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(opening, os.path.join(folder, name))
    except BaseException:
        os.close(fd)
        raise
    return fd


def open_to_drain(path: str | os.PathLike[str]) -> int:
    """A descriptor to read with; for writing too, since over a network an exclusive flock asks for that."""
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def owner_is_gone(fd: int) -> bool:
    """Whether nobody can append any more. If so the lock is now ours, until `fd` is closed."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def draining(directory: str | os.PathLike[str]) -> Iterator[bool]:
    """Whether we are the one who drains this directory, for as long as the block lasts."""
    path = os.path.join(directory, DRAIN_LOCK)
    mode = file_mode(directory)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        with suppress(PermissionError):  # somebody else of the group has made it
            os.fchmod(fd, mode)
        yield owner_is_gone(fd)
    finally:
        os.close(fd)


def remove_unfinished(directory: str | os.PathLike[str], now: float) -> None:
    """Remove `.opening` files of processes that were killed while making them; they hold nothing. `now`: seconds."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith(OPENING) and now - _modified(entry, now) > OPENING_SECONDS:
                with suppress(FileNotFoundError):
                    os.unlink(entry.path)


def _modified(entry: os.DirEntry[str], now: float) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:  # it has just got its name
        return now

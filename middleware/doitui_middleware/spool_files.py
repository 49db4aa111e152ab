"""The files of a spool directory: their names, and whether the owner still lives. For the writer and for the drain.

| name | what it is |
|---|---|
| `HOST-PID-NANOSECONDS-RANDOM.spool` | lines of one process (`spool_line`), only ever appended to |
| `….opening` | one that is being made, a key too: not there yet for a reader |
| `….spool.rejected` | lines of that file which a drain could not read, as they were; made by the drain |
| `….set-aside` | what stood under one of these names and was no file of ours, see `drain_files` |
| `drain.lock` | whoever holds its flock, and that of the directory, drains |
| `dropped.log` | hits that could not be kept, see `losses` |
| `actor.key` | the key of today, see `actor_key` |

**Liveness.** The owner holds an flock on its file for as long as it may still append. The kernel gives the lock back
when the process ends, however it ends; so no heartbeat, and a process id that is used again deceives nobody. A file has
its `.spool` name only once it is locked. The owner never locks again what it has let go.

**Trust.** Everybody in the group of a shared directory can make names in it, so nothing in it is opened but through
`safe_files`: a regular file, with one name, of the directory's group, whoever owns it. A drain sets the rest aside.

**For a drain.** Open the directory, take `draining`, set aside what is `unsound` (all in `drain_files`). For each of
`names`, oldest first: open it with `open_to_drain`, ask `owner_is_gone` *before* reading to the end, and read from the
stored offset to the last newline; a rest without a newline is torn if the owner is gone, else still being written. An
empty line is nothing. Commit rows and offset together. Only then, and only if the owner was gone before the last read,
`remove` it. The owner may rotate at any time: it lets go of the old file, which is then like one whose owner has died.
A file that somebody removes under a living owner is given up by it within a second.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from contextlib import suppress

from doitui_middleware import safe_files

SUFFIX, OPENING, REJECTED, SET_ASIDE = ".spool", ".opening", ".rejected", ".set-aside"
DRAIN_LOCK, DROPPED, ACTOR_KEY = "drain.lock", "dropped.log", "actor.key"

#: What a directory may take up, and how large one file grows. Bytes.
DIRECTORY_CAP = 1 << 30
FILE_CAP = 8 << 20

#: A directory is given by its path, or by a descriptor of it.
Directory = str | os.PathLike[str] | int

NAME = re.compile(r"[A-Za-z0-9_.]+-\d+-(\d+)-[0-9a-f]+\.spool", re.ASCII)
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_.]+")


def new_name(pid: int, now_ns: int) -> str:
    """A name that no other process of any host takes."""
    host = _NOT_IN_NAME.sub("_", os.uname().nodename)[:64] or "host"
    return f"{host}-{pid}-{now_ns}-{os.urandom(4).hex()}{SUFFIX}"


def names(directory: Directory) -> list[str]:
    """The spool files there, oldest first; none for a directory that does not exist. Raises other `OSError`s."""
    try:
        found = [match for name in os.listdir(directory) if (match := NAME.fullmatch(name))]
    except FileNotFoundError:
        return []
    return [match[0] for match in sorted(found, key=lambda match: (int(match[1]), match[0]))]


def size(directory: Directory) -> int:
    """Bytes of all spool files, rejected ones too; 0 for a directory that does not exist."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(directory) as entries:
        for entry in entries:
            if SUFFIX in entry.name:
                with suppress(FileNotFoundError):  # a drain has just removed it
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def make_directory(directory: str | os.PathLike[str]) -> None:
    """Make it when its parent exists: 2770 under a setgid parent (web user and worker share a group), else 0700."""
    parent = os.path.dirname(os.path.abspath(directory))
    shared = bool(os.stat(parent).st_mode & stat.S_ISGID)
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        return
    if shared:  # mkdir obeys the umask and, on some systems, drops the bit
        _share(directory)


def _share(directory: str | os.PathLike[str]) -> None:
    """2770 for the directory just made, unless somebody has put another one in its place."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | safe_files.FLAGS)
    try:
        if os.fstat(fd).st_uid == os.geteuid():
            os.fchmod(fd, 0o2770)
    finally:
        os.close(fd)


def file_mode(directory: Directory) -> int:
    """0660 in a setgid directory, whose group reads and removes; else 0600."""
    return 0o660 if os.stat(directory).st_mode & stat.S_ISGID else 0o600


def create(directory: str | os.PathLike[str], name: str) -> int:
    """The descriptor of a new file, locked by us before others can see it. Raises `OSError`."""
    with safe_files.opened_directory(directory) as folder:
        opening = name + OPENING
        fd = safe_files.create(folder, opening, os.O_WRONLY | os.O_APPEND, file_mode(folder))
        with safe_files.closed_on_error(fd):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(opening, name, src_dir_fd=folder, dst_dir_fd=folder)
    return fd


def owner_is_gone(fd: int) -> bool:
    """Whether nobody can append any more. If so the lock is now ours, until `fd` is closed."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

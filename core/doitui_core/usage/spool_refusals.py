"""What a drain refuses in a spool directory: entries that are no files of ours. Set aside, or left where they are."""

from __future__ import annotations

import os
import re
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path

from doitui_middleware import drain_files, safe_files, spool_files
from doitui_middleware.safe_files import printable

#: What `drain_files.set_aside` adds to a name.
_ASIDE = re.compile(r"\.[0-9a-f]{8}\.set-aside")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that is not drained. `name` is safe to print; `set_aside`: its new name, None if it was not moved.

    `fix`: the command that helps. `stuck`: the next drain will not move it either.
    """

    name: str
    reason: str
    set_aside: str | None
    fix: str
    stuck: bool = False

    def document(self) -> dict[str, str | None]:
        """As JSON shows it."""
        return {"name": self.name, "reason": self.reason, "set_aside": self.set_aside, "fix": self.fix}

    def __str__(self) -> str:
        where = f"set aside as {self.set_aside}" if self.set_aside else "left where it is"
        return f"{self.name} {self.reason}: {where}"


def refuse(place: Path, directory: int, name: str, reason: str) -> Refusal:
    """Set `name` aside. `place`: the path of `directory`, for people."""
    aside = drain_files.set_aside(directory, name)
    return Refusal(printable(name), reason, aside, _fix(place, aside or name, reason))


def leave(place: Path, name: str, error: OSError) -> Refusal:
    """Leave `name` where it is: it is a file of ours, but `error` keeps us from it."""
    return Refusal(printable(name), f"cannot be drained: {error.strerror or error}", None, _permit(place, name))


def stays(place: Path, name: str, error: OSError) -> Refusal:
    """All of `name` is drained, but `error` keeps us from removing it."""
    fix = f"ls -ld {_quoted(place, '')} {_quoted(place, name)}   # then remove the file"
    return Refusal(printable(name), f"is drained and cannot be removed: {error.strerror or error}", None, fix)


def look(place: Path) -> list[Refusal]:
    """What is refused there at the moment, set aside before or not yet. Changes nothing. Raises `OSError`."""
    with safe_files.opened_directory(place) as directory:
        denied = [name for name in spool_files.names(directory) if not _readable(directory, name)]
        before = [name for name in sorted(os.listdir(directory)) if _ASIDE.search(name)]
        return [
            *(_waits(place, name, reason) for name, reason in drain_files.unsound(directory)),
            *(Refusal(name, "cannot be read by this user", None, _permit(place, name), True) for name in denied),
            *(_set_aside_before(place, directory, name) for name in before),
        ]


def _can_be_moved(place: Path) -> bool:
    """Whether a drain by this user can rename what others made there."""
    found = place.stat()
    sticky = found.st_mode & stat.S_ISVTX and os.geteuid() not in (0, found.st_uid)
    return not sticky and os.access(place, os.W_OK | os.X_OK)


def _readable(directory: int, name: str) -> bool:
    """Also for what is no file: that has a better reason."""
    try:
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return True
    return bool(safe_files.wrong_kind(found)) or os.access(name, os.R_OK, dir_fd=directory)


def _set_aside_before(place: Path, directory: int, name: str) -> Refusal:
    try:
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return Refusal(printable(name), "was removed", None, "")
    reason = safe_files.fault(found, os.fstat(directory)) or "was refused by a drain"
    return Refusal(printable(_ASIDE.sub("", name)), reason, printable(name), _fix(place, name, reason))


def _fix(place: Path, name: str, reason: str) -> str:
    path = _quoted(place, name)
    if reason.startswith("belongs to group"):
        back = _quoted(place, _ASIDE.sub("", name))
        return f"chgrp --reference={shlex.quote(str(place))} {path} && mv {path} {back}"
    return f"ls -ld {path}   # then remove it"


def _waits(place: Path, name: str, reason: str) -> Refusal:
    if _can_be_moved(place):
        return Refusal(printable(name), reason, None, f"doitui usage drain --spool {shlex.quote(str(place))}")
    return Refusal(printable(name), reason, None, f"ls -ld {_quoted(place, name)}   # then remove it, as root", True)


def _permit(place: Path, name: str) -> str:
    return f"chmod g+rw {_quoted(place, name)}"


def _quoted(place: Path, name: str) -> str:
    return shlex.quote(printable(str(place / name)))

"""The doctor's checks of the spool, which two users share: the website's writes hits, and ours drains them."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from doitui_core.text import plural
from doitui_core.usage import spool_refusals
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check
from doitui_middleware import losses, spool_files

#: Entries that are named one by one.
NAMED = 5


def checks() -> list[Check]:
    """Whether this user can drain the spool, nobody else can read it, and what in it is not drained."""
    place = os.environ.get("DOITUI_SPOOL", "")
    if not place:
        return [Check("spool", OK, "DOITUI_SPOOL is not set: no usage is measured on this host")]
    path, shown = Path(place), shlex.quote(place)
    if not path.is_dir():
        return [Check("spool", WARN, f"{path} does not exist", f"mkdir -m 2770 {shown}")]
    found = path.stat()
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        member = membership(found.st_mode, group_name(found.st_gid), user_name(os.geteuid()))
        message = f"{path} is not readable and writable by this user"
        return [Check("spool", FAIL, message, member or f"ls -ld {shown}")]
    return [*lost_hits(path), *_entries(path), *modes(shown, found.st_mode)] or [
        Check("spool", OK, f"{path}, {sum(1 for _ in path.iterdir())} files")
    ]


def lost_hits(spool: Path) -> list[Check]:
    """A warning for hits that were lost since `dropped.log` was removed: sites note in it what they could not store."""
    try:
        lost = losses.dropped(str(spool))
    except OSError:
        return []  # not a file of a site's: `_entries` names it
    if not lost:
        return []
    place = shlex.quote(str(spool / spool_files.DROPPED))
    message = f"{plural(lost, 'hit', grouped=True)} could not be stored; {spool_files.DROPPED} names the reasons"
    return [Check("spool", WARN, message, f"tail {place}; rm {place}")]


def membership(mode: int, group: str, user: str) -> str:
    """The command that lets `user` into a directory of `mode` that its `group` may use; empty where that is no way."""
    return f"sudo usermod -aG {group} {user}   # then log in again" if mode & stat.S_IRWXG == stat.S_IRWXG else ""


def modes(shown: str, mode: int) -> list[Check]:
    """What is wrong with the mode of the directory. Files in one that is not setgid get the group of who writes them:
    who drains them cannot read those of another user.
    """
    found = []
    if mode & stat.S_IRWXO:
        message = f"{shown} is accessible to all users of this machine"
        found.append(Check("spool", WARN, message, f"chmod o-rwx {shown}"))
    if mode & stat.S_IWGRP and not mode & stat.S_ISGID:
        message = f"{shown} is shared with a group and not setgid: files of the website may not be readable"
        found.append(Check("spool", WARN, message, f"chmod g+s {shown}"))
    return found


def group_name(gid: int) -> str:
    """The name of a group; its number where it has none."""
    with suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return str(gid)


def user_name(uid: int) -> str:
    """The name of a user; its number where it has none."""
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _entries(path: Path) -> list[Check]:
    refused = spool_refusals.look(path)
    found = [_refused(path, refusal) for refusal in refused[:NAMED]]
    if len(refused) > NAMED:
        message = f"{len(refused) - NAMED} more entries of {path} are refused"
        found.append(Check("spool", WARN, message, f"ls -la {shlex.quote(str(path))}"))
    return found


def _refused(spool: Path, refusal: spool_refusals.Refusal) -> Check:
    if refusal.set_aside:
        message = f"{refusal.name} {refusal.reason}; set aside as {spool}/{refusal.set_aside}"
        return Check("spool", WARN, message, refusal.fix)
    message = f"{spool}/{refusal.name} {refusal.reason}: it is not drained"
    return Check("spool", FAIL if refusal.stuck else WARN, message, refusal.fix)

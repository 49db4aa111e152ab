"""Login names: who acts, and who may change things (the setting `operators`; empty, everybody who can write the
database). It stops mistakes. Only the permissions of the database file or server stop an attacker.
"""

from __future__ import annotations

import os
import pwd

from doitui_core.config import settings
from doitui_core.errors import BadInput, NotAnOperator


def actor() -> str:
    """Who asks, for the log and for `operators`: the name of who has logged in, also behind sudo, else of the user the
    process runs as. Not what the environment says: anybody can write LOGNAME.
    """
    try:
        return os.getlogin()
    except OSError:  # no terminal, or a session that nobody has logged in to
        pass
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def refusal(name: str) -> str:
    """Why `name` may not; empty if they may."""
    return _refusal(name, settings.load().get("operators"))


def require(name: str) -> None:
    """Raise `NotAnOperator` if `name` may not change anything."""
    if why_not := refusal(name):
        raise NotAnOperator(why_not)


def check_change(name: str, listed: str, repository: str, *, sure: bool) -> None:
    """Raise `BadInput` where `operators` = `listed` is for one `repository`, or would lock its user `name` out and they
    are not `sure`.
    """
    if repository:
        raise BadInput("operators is for the whole database: leave out --repository")
    if _refusal(name, listed) and not sure:
        raise BadInput(
            f"{name} would not be in operators ({_names(listed)}) and could not change it back:"
            f" add {name}, or use --yes"
        )


def _refusal(name: str, listed: str) -> str:
    allowed = listed.split()
    if not allowed or name in allowed:
        return ""
    return (
        f"{name} is not in the setting operators ({_names(listed)}). Ask one of them to add {name}; the users of"
        " workers, cron and the hub are listed there too"
    )


def _names(listed: str) -> str:
    return ", ".join(listed.split())

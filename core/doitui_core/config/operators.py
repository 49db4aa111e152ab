"""Login names: who acts, and who may change things from the terminal UI (the setting `operators`; empty, everybody)."""

from __future__ import annotations

import os
import pwd

from doitui_core.config import settings


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
    allowed = settings.load().get("operators").split()
    if not allowed or name in allowed:
        return ""
    return f"{name} is not among the operators ({', '.join(allowed)}): `doitui setting set operators '…'` names them"

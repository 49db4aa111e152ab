"""Who acts: the name that stands in the logs."""

from __future__ import annotations

import os
import pwd


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

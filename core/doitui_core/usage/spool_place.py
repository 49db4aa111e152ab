"""The spool of this host: where it is, and how much waits in it. What only looks loads nothing of what drains."""

from __future__ import annotations

import os


def from_environment() -> str:
    """The spool that `DOITUI_SPOOL` names; empty for none."""
    return os.environ.get("DOITUI_SPOOL", "")


def waiting(directory: str | os.PathLike[str] = "") -> dict[str, int]:
    """What waits in the spool (that of the environment): `files` and `bytes`, as `status` tells them."""
    place = directory or from_environment()
    if not place:
        return {"files": 0, "bytes": 0}
    from doitui_middleware import spool_files

    return {"files": len(spool_files.names(place)), "bytes": spool_files.size(place)}

"""Hits that sites could not store in the spool, as they noted it in `dropped.log`."""

from __future__ import annotations

import shlex
from pathlib import Path

from doitui_core.text import plural
from doitui_core.views.doctor_check import Check
from doitui_middleware import losses, spool_files


def lost_hits(spool: Path) -> list[Check]:
    """A warning for hits that were lost since `dropped.log` was removed."""
    lost = losses.dropped(str(spool))
    if not lost:
        return []
    place = shlex.quote(str(spool / spool_files.DROPPED))
    message = f"{plural(lost, 'hit', grouped=True)} could not be stored; {spool_files.DROPPED} names the reasons"
    return [Check("spool", "WARN", message, f"tail {place}; rm {place}")]

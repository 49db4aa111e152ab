"""Drain the spool now: its lines become hits, hits become counts, counts become events."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from doitui_core.db import audit, database
from doitui_core.errors import BadInput, Misconfigured
from doitui_core.events import usage_refresh
from doitui_core.text import plural
from doitui_core.usage import drain as draining
from doitui_core.usage import late_hits, recount, retention, spool_place
from doitui_core.usage.drain import Drained


@dataclass(frozen=True, slots=True)
class SpoolDrained:
    """What was drained, how many hits came before their DOI was minted and count now, how many hours were counted, how
    many rows were pruned. `no_events`: the error that prevented events of the counts; else empty.
    """

    drained: Drained
    late: int
    hours: int
    pruned: int
    no_events: str = ""


def place(given: str | None = None) -> Path:
    """The spool: `given`, or that of the environment. Raises `Misconfigured` for none, `BadInput` for no directory."""
    named = spool_place.from_environment() if given is None else given
    if not named:
        raise Misconfigured("no spool is configured: set DOITUI_SPOOL in the environment, or use --spool DIR")
    if not os.path.isdir(named):
        raise BadInput(f"spool {named} does not exist: give the directory the middleware writes to")
    return Path(named)


def drain(actor: str, spool: Path | None = None, step: Callable[[int], None] = lambda _: None) -> SpoolDrained:
    """Drain `spool`, or that of the environment; `step` is called with numbers of bytes. Raises as `place` and
    `draining.drain`.
    """
    spool = spool or place()
    drained = draining.drain(spool, step)
    late = late_hits.find()
    hours, pruned = recount.due(), retention.prune()
    if drained.lines:
        with database.write():
            audit.note(actor, "drain", f"spool {spool}", plural(drained.lines, "line"))
    return SpoolDrained(drained, late, hours, pruned, refresh_events())


def refresh_events(*, all_days: bool = False) -> str:
    """Make events of what was counted lately, or on `all_days`. The error, where settings are wrong: then the counts
    stay; else empty.
    """
    try:
        usage_refresh.refresh(None if all_days else usage_refresh.LATELY)
    except Misconfigured as error:
        return str(error)
    return ""

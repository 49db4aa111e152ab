"""Whether the clock is right: the doctor's warnings about it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from doitui_core.clock import system
from doitui_core.db import database
from doitui_core.views.doctor_check import WARN, Check
from doitui_core.worker import stored_times

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer

#: More than this two clocks do not differ. An answer from far away takes longer, and its Date tells whole seconds.
SKEW, REMOTE_SKEW = timedelta(seconds=5), timedelta(minutes=1)

_SET = "timedatectl set-ntp true"


def check_host() -> list[Check]:
    """Against the database's clock, and against the times that are stored."""
    found, now = [], database.now()
    if abs(now - system()) > SKEW:
        message = f"the clocks of this host and the database differ by {_span(now - system())}"
        found.append(Check("clock", WARN, message, _SET))
    ahead = stored_times.ahead()
    if ahead:
        message = f"stored times are up to {_span(max(ahead.values()) - now)} ahead ({', '.join(sorted(ahead))})"
        message += ": the clock was wrong, or is wrong now"
        found.append(Check("clock", WARN, message, "timedatectl status   # and: doitui queue resume"))
    return found


def check_remote(answer: Answer) -> list[Check]:
    """Against the Date of a server's answer."""
    with suppress(ValueError, TypeError):
        skew = system() - parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
        if abs(skew) > REMOTE_SKEW:
            side = "ahead of" if skew > timedelta() else "behind"
            message = f"the clock of this host is {_span(skew)} {side} that of {urlsplit(answer.url).hostname}"
            return [Check("clock", WARN, message, _SET)]
    return []


def _span(span: timedelta) -> str:
    """`3.0 d`, `1.5 h`, `20 s`."""
    seconds = abs(span.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"

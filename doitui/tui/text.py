"""Text for the screens: harmless, of the right width, with times and numbers in one format."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TypeGuard

from rich.cells import cell_len, set_cell_size

import doitui_core.text
from doitui_core.clock import EPOCH
from doitui_core.text import plain

#: Joiners and variation selectors: terminals disagree about the width of the result.
_JOINED = str.maketrans("", "", "\u200d\ufe0e\ufe0f")


def harmless(text: object, longest: int = 2_000) -> str:
    """`text` as one line without control characters, cut to `longest` characters."""
    return plain(str(text)[:longest]).translate(_JOINED)


def fit(text: object, width: int) -> str:
    """`text` harmless and exactly `width` columns wide; cut text ends in …"""
    shown = harmless(text, 4 * width + 8)
    if shown.isascii():
        return shown.ljust(width) if len(shown) <= width else f"{shown[: max(width - 1, 0)]}…"[:width]
    if cell_len(shown) > width:
        shown = f"{set_cell_size(shown, max(width - 1, 0)).rstrip()}…" if width else ""
    return set_cell_size(shown, width)


def number(value: int) -> str:
    """`1,234,567`."""
    return f"{value:,}"


#: `1 job`, `2,000 jobs`.
plural = partial(doitui_core.text.plural, grouped=True)


def day(moment: datetime | None) -> str:
    """`2026-11-20`; `-` for never."""
    return f"{moment:%Y-%m-%d}" if _is_known(moment) else "-"


def minute(moment: datetime | None) -> str:
    """`2026-11-20 10:42Z`; `-` for never."""
    return f"{moment:%Y-%m-%d %H:%MZ}" if _is_known(moment) else "-"


def second(moment: datetime | None) -> str:
    """`2026-11-20 10:42:07Z`; `-` for never."""
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if _is_known(moment) else "-"


def _is_known(moment: datetime | None) -> TypeGuard[datetime]:
    return moment is not None and moment != EPOCH


def span(time: timedelta) -> str:
    """A duration in one or two units: `12s`, `4m`, `3h 20m`, `5d`."""
    seconds = max(int(time.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3_600:
        return f"{seconds // 60}m"
    hours, minutes = seconds // 3_600, seconds % 3_600 // 60
    if hours < 24:
        return f"{hours}h {minutes}m" if minutes else f"{hours}h"
    return f"{hours // 24}d"


def due(moment: datetime | None, now: datetime) -> str:
    """When something is due: `now`, `in 4m`; `-` for never."""
    if not _is_known(moment):
        return "-"
    return f"in {span(moment - now)}" if moment > now else "now"


def ago(moment: datetime | None, now: datetime) -> str:
    """The time since `moment`, as `span`; `-` for never."""
    return span(now - moment) if _is_known(moment) else "-"


#: Bars from an eighth of a cell to a whole one.
BARS = "▁▂▃▄▅▆▇█"


def spark(values: list[int]) -> str:
    """A small chart: a bar for each value, full for the highest, a dot for 0."""
    most = max(values, default=0)
    return "".join("·" if not value else BARS[min(value * len(BARS) // most, len(BARS)) - 1] for value in values)


#: Eighths of a cell from the left.
PARTS = "▏▎▍▌▋▊▉█"


def bar(value: int, most: int, width: int) -> str:
    """A horizontal bar for `value`; `most` fills `width` columns."""
    eighths = value * width * 8 // most if most else 0
    return "█" * (eighths // 8) + (PARTS[eighths % 8 - 1] if eighths % 8 else "")

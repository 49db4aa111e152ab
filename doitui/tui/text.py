"""Text fit for a screen: harmless, as wide as it should be, and times and numbers in one form everywhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.cells import cell_len, set_cell_size

import doitui_core.text
from doitui_core.clock import EPOCH
from doitui_core.text import plain

#: Terminals disagree about the width of what these make of the characters around them.
_JOINED = str.maketrans("", "", "\u200d\ufe0e\ufe0f")


def harmless(text: object, longest: int = 2_000) -> str:
    """`text` as one line that cannot steer a terminal, cut to `longest` characters."""
    return plain(str(text)[:longest]).translate(_JOINED)


def fit(text: object, width: int) -> str:
    """`text` harmless and exactly `width` columns wide; what was cut ends in …"""
    shown = harmless(text, 4 * width + 8)
    if shown.isascii():
        return shown.ljust(width) if len(shown) <= width else f"{shown[: max(width - 1, 0)]}…"[:width]
    if cell_len(shown) > width:
        shown = f"{set_cell_size(shown, max(width - 1, 0)).rstrip()}…" if width else ""
    return set_cell_size(shown, width)


def number(value: int) -> str:
    """`1,234,567`."""
    return f"{value:,}"


def plural(value: int, noun: str) -> str:
    """`1 job`, `2,000 jobs`."""
    return doitui_core.text.plural(value, noun, grouped=True)


def day(moment: datetime | None) -> str:
    """`2026-11-20`, a dash for never."""
    return f"{moment:%Y-%m-%d}" if _is_known(moment) else "-"


def minute(moment: datetime | None) -> str:
    """`2026-11-20 10:42Z`."""
    return f"{moment:%Y-%m-%d %H:%MZ}" if _is_known(moment) else "-"


def second(moment: datetime | None) -> str:
    """`2026-11-20 10:42:07Z`."""
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if _is_known(moment) else "-"


def _is_known(moment: datetime | None) -> bool:
    return moment is not None and moment != EPOCH


def span(time: timedelta) -> str:
    """How long, in one or two units: `12s`, `4m`, `3h 20m`, `5d`."""
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
    """When something is due: `now`, `in 4m`."""
    if not _is_known(moment):
        return "-"
    assert moment is not None
    return f"in {span(moment - now)}" if moment > now else "now"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long it is ago, a dash for never."""
    if not _is_known(moment):
        return "-"
    assert moment is not None
    return span(now - moment)


#: An eighth of a cell each; a line of them is a small chart.
BARS = "▁▂▃▄▅▆▇█"


def spark(values: list[int]) -> str:
    """One bar for each value, the highest is full; nothing is a dot."""
    most = max(values, default=0)
    return "".join("·" if not value else BARS[min(value * len(BARS) // most, len(BARS)) - 1] for value in values)


#: Eighths of a cell from the left.
PARTS = "▏▎▍▌▋▊▉█"


def bar(value: int, most: int, width: int) -> str:
    """A line as long as `value` is of `most`, which fills `width` columns."""
    eighths = value * width * 8 // most if most else 0
    return "█" * (eighths // 8) + (PARTS[eighths % 8 - 1] if eighths % 8 else "")

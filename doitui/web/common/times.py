"""Times as DataCite writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def format_time(moment: datetime) -> str:
    """`moment`, which is in UTC, as `2026-11-20T10:00:00.000Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def timestamp(seconds: float) -> str:
    """`seconds` since the epoch as DataCite writes times: `2026-11-20T10:00:00.000Z`."""
    return format_time(datetime.fromtimestamp(seconds, UTC))

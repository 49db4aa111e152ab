"""The usage counts by month, as the screens show them."""

from __future__ import annotations

from typing import Any

from doitui_core.domain.counter_terms import LABELS, METRICS

#: Counts as `show.shown` returns them: of a month, of a source, or all.
Counts = dict[str, Any]

#: Months that are shown.
MONTHS = 24


def monthly_usage(doi: str = "") -> Counts:
    """The counts of one DOI, as `show.shown`; of all DOIs only the months."""
    from doitui_core.usage import show  # slow to import

    return show.shown(doi=doi, limit=0 if doi else 1)


def by_month(found: Counts) -> list[Counts]:
    """`month` and `LABELS` of the last months, oldest first, with months without counts."""
    months = {row["month"]: row for row in found["months"]}
    numbers = [12 * int(name[:4]) + int(name[5:]) - 1 for name in months]
    shown = range(min(numbers), max(numbers) + 1)[-MONTHS:] if numbers else ()
    names = [f"{number // 12:04}-{number % 12 + 1:02}" for number in shown]
    return [{"month": name, **metric_columns(months.get(name, {}))} for name in names]


def metric_columns(row: Counts) -> dict[str, int]:
    """The counts of a row by label; 0 for those it does not have."""
    return {name: row.get(metric, 0) for name, metric in zip(LABELS, METRICS, strict=True)}

"""What was counted, month by month, as the screens show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from doitui_core.domain.counter_terms import LABELS, METRICS

#: Counts as `show.shown` has them: of a month, of a source, or all.
Counts = dict[str, Any]

#: Years of counts are cut to so many months.
MONTHS = 24


def monthly_usage(doi: str = "") -> Counts:
    """As `show.shown`, of one DOI or of all; of all only the months."""
    from doitui_core.usage import show  # whoever does not look at it need not wait for it

    return show.shown(doi=doi, limit=0 if doi else 1)


def by_month(found: Counts) -> list[Counts]:
    """`month` and `LABELS` of the last months, oldest first; those without any stand among them too."""
    months = {row["month"]: row for row in found["months"]}
    shown = list(_from_to(sorted(months)))[-MONTHS:]
    return [{"month": name, **metric_columns(months.get(name, {}))} for name in shown]


def metric_columns(row: Counts) -> dict[str, int]:
    """The counts of a row under their names; what is not there is 0."""
    return {name: row.get(metric, 0) for name, metric in zip(LABELS, METRICS, strict=True)}


def _from_to(months: Sequence[str]) -> Iterator[str]:
    if months:
        year, month = map(int, months[0].split("-"))
        while (name := f"{year:04}-{month:02}") <= months[-1]:
            yield name
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)

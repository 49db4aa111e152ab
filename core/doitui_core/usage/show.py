"""What was counted: by DOI and access method, by month, by day."""

from __future__ import annotations

from typing import Any

from doitui_core.config import repositories
from doitui_core.db import raw_sql
from doitui_core.dois import doi_rows
from doitui_core.domain.counter_terms import COLUMNS, METRICS
from doitui_core.usage import hits, months
from doitui_core.usage.zone import date_of, days_of_month

Row = dict[str, Any]

_SUMS = ", ".join(f"SUM(usage_count.{column})" for column in COLUMNS)

_FROM = " FROM usage_count JOIN doi ON doi.id = usage_count.doi_id JOIN repository ON repository.id = doi.repository_id"


def shown(*, month: str = "", doi: str = "", repository: str = "", limit: int = 100) -> Row:
    """`counts`: by DOI, access method and source, most investigations first; `months` and, for a month, `days`: sums.

    `limit` 0: all DOIs. `month`: as `months.resolve`.
    Raises `BadInput` for a month that is none, `NotFound` for a DOI or repository.
    """
    month = months.resolve(month) if month else ""
    where, values = _where(month, doi, repository)
    cut = f" LIMIT {limit + 1}" if limit else ""
    rows = raw_sql.execute(
        f"SELECT doi.doi, repository.code, usage_count.access_method, usage_count.source, {_SUMS}{_FROM}{where}"
        " GROUP BY doi.id, doi.doi, repository.code, usage_count.access_method, usage_count.source"
        f" ORDER BY 5 DESC, doi.doi, usage_count.access_method, usage_count.source{cut}",
        *values,
    ).fetchall()
    series = raw_sql.execute(
        f"SELECT usage_count.day, usage_count.source, {_SUMS}{_FROM}{where}"
        " GROUP BY usage_count.day, usage_count.source ORDER BY usage_count.day",
        *values,
    ).fetchall()
    counts = [
        {"doi": name, "repository": code, "access_method": method, "source": source, **_metrics(numbers)}
        for name, code, method, source, *numbers in (rows[:limit] if limit else rows)
    ]
    found: Row = {"counts": counts, "more": bool(limit) and len(rows) > limit, "months": _months(series)}
    if month:
        found["days"] = [
            {"day": date_of(day).isoformat(), **_metrics(numbers)}
            for day, source, *numbers in series
            if source != hits.IMPORT
        ]
    return found


def _where(month: str, doi: str, repository: str) -> tuple[str, list[Any]]:
    parts: list[tuple[str, list[Any]]] = []
    if month:
        days = days_of_month(month)
        parts.append(("usage_count.day >= {p} AND usage_count.day < {p}", [days.start, days.stop]))
    if doi:
        parts.append(("usage_count.doi_id = {p}", [doi_rows.find(doi).id]))
    if repository:
        parts.append(("doi.repository_id = {p}", [repositories.find(repository).id]))
    condition = " AND ".join(part for part, _ in parts)
    return (f" WHERE {condition}" if parts else ""), [value for _, values in parts for value in values]


def _metrics(numbers: list[Any]) -> dict[str, int]:
    return {metric: int(number) for metric, number in zip(METRICS, numbers, strict=True)}


def _months(series: list[Any]) -> list[Row]:
    found: dict[str, list[int]] = {}
    for day, _, *numbers in series:
        month = f"{date_of(day):%Y-%m}"
        found[month] = [have + int(more) for have, more in zip(found.get(month, [0] * 4), numbers, strict=True)]
    return [{"month": month, **_metrics(numbers)} for month, numbers in found.items()]

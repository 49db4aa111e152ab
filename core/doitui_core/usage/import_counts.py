"""Totals that were counted elsewhere, month by month: stored with ours, marked `import`, and never mixed with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from doitui_core import csv_files
from doitui_core.db import database, raw_sql
from doitui_core.db.models import Doi, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import usage_rule
from doitui_core.domain.counter_terms import COLUMNS, MACHINE, METRICS, REGULAR
from doitui_core.errors import BadInput, DoituiError, Misconfigured
from doitui_core.usage import hits, usage_end
from doitui_core.usage.zone import HOURS_A_DAY, Zone, days_of_month

HEADER = ("doi", "month", "metric_type", "access_method", "count")

#: The column of a metric type in the table of counts.
COLUMN = dict(zip(METRICS, COLUMNS, strict=True))

#: What fits into a database's integer, and is no mistake yet.
MOST = 10**15


@dataclass
class CountImportResult:
    """`stored`: rows that stand in the database now; `rejected`: (place, why)."""

    stored: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)


def import_counts(
    paths: Sequence[Path], repository: Repository, result: CountImportResult | None = None, *, dry_run: bool = False
) -> CountImportResult:
    """Store the rows of CSV files with the columns of `HEADER`; a row stored before is replaced. `result` is added to,
    row by row, also where an error ends it.

    Raises `UnreadableDocument` for a file that is none, `Misconfigured` where nothing can be stored; a bad row stops
    nothing.
    """
    result, zone = CountImportResult() if result is None else result, hits.current_zone()
    for path in paths:
        for number, row in csv_files.rows(path, HEADER, HEADER, f"its first line names {', '.join(HEADER)}"):
            try:
                _store(csv_files.cells(row), repository, zone, dry_run)
                result.stored += 1
            except Misconfigured:  # it would be the same with all that follow
                raise
            except DoituiError as error:
                result.rejected.append((f"{path}:{number}", str(error)))
    return result


def _store(row: dict[str, str], repository: Repository, zone: Zone, dry_run: bool) -> None:
    doi, column, number = _doi(row["doi"], repository), _column(row), _number(row["count"])
    days = [(repository.id, day) for day in days_of_month(row["month"])]
    _check_tombstone(doi, days[0][1], zone)
    if dry_run:
        _check_days(days, row["month"])
        return
    with database.write():
        hits.claim(days, hits.IMPORT, zone)
        _check_days(days, row["month"])
        raw_sql.execute(
            f"INSERT INTO usage_count (day, doi_id, access_method, country, source, {column})"
            " VALUES ({p}, {p}, {p}, '', {p}, {p}) ON CONFLICT (day, doi_id, access_method, country, source)"
            f" DO UPDATE SET {column} = excluded.{column}",
            *(days[0][1], doi.id, row["access_method"], hits.IMPORT, number),
        )


def _check_days(days: list[hits.Day], month: str) -> None:
    for source, _ in hits.day_sources(days).values():
        if source != hits.IMPORT:
            raise BadInput(f"usage of {month} is counted here already (from the {source}): a month has one source")


def _check_tombstone(doi: Doi, first_day: int, zone: Zone) -> None:
    end = usage_rule.counts_until(doi.wanted, usage_end.requested_at([doi.id]).get(doi.id))
    if end != usage_rule.NEVER and first_day > zone.hour(end) // HOURS_A_DAY:
        raise BadInput(f"{doi.doi} was a tombstone in that month already: usage after the request is not counted")


def _doi(text: str, repository: Repository) -> Doi:
    found = doi_rows.find(text)
    if found.repository_id != repository.id:
        raise BadInput(f"{text!r} is no DOI of repository {repository.code}")
    return found


def _column(row: dict[str, str]) -> str:
    if row["access_method"] not in (REGULAR, MACHINE):
        raise BadInput(f"access_method is {row['access_method']!r}: it must be {REGULAR} or {MACHINE}")
    if row["metric_type"] not in COLUMN:
        raise BadInput(f"metric_type is {row['metric_type']!r}: it must be one of {', '.join(METRICS)}")
    return COLUMN[row["metric_type"]]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= MOST):
        raise BadInput(f"count is {text[:40]!r}: it must be a whole number")
    return int(text)

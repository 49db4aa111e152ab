"""Our counts compared with those of the stored report, DOI by DOI. Both are streamed; the stored ones go through a
temporary file.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from doitui_core.domain import identifiers, outcomes
from doitui_core.domain.counter_terms import ACCESS_METHODS, METRICS
from doitui_core.domain.intermediary import REPORTS
from doitui_core.domain.outcomes import OutcomeKind
from doitui_core.errors import CredentialsRefused, Misconfigured, RemoteFailed
from doitui_core.usage_reports import month_counts, stored_report
from doitui_core.usage_reports.building import BuiltReport
from doitui_core.usage_reports.report_connection import ReportConnection
from doitui_core.usage_reports.report_outcomes import report_outcome

#: `total-dataset-requests-machine` …: the relations of the events that are made of a report.
RELATIONS = tuple(f"{metric}-{method}" for method in ACCESS_METHODS for metric in METRICS)

#: The column of each relation.
_COLUMNS = [f"c{number}" for number in range(len(RELATIONS))]

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CountDifference:
    """A DOI with different counts here and in the stored report; {}: none. `times`: its datasets in that report."""

    doi: str
    ours: Counts
    theirs: Counts
    times: int


@dataclass
class Reconciled:
    """Totals by relation and numbers of DOIs, here and in the stored report. `is_stored`: there is one.

    `differences`: the first of them; `differing`: how many there are.
    """

    report: BuiltReport
    is_stored: bool = False
    ours: Counter[str] = field(default_factory=Counter)
    theirs: Counter[str] = field(default_factory=Counter)
    our_dois: int = 0
    their_dois: int = 0
    differing: int = 0
    differences: list[CountDifference] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether the stored report has exactly our counts."""
        return self.is_stored and not self.differing


def reconcile(report: BuiltReport, connection: ReportConnection, most: int) -> Reconciled:
    """Compare the counts with the stored report; at most `most` differences are listed, 0: all. Raises `RemoteFailed`,
    `Misconfigured`, and `UnreadableDocument` for an answer that is no report.
    """
    found = Reconciled(report)
    with tempfile.TemporaryFile() as answer, closing(_StoredCounts()) as stored:
        found.is_stored = _fetch(report, connection, answer)
        if found.is_stored:
            stored.fill(stored_report.datasets(answer))
        for usage in month_counts.usages(report.reporter.repository_id, report.period.days):
            found.ours.update(usage.by_relation)
            found.our_dois += 1
            _compare(found, usage.doi, usage.by_relation, *stored.pop(usage.doi), most)
        for doi, counts, times in stored.rest():
            _compare(found, doi, {}, counts, times, most)
    return found


def _compare(found: Reconciled, doi: str, ours: Counts, theirs: Counts, times: int, most: int) -> None:
    found.theirs.update(theirs)
    found.their_dois += times > 0
    if ours == theirs and times == 1:
        return
    found.differing += 1
    if not most or len(found.differences) < most:
        found.differences.append(CountDifference(doi, ours, theirs, times))


def _fetch(report: BuiltReport, connection: ReportConnection, into: BinaryIO) -> bool:
    """Whether the store has the report. Raises `RemoteFailed` or `Misconfigured` where its answer does not say."""
    connection.spend()
    answer = connection.client.fetch(report.uuid, into)
    outcomes.require_own(answer, REPORTS)
    if answer.ok or answer.status == 404:
        return answer.ok
    outcome = report_outcome(answer, report.uuid)
    if outcome.kind is OutcomeKind.BLOCKED:
        refused = CredentialsRefused if outcome.cause == "credentials" else Misconfigured
        raise refused(outcome.message)
    raise RemoteFailed(outcomes.for_read(outcome).message)


class _StoredCounts:
    """The counts of the stored report by DOI, in a temporary database."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        columns = ", ".join(f"{column} INTEGER NOT NULL" for column in _COLUMNS)
        self._db.execute(f"CREATE TABLE stored (doi TEXT PRIMARY KEY, times INTEGER NOT NULL, {columns}) WITHOUT ROWID")

    def fill(self, datasets: Iterator[Any]) -> None:
        """Add the datasets; those of the same DOI are summed up."""
        sums = ", ".join(f"{column} = {column} + excluded.{column}" for column in _COLUMNS)
        statement = (
            f"INSERT INTO stored VALUES (?, 1, {', '.join('?' * len(_COLUMNS))})"
            f" ON CONFLICT (doi) DO UPDATE SET times = times + 1, {sums}"
        )
        self._db.executemany(statement, map(_row, datasets))

    def pop(self, doi: str) -> tuple[dict[str, int], int]:
        """The counts of the DOI, and the number of its datasets, removed from here; ({}, 0) if it has none."""
        key = (identifiers.fold(doi),)
        row = self._db.execute("SELECT * FROM stored WHERE doi = ?", key).fetchone()
        self._db.execute("DELETE FROM stored WHERE doi = ?", key)
        return (_counts(row), row[1]) if row else ({}, 0)

    def rest(self) -> Iterator[tuple[str, dict[str, int], int]]:
        """(DOI, counts, number of datasets) of those not removed."""
        for row in self._db.execute("SELECT * FROM stored ORDER BY doi"):
            yield row[0], _counts(row), row[1]

    def close(self) -> None:
        self._db.close()


def _counts(row: Any) -> dict[str, int]:
    return {relation: count for relation, count in zip(RELATIONS, row[2:], strict=True) if count}


def _row(dataset: Any) -> tuple[Any, ...]:
    """As DataCite reads a dataset: its first id, its first performance (usage.md 1.9)."""
    try:
        instances = dataset["performance"][0]["instance"]
        doi = identifiers.fold(str(dataset["dataset-id"][0]["value"]))
        counts = Counter[str]()
        for one in instances:
            counts[f"{one['metric-type']}-{one['access-method']}"] += int(one["count"])
    except (LookupError, TypeError, ValueError, AttributeError):
        return (f"a dataset that cannot be read: {str(dataset)[:200]}", *[0] * len(RELATIONS))
    return (doi, *(counts[relation] for relation in RELATIONS))

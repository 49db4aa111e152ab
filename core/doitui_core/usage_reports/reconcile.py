"""What we counted beside what the other side holds, DOI by DOI. Both stream; a temporary file stands between them."""

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

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CountDifference:
    """One DOI of which the two sides tell different counts; {} where a side has none. `times`: datasets over there."""

    doi: str
    ours: Counts
    theirs: Counts
    times: int


@dataclass
class Reconciled:
    """Totals by relation and numbers of DOIs, on both sides. `stored_report`: there is such a report at all.

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
        return self.is_stored and not self.differing


def reconcile(report: BuiltReport, connection: ReportConnection, most: int) -> Reconciled:
    """Compare the two; at most `most` differences are told, 0: all. Raises `RemoteFailed`, `Misconfigured`, and
    `UnreadableDocument` for an answer that is no report.
    """
    found = Reconciled(report)
    with tempfile.TemporaryFile() as answer, closing(_Theirs()) as theirs:
        found.is_stored = _fetched(report, connection, answer)
        if found.is_stored:
            theirs.fill(stored_report.datasets(answer))
        for usage in month_counts.usages(report.reporter.repository_id, report.period.days):
            ours = {f"{metric}-{method}": count for (metric, method), count in usage.counts.items()}
            found.ours.update(ours)
            found.our_dois += 1
            _compare(found, usage.doi, ours, *theirs.taken(usage.doi), most)
        for doi, times, counts in theirs.left():
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


def _fetched(report: BuiltReport, connection: ReportConnection, into: BinaryIO) -> bool:
    """Whether the store has the report. Raises where it does not say."""
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


class _Theirs:
    """The other side's counts by DOI, in a file of our own that is gone afterwards."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        columns = ", ".join(f"c{number} INTEGER NOT NULL" for number in range(len(RELATIONS)))
        self._db.execute(f"CREATE TABLE held (doi TEXT PRIMARY KEY, times INTEGER NOT NULL, {columns}) WITHOUT ROWID")

    def fill(self, datasets: Iterator[Any]) -> None:
        """A DOI that is there several times is summed up."""
        columns = [f"c{number}" for number in range(len(RELATIONS))]
        sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in columns)
        statement = (
            f"INSERT INTO held VALUES (?, 1, {', '.join('?' * len(columns))})"
            f" ON CONFLICT (doi) DO UPDATE SET times = times + 1, {sums}"
        )
        self._db.executemany(statement, map(_row, datasets))

    def taken(self, doi: str) -> tuple[dict[str, int], int]:
        """(counts, how often) of that DOI, which is then gone from here; ({}, 0) where it is not."""
        row = self._db.execute("SELECT * FROM held WHERE doi = ?", (identifiers.fold(doi),)).fetchone()
        if row is None:
            return {}, 0
        self._db.execute("DELETE FROM held WHERE doi = ?", (identifiers.fold(doi),))
        return _counts(row), row[1]

    def left(self) -> Iterator[tuple[str, int, dict[str, int]]]:
        """(DOI, how often, counts) of those that nobody took."""
        for row in self._db.execute("SELECT * FROM held ORDER BY doi"):
            yield row[0], row[1], _counts(row)

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

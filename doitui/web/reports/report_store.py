"""The usage reports, and the compressed parts some consist of. Each method is one transaction."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from doitui.web.common.refusals import refusal
from doitui.web.common.usage_database import UsageDatabase
from doitui.web.reports.report_input import Submission

# What is known about datasets: those of a compressed part are validated after it is accepted.
WAITING = "waiting"
VALID = "valid"
NOT_VALID = "not_valid"

_REPORT = "SELECT number, uid, client, created_by, year, month, url, header, state FROM report WHERE "
_SUBSET = "SELECT number, report, checksum, gzip, state FROM report_subset WHERE "
_INSERT = (
    "INSERT INTO report (uid, client, created_by, year, month, url, header, datasets, state)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ADD = "INSERT INTO report_subset (report, checksum, gzip, state) VALUES (?, ?, ?, ?)"
_HAS = "EXISTS (SELECT 1 FROM report_subset WHERE report = report.number AND state = ?)"


@dataclass(frozen=True, slots=True)
class StoredReport:
    """One report without its datasets. `url` is the address it was created under, the subject of its events.

    `state` is that of a plain report's datasets, None when it consists of compressed parts, which have their own.
    """

    number: int
    uid: str
    client: str
    created_by: str
    year: int
    month: int
    url: str
    header: dict[str, Any]
    state: str | None


@dataclass(frozen=True, slots=True)
class Subset:
    """One compressed part; `checksum` is the SHA-256 of `gzip` in hexadecimal."""

    number: int
    report: int
    checksum: str
    gzip: bytes
    state: str


class ReportStore:
    """All reports."""

    def __init__(self, database: UsageDatabase) -> None:
        self._database = database

    def create(self, report: StoredReport, submission: Submission) -> StoredReport:
        """Store a new report. Raises 409 when uid, or creator and month, are another's."""
        columns = (report.uid, report.client, report.created_by, report.year, report.month, report.url)
        with self._database.transaction() as connection:
            values = (*columns, json.dumps(report.header), *_plain(submission))
            number = connection.execute(_INSERT, values).lastrowid
            connection.executemany(_ADD, _parts(number, submission))
        return self._one(number)

    def replace(self, report: StoredReport, header: dict[str, Any], submission: Submission) -> StoredReport:
        """Another header and other datasets for `report`; its old parts go."""
        with self._database.transaction() as connection:
            values = (json.dumps(header), *_plain(submission), report.number)
            connection.execute("UPDATE report SET header = ?, datasets = ?, state = ? WHERE number = ?", values)
            connection.execute("DELETE FROM report_subset WHERE report = ?", (report.number,))
            connection.executemany(_ADD, _parts(report.number, submission))
        return self._one(report.number)

    def append(self, report: StoredReport, submission: Submission) -> None:
        """One more compressed part."""
        with self._database.transaction() as connection:
            connection.executemany(_ADD, _parts(report.number, submission))

    def delete(self, report: StoredReport) -> None:
        """Delete `report` and its parts. Its events stay, as at DataCite."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM report_subset WHERE report = ?", (report.number,))
            connection.execute("DELETE FROM report WHERE number = ?", (report.number,))

    def find(self, uid: str) -> StoredReport | None:
        """The report `uid`, in any case."""
        return next(iter(self._reports("uid = ?", [uid])), None)

    def get(self, uid: str) -> StoredReport:
        """The report `uid`, in any case. Raises 404."""
        report = self.find(uid)
        if report is None:
            raise refusal(404)
        return report

    def for_month(self, client: str, created_by: str, year: int, month: int) -> StoredReport | None:
        """The one report of `client` for a month by that creator."""
        values = [client, created_by, year, month]
        return next(iter(self._reports("client = ? AND created_by = ? AND year = ? AND month = ?", values)), None)

    def datasets(self, report: StoredReport) -> list[Any]:
        """The datasets of a plain report, [] for one that consists of compressed parts."""
        ((packed,),) = self._database.read("SELECT datasets FROM report WHERE number = ?", [report.number])
        return list(json.loads(zlib.decompress(packed))) if packed else []

    def subsets(self, report: StoredReport) -> list[Subset]:
        """The parts, in the order in which they came."""
        return self._subsets("report = ? ORDER BY number", [report.number])

    def waiting_parts(self, report: StoredReport) -> list[Subset]:
        """The parts that are not validated yet."""
        return self._subsets("report = ? AND state = ? ORDER BY number", [report.number, WAITING])

    def has_part(self, report: StoredReport, gzip: bytes) -> bool:
        """Whether the same part is stored already."""
        values = [report.number, checksum(gzip)]
        return bool(self._database.read("SELECT 1 FROM report_subset WHERE report = ? AND checksum = ?", values))

    def subset(self, number: int) -> Subset | None:
        """The part `number`."""
        return next(iter(self._subsets("number = ?", [number])), None)

    def page(self, clause: str, values: Sequence[object], order: str, size: int, offset: int) -> list[StoredReport]:
        """One page of the reports that fulfil `clause`."""
        return self._reports(f"{clause} ORDER BY {order} LIMIT ? OFFSET ?", [*values, size, offset])

    def count(self, clause: str, values: Sequence[object]) -> int:
        """How many reports fulfil `clause`."""
        return int(self._database.read(f"SELECT count(*) FROM report WHERE {clause}", values)[0][0])

    def waiting(self) -> list[StoredReport]:
        """Reports with datasets that are not validated, because the sandbox was killed before."""
        return self._reports(f"state = ? OR {_HAS} ORDER BY number", [WAITING, WAITING])

    def state(self, report: StoredReport) -> str:
        """The worst of what is known about its datasets."""
        rows = self._database.read("SELECT DISTINCT state FROM report_subset WHERE report = ?", [report.number])
        states = {report.state, *(state for (state,) in rows)}
        return next((state for state in (NOT_VALID, WAITING) if state in states), VALID)

    def settle(self, report: StoredReport, state: str) -> None:
        """Store the state of a plain report's datasets."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE report SET state = ? WHERE number = ?", (state, report.number))

    def settle_part(self, subset: Subset, state: str) -> None:
        """Store the state of a part's datasets."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE report_subset SET state = ? WHERE number = ?", (state, subset.number))

    def _reports(self, clause: str, values: Sequence[object]) -> list[StoredReport]:
        return [_report(row) for row in self._database.read(_REPORT + clause, values)]

    def _subsets(self, clause: str, values: Sequence[object]) -> list[Subset]:
        return [Subset(*row) for row in self._database.read(_SUBSET + clause, values)]

    def _one(self, number: int | None) -> StoredReport:
        (report,) = self._reports("number = ?", [number])
        return report


def checksum(gzip: bytes) -> str:
    """The SHA-256 of a part, in hexadecimal."""
    return hashlib.sha256(gzip).hexdigest()


def _plain(submission: Submission) -> tuple[bytes | None, str | None]:
    if submission.compressed is not None:
        return None, None
    return zlib.compress(json.dumps(submission.datasets).encode()), WAITING


def _parts(report: int | None, submission: Submission) -> list[tuple[object, ...]]:
    gzip = submission.compressed
    return [] if gzip is None else [(report, checksum(gzip), gzip, WAITING)]


def _report(row: Any) -> StoredReport:
    *columns, header, state = row
    values = [*columns, json.loads(header), state]
    return StoredReport(*values)

"""The usage reports and their bodies: rows here, files in the storage. Each method is one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import peewee

from doitui_core.db.hub_report_model import HubReport, HubReportDeletion, HubReportPart
from doitui_core.errors import ReportTaken
from doitui_core.hub_store.body_storage import BodyStorage
from doitui_core.hub_store.hub_database import HubDatabase
from doitui_core.hub_store.report_query import ReportQuery
from doitui_core.hub_store.report_record import ALL, ReportState, StoredPart, StoredReport, state_of
from doitui_core.usage_reports.validating import Checked

_REPORT = [
    getattr(HubReport, name)
    for name in ("id", "uid", "client", "created_by", "year", "month", "url", "header", "replaced_at")
]
_PART = [
    getattr(HubReportPart, name)
    for name in (
        *("id", "report_id", "compressed", "body", "checksum", "content_checksum"),
        *("state", "exceptions", "warnings", "datasets", "counted"),
    )
]


class ReportStore:
    """All reports. A part is given with its body stored already; `number` and `report` of a new one are ignored."""

    def __init__(self, hub: HubDatabase, storage: BodyStorage) -> None:
        self.hub = hub
        self.storage = storage

    def create(self, report: StoredReport, part: StoredPart) -> StoredReport:
        """Store a new report. Raises `ReportTaken` when uid, or creator and month, are another's."""
        columns = {name: getattr(report, name) for name in ("uid", "client", "created_by", "year", "month", "url")}
        try:
            with self.hub.write():
                number = self._insert("hub_report", {**columns, **_header(report.header), "accepted": self.hub.now()})
                self._add(number, part)
        except peewee.IntegrityError:
            raise ReportTaken(f"report {report.uid}: its creator and month or its UUID are another report's") from None
        return self._one(number)

    def replace(
        self, report: StoredReport, header: dict[str, Any], part: StoredPart, *, take_back: bool
    ) -> StoredReport | None:
        """Another header and another body for `report`; its old parts go. `take_back`: the events that are not made
        again are deleted later. None where there is no such report any more.
        """
        with self.hub.write():
            if not self._lock(report.number):
                return None
            self._delete_parts(report.number)
            # Behind every event of the old parts: their last batch has ended, it had locked its part.
            now = self.hub.now()
            columns = {**_header(header), "accepted": now, "replaced_at": _next(now) if take_back else ""}
            HubReport.update(columns).where(HubReport.id == report.number).execute(self.hub.db)
            self._add(report.number, part)
        return self._one(report.number)

    def append(self, report: StoredReport, part: StoredPart, *, again: bool) -> bool:
        """One more part. `again`: also one whose datasets are there already. Whether it was added."""
        with self.hub.write():
            if not self._lock(report.number) or not (again or not self.has_content(report, part.content_checksum)):
                return False
            self._add(report.number, part)
            return True

    def has_content(self, report: StoredReport, content_checksum: str) -> bool:
        """Whether a part with the same datasets is there."""
        same = (HubReportPart.report_id == report.number) & (HubReportPart.content_checksum == content_checksum)
        return bool(HubReportPart.select(HubReportPart.id).where(same).exists(self.hub.db))

    def delete(self, report: StoredReport, *, take_back: bool) -> None:
        """Delete `report` and its parts; with `take_back` the next step of the validator deletes its events."""
        with self.hub.write():
            self._lock(report.number)
            self._delete_parts(report.number)
            HubReport.delete().where(HubReport.id == report.number).execute(self.hub.db)
            if take_back:
                self._insert("hub_report_deletion", {"url": report.url, "deleted_at": _next(self.hub.now())})

    def find(self, uid: str) -> StoredReport | None:
        """The report `uid`, in any case."""
        return self._first(HubReport.uid == uid.lower())

    def with_number(self, number: int) -> StoredReport | None:
        """The report of a part."""
        return self._first(HubReport.id == number)

    def for_month(self, created_by: str, year: int, month: int) -> StoredReport | None:
        """The one report for a month by that creator."""
        return self._first((HubReport.created_by == created_by) & (HubReport.year == year) & (HubReport.month == month))

    def page(self, query: ReportQuery, size: int, offset: int) -> list[StoredReport]:
        """One page of a list."""
        return self._reports(query.where(), query.order(), size, offset) if size else []

    def count(self, query: ReportQuery) -> int:
        """How many reports a list has."""
        return int(HubReport.select().where(query.where()).count(self.hub.db))

    def parts(self, report: StoredReport) -> list[StoredPart]:
        """The bodies of a report, in the order in which they came."""
        return self.select_parts(HubReportPart.report_id == report.number)

    def part(self, number: int) -> StoredPart | None:
        """The body `number`."""
        return next(iter(self.select_parts(HubReportPart.id == number)), None)

    def states(self, reports: Sequence[StoredReport]) -> dict[int, ReportState]:
        """The state of each of some reports, by number."""
        rows = (
            HubReportPart.select(HubReportPart.report_id, HubReportPart.state)
            .where(HubReportPart.report_id.in_([report.number for report in reports]))
            .distinct()
            .tuples()
            .execute(self.hub.db)
        )
        found: dict[int, set[ReportState]] = {report.number: set() for report in reports}
        for number, state in rows:
            found[number].add(ReportState(state))
        return {number: state_of(states) for number, states in found.items()}

    def select_parts(self, condition: Any, limit: int | None = None) -> list[StoredPart]:
        """The parts that fulfil a condition, oldest first."""
        query = HubReportPart.select(*_PART).where(condition).order_by(HubReportPart.id).limit(limit)
        return [_part(row) for row in query.tuples().execute(self.hub.db)]

    def settle(self, part: StoredPart, state: ReportState, found: Checked, *, keep_body: bool = True) -> None:
        """Store what validation found, unless the part is gone or somebody else has done so. Without `keep_body` its
        file may then be deleted.
        """
        columns = {
            "state": str(state),
            "exceptions": json.dumps(found.errors),
            "warnings": json.dumps(found.warnings),
            "datasets": found.datasets,
            "body": part.body if keep_body else "",
        }
        waiting = (HubReportPart.id == part.number) & (HubReportPart.state == str(ReportState.WAITING))
        with self.hub.write():
            HubReportPart.update(columns).where(waiting).execute(self.hub.db)

    def advance(self, part: StoredPart, before: int, after: int) -> bool:
        """Note, in the transaction that stores their events, that these datasets are counted. False: the part is gone,
        or another process has counted them.
        """
        same = (HubReportPart.id == part.number) & (HubReportPart.counted == before)
        return bool(HubReportPart.update(counted=after).where(same).execute(self.hub.db))

    def replaced(self) -> list[StoredReport]:
        """Replaced reports, all parts of which are valid and counted: events not made again may be deleted."""
        unfinished = HubReportPart.select(HubReportPart.report_id).where(
            (HubReportPart.state != str(ReportState.VALID)) | (HubReportPart.counted != ALL)
        )
        return self._reports((HubReport.replaced_at > "") & HubReport.id.not_in(unfinished), (HubReport.id,))

    def forget_replaced(self, report: StoredReport) -> None:
        """The events of the version before are deleted."""
        same = (HubReport.id == report.number) & (HubReport.replaced_at == report.replaced_at)
        with self.hub.write():
            HubReport.update(replaced_at="").where(same).execute(self.hub.db)

    def deletions(self) -> list[tuple[int, str, str]]:
        """Number, url and time of deleted reports whose events are still there."""
        columns = (HubReportDeletion.id, HubReportDeletion.url, HubReportDeletion.deleted_at)
        return [*HubReportDeletion.select(*columns).order_by(HubReportDeletion.id).tuples().execute(self.hub.db)]

    def forget_deletion(self, number: int) -> None:
        """Its events are deleted."""
        with self.hub.write():
            HubReportDeletion.delete().where(HubReportDeletion.id == number).execute(self.hub.db)

    def bodies_among(self, names: Sequence[str]) -> set[str]:
        """Those of `names` that a row names."""
        found = HubReportPart.select(HubReportPart.body).where(HubReportPart.body.in_(list(names)))
        return {name for (name,) in found.tuples().execute(self.hub.db)}

    def _lock(self, number: int) -> bool:
        """Wait for others who change this report; whether it is still there. SQLite has one writer anyway."""
        query = self.hub.dialect.for_update(HubReport.select(HubReport.id).where(HubReport.id == number))
        return bool(list(query.tuples().execute(self.hub.db)))

    def _delete_parts(self, number: int) -> None:
        HubReportPart.delete().where(HubReportPart.report_id == number).execute(self.hub.db)

    def _add(self, number: int, part: StoredPart) -> None:
        columns = {
            name: getattr(part, name) for name in ("body", "checksum", "content_checksum", "datasets", "counted")
        }
        found = {"exceptions": json.dumps(part.exceptions), "warnings": json.dumps(part.warnings)}
        about = {"report_id": number, "compressed": int(part.compressed), "state": str(part.state)}
        self._insert("hub_report_part", {**about, **columns, **found})

    def _insert(self, table: str, values: dict[str, Any]) -> int:
        """The id of a new row. Not by its model, which would make a statement for the archive's database."""
        marks = ", ".join(["{p}"] * len(values))
        statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks}){self.hub.dialect.returning_id}"
        return self.hub.dialect.new_id(self.hub.execute(statement, list(values.values()))) or 0

    def _first(self, condition: Any) -> StoredReport | None:
        return next(iter(self._reports(condition, (HubReport.id,), 1)), None)

    def _one(self, number: int) -> StoredReport:
        (report,) = self._reports(HubReport.id == number, (HubReport.id,))
        return report

    def _reports(
        self, condition: Any, order: tuple[Any, ...], limit: int | None = None, offset: int | None = None
    ) -> list[StoredReport]:
        query = HubReport.select(*_REPORT).where(condition).order_by(*order).limit(limit).offset(offset)
        return [_report(row) for row in query.tuples().execute(self.hub.db)]


def _header(header: dict[str, Any]) -> dict[str, str]:
    """The columns that are made of a header."""
    names = {"report_name": "report-name", "report_id": "report-id", "release": "release", "created": "created"}
    texts = {column: storable(str(header.get(name) or "")) for column, name in names.items()}
    return {**texts, "header": json.dumps(header)}


def storable(text: str) -> str:
    """`text` without what only SQLite stores in a column: half surrogate pairs and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _next(now: str) -> str:
    """A millisecond after `now`: what was written in this millisecond is older."""
    moment = datetime.fromisoformat(now) + timedelta(milliseconds=1)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _report(row: Any) -> StoredReport:
    *columns, header, replaced_at = row
    values = [*columns, json.loads(header), replaced_at]
    return StoredReport(*values)


def _part(row: Any) -> StoredPart:
    number, report, compressed, body, checksum, content, state, exceptions, warnings, datasets, counted = row
    found = tuple(json.loads(exceptions)), tuple(json.loads(warnings))
    return StoredPart(
        number, report, compressed, body, checksum, content, ReportState(state), *found, datasets, counted
    )

"""Writes of usage reports: created, appended to, replaced; then validated and turned into events (usage.md 1)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from itertools import islice
from typing import Any

import falcon

from doitui.web.common.refusals import raise_titles, refusal
from doitui.web.common.rights import UsageRights
from doitui.web.common.usage_database import UsageDatabase
from doitui.web.reports.report_events import events_from
from doitui.web.reports.report_input import Submission, subset_document
from doitui.web.reports.report_store import NOT_VALID, VALID, WAITING, ReportStore, StoredReport
from doitui.web.reports.store_policy import StorePolicy
from doitui_core.hub_store.event_input import UUID
from doitui_core.hub_store.event_store import EventStore
from doitui_core.usage_reports import rules

# Sashimi answers 401 with this text too, whether it knows the caller or not.
_FORBIDDEN = "You are not authorized to access this resource."

# Events in a transaction: other writers wait for one.
_BATCH = 10_000


class ReportWriter:
    """Writes of reports. Use `lock` from reading a body to its last event: only one large report fits into memory.

    `stopping`, once set, ends the creation of events after some thousands of them.
    """

    def __init__(
        self,
        database: UsageDatabase,
        reports: ReportStore,
        events: EventStore,
        policy: StorePolicy,
        stopping: threading.Event,
    ) -> None:
        self.lock = threading.RLock()
        self.policy = policy
        self._stopping = stopping
        self._database = database
        self._reports = reports
        self._events = events

    def post(self, rights: UsageRights, submission: Submission, base: str) -> StoredReport:
        """Create the month's report; a compressed part is appended to it, a second plain one is dropped.

        It is the month's report when creator, year, month and caller agree. Raises 409 when only the caller differs.
        """
        known = self._reports.for_month(_uid(rights), submission.created_by, submission.year, submission.month)
        if known is None:
            return self._create(rights, str(uuid.uuid4()), submission, base)
        if submission.compressed is not None:
            self._append(known, submission)
        elif self.policy.replaces:
            return self._replace(known, submission)
        return known

    def put(self, rights: UsageRights, uid: str, submission: Submission, base: str) -> tuple[StoredReport, bool]:
        """Replace report `uid`, all its parts included, or create it; whether it was created."""
        if not UUID.fullmatch(uid):
            raise_titles([f"{uid} is not a valid UUID"])
        known = self._reports.find(uid)
        if known is None:
            return self._create(rights, uid, submission, base), True
        if not rights.may_change_report(known.client):
            raise self.refused(rights)
        return self._replace(known, submission), False

    def delete(self, rights: UsageRights, uid: str) -> None:
        """Delete report `uid`. Raises 404 when there is none, 401 or 403 for a caller who may not."""
        if not rights.may_delete_reports():
            raise self.refused(rights)
        self._reports.delete(self._reports.get(uid))

    def settle_waiting(self) -> None:
        """Finish what a kill interrupted between accepting reports and making their events."""
        for report in self._reports.waiting():
            self._settle(report)

    def require_right(self, rights: UsageRights) -> None:
        """Raises the refusal of a caller who may not send reports at all."""
        if not rights.may_create_reports():
            raise self.refused(rights)

    def refused(self, rights: UsageRights) -> falcon.HTTPError:
        """The answer to a caller who may not."""
        return refusal(self.policy.forbidden if rights.uid else 401, _FORBIDDEN)

    def _create(self, rights: UsageRights, uid: str, submission: Submission, base: str) -> StoredReport:
        month = (submission.year, submission.month)
        url = f"{base}/reports/{uid.lower()}"
        new = StoredReport(0, uid.lower(), _uid(rights), submission.created_by, *month, url, submission.header, None)
        return self._settle(self._reports.create(new, submission), submission.datasets)

    def _append(self, known: StoredReport, submission: Submission) -> None:
        assert submission.compressed is not None
        if self.policy.keeps_duplicates or not self._reports.has_part(known, submission.compressed):
            self._reports.append(known, submission)
            self._settle(known, submission.datasets)

    def _replace(self, known: StoredReport, submission: Submission) -> StoredReport:
        """Creator and id of a report stay what they were, whatever the new header says."""
        same = {name: known.header[name] for name in ("created-by", "report-id")}
        replaced = self._reports.replace(known, submission.header | same, submission)
        return self._settle(replaced, submission.datasets)

    def _settle(self, report: StoredReport, in_hand: list[Any] | None = None) -> StoredReport:
        """Make the events of whatever waits in `report`; `in_hand`: its datasets, where they need not be read again."""
        if report.state == WAITING:
            self._make_events(report, self._reports.datasets(report) if in_hand is None else in_hand)
            self._reports.settle(report, VALID)
        for part in self._reports.waiting_parts(report):
            document = subset_document(report.header, part.gzip) if in_hand is None else _document(report, in_hand)
            valid = not rules.errors(document, most=1)
            if valid:
                self._make_events(report, document["report-datasets"])
            self._reports.settle_part(part, VALID if valid else NOT_VALID)
        return self._reports.find(report.uid) or report

    def _make_events(self, report: StoredReport, datasets: Sequence[Any]) -> None:
        events = events_from(report, datasets, self._database.now())
        while batch := list(islice(events, _BATCH)):
            if self._stopping.is_set():  # the database is about to close; `settle_waiting` goes on from here
                raise refusal(503)
            self._events.recount(batch)


def _document(report: StoredReport, datasets: list[Any]) -> dict[str, Any]:
    return {"report-header": report.header, "report-datasets": datasets}


def _uid(rights: UsageRights) -> str:
    return rights.uid or ""

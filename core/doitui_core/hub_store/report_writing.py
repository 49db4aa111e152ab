"""Writes of usage reports: created, appended to, replaced, deleted (usage.md 1). Who may is asked before."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime

from doitui_core.errors import ReportTaken
from doitui_core.hub_store import body_storage
from doitui_core.hub_store.report_intake import Submission
from doitui_core.hub_store.report_policy import ReportPolicy
from doitui_core.hub_store.report_record import ReportState, StoredPart, StoredReport
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.hub_store.report_validator import ReportValidator


class ReportWriter:
    """Writes of reports. A body is in the storage before its row is written; one without a row is deleted later."""

    def __init__(self, store: ReportStore, validator: ReportValidator, policy: ReportPolicy) -> None:
        self._store = store
        self._validator = validator
        self._policy = policy

    def post(self, client: str, submission: Submission, base: str) -> StoredReport:
        """Create the month's report of `client`; a compressed part is appended to it, a second plain one replaces it,
        or is dropped by policy. `base` is the address of the store.

        It is the month's report when creator, year and month agree. Raises `ReportTaken` when it is another client's.
        """
        known = self._of_month(client, submission)
        if known is None:
            try:
                return self._create(client, str(uuid.uuid4()), submission, base)
            except ReportTaken:  # by a request at the same time
                known = self._of_month(client, submission)
                if known is None:
                    raise
        if submission.compressed:
            return self._append(known, submission)
        return (self._replace(known, submission) if self._policy.replaces else None) or known

    def put(
        self, client: str, uid: str, known: StoredReport | None, submission: Submission, base: str
    ) -> tuple[StoredReport, bool]:
        """Replace `known`, which is report `uid`, with all its parts, or create it; whether it was created.

        Raises `ReportTaken`.
        """
        if known is None:
            try:
                return self._create(client, uid, submission, base), True
            except ReportTaken:  # by the same request, sent twice at the same time
                known = self._store.find(uid)
                if known is None or known.client != client:
                    raise
        replaced = self._replace(known, submission)
        return (replaced, False) if replaced else (self._create(client, uid, submission, base), True)

    def delete(self, report: StoredReport) -> None:
        """Delete `report` and its parts; its events by policy."""
        self._store.delete(report, take_back=self._policy.takes_back)
        self._validator.wake()

    def _of_month(self, client: str, submission: Submission) -> StoredReport | None:
        known = self._store.for_month(submission.created_by, submission.year, submission.month)
        if known and known.client != client:
            month = f"{submission.year}-{submission.month:02}"
            raise ReportTaken(f"the report of {submission.created_by} for {month} is another account's")
        return known

    def _create(self, client: str, uid: str, submission: Submission, base: str) -> StoredReport:
        url, month = f"{base}/reports/{uid.lower()}", (submission.year, submission.month)
        new = StoredReport(0, uid.lower(), client, submission.created_by, *month, url, submission.header)
        part = self._stored(submission)
        try:
            created = self._store.create(new, part)
        except ReportTaken:
            self._store.storage.delete(part.body)
            raise
        return self._settle(created)

    def _append(self, known: StoredReport, submission: Submission) -> StoredReport:
        again = self._policy.keeps_duplicates
        if again or not self._store.has_content(known, submission.content_checksum):
            part = self._stored(submission)
            if self._store.append(known, part, again=again):
                return self._settle(known)
            self._store.storage.delete(part.body)
        return known

    def _replace(self, known: StoredReport, submission: Submission) -> StoredReport | None:
        """Creator and id of a report stay what they were, whatever the new header says. None: it is gone meanwhile."""
        same = {name: known.header[name] for name in ("created-by", "report-id")}
        part = self._stored(submission)
        replaced = self._store.replace(known, submission.header | same, part, take_back=self._policy.takes_back)
        if replaced is None:
            self._store.storage.delete(part.body)
        return self._settle(replaced) if replaced else None

    def _stored(self, submission: Submission) -> StoredPart:
        """The body in the storage, and what will be its row."""
        name, digest = body_storage.new_name(datetime.fromisoformat(self._store.hub.now())), hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for piece in submission.gzip_chunks():
                digest.update(piece)
                yield piece

        self._store.storage.write(name, hashed())
        state, found = ReportState.WAITING, submission.checked
        if found:
            state = ReportState.VALID if found.valid else ReportState.NOT_VALID
        return StoredPart(
            number=0,
            report=0,
            compressed=submission.compressed,
            body=name,
            checksum=digest.hexdigest(),
            content_checksum=submission.content_checksum,
            state=state,
            exceptions=tuple(found.errors) if found else (),
            warnings=tuple(found.warnings) if found else (),
            datasets=found.datasets if found else 0,
        )

    def _settle(self, report: StoredReport) -> StoredReport:
        """Make the events at once, or let the thread do so."""
        if self._policy.background:
            self._validator.wake()
        else:
            self._validator.count_report(report)
        return report

"""What follows the acceptance of a usage report: its datasets are validated, its events made, those of an earlier
version or of a deleted report taken back, and files without a row deleted.

Each step is noted in the database in the same transaction as what it did. So a process may be killed at any time, and
several may run: what one has done no other does again, and whatever is done twice leaves the same events.
"""

from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from doitui_core.db.chunks import in_chunks
from doitui_core.db.hub_report_model import HubReportPart
from doitui_core.errors import UnreadableDocument
from doitui_core.hub_store import body_storage, report_events
from doitui_core.hub_store.event_store import EventStore
from doitui_core.hub_store.report_policy import ReportPolicy
from doitui_core.hub_store.report_record import ALL, ReportState, StoredPart, StoredReport
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.usage_reports import json_stream, lenient, validating
from doitui_core.usage_reports.validating import Checked

#: Datasets whose events are one transaction: other writers wait for it.
BATCH = 250

#: Why a report that is not valid has no datasets: a body made to harm would fill the disk.
NOT_KEPT = "report-datasets: not kept, because they were not read to their end: correct the report and send it again"

#: How old a file without a row is before it is deleted: its row may be about to be written, or a reader be sent it.
ORPHAN_AGE = timedelta(hours=1)

_WAITING = HubReportPart.state == str(ReportState.WAITING)
_UNCOUNTED = (HubReportPart.state == str(ReportState.VALID)) & (HubReportPart.counted != ALL)

_log = logging.getLogger(__name__)


class ReportValidator:
    """The work behind the requests: a thread of the hub calls `step`.

    `stopping`, once set, ends the creation of events after some hundreds of datasets. `wake` is called when there is
    something to do.
    """

    def __init__(
        self,
        store: ReportStore,
        events: EventStore,
        policy: ReportPolicy,
        stopping: threading.Event,
        *,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.wake = wake
        self._store = store
        self._events = events
        self._policy = policy
        self._stopping = stopping
        self._counting: Iterator[bool] = iter(())
        self._cleaned: datetime | None = None

    def step(self) -> bool:
        """Do one thing; whether there was one. A body that cannot be read now is left for the next round.

        A report that has just come in is validated before the events of a large one are all made.
        """
        return (
            any(self._validate(part) for part in self._store.select_parts(_WAITING))
            or self._count_step()
            or self._take_back()
            or self._clean()
        )

    def finish(self) -> None:
        """Do all there is to do now."""
        while self.step() and not self._stopping.is_set():
            pass

    def count_report(self, report: StoredReport) -> None:
        """Make the events of the valid parts of one report."""
        for part in self._store.parts(report):
            if part.state == ReportState.VALID and part.counted != ALL:
                for _ in self._count(part):
                    pass

    def _validate(self, part: StoredPart) -> bool:
        checked = Checked(Path(part.body), part.compressed)
        try:
            with json_stream.translated("the body"), self._inflated(part) as file:
                validating.check(
                    file,
                    checked,
                    is_lenient=self._policy.lenient,
                    underscores=self._policy.underscores,
                    all_datasets=False,
                    stop_at_errors=self._policy.background,
                )
        except UnreadableDocument as error:
            if isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, gzip.BadGzipFile | EOFError):
                _log.warning("usage report body %s: %s", part.body, error)
                return False
            checked.errors.append(str(error))
        self._settle(part, checked)
        return True

    def _settle(self, part: StoredPart, checked: Checked) -> None:
        """Store the state and the reasons. The body goes where validation gave up before its end."""
        state = ReportState.VALID if checked.valid else ReportState.NOT_VALID
        keeps = checked.complete
        if not keeps:
            checked.errors.append(NOT_KEPT)
        self._store.settle(part, state, checked, keep_body=keeps)
        if not keeps:
            self._store.storage.delete(part.body)

    def _count_step(self) -> bool:
        if next(self._counting, False):
            return True
        for part in self._store.select_parts(_UNCOUNTED):
            self._counting = self._count(part)
            if next(self._counting, False):
                return True
        return False

    def _count(self, part: StoredPart) -> Iterator[bool]:
        """Make the events of a valid part, from where an earlier process was interrupted. Stops after each batch."""
        report, done = self._store.with_number(part.report), part.counted
        if report is None:
            return
        try:
            with self._inflated(part) as file:
                for datasets in in_chunks(islice(self._datasets(file), done, None), BATCH):
                    if self._stopping.is_set() or not self._count_batch(report, part, datasets, done):
                        return
                    done += len(datasets)
                    yield True
        except OSError as error:
            _log.warning("usage report body %s: %s", part.body, error)
            return
        with self._store.hub.write():
            self._store.advance(part, done, ALL)
        yield True

    def _count_batch(self, report: StoredReport, part: StoredPart, datasets: list[Any], done: int) -> bool:
        """False: the part is gone, or another process counts it."""
        with self._store.hub.write():
            if not self._store.advance(part, done, done + len(datasets)):
                return False
            at = max(self._store.hub.now(), report.replaced_at)
            self._events.recount(report_events.events_from(report, datasets, at))
        return True

    def _take_back(self) -> bool:
        """Delete the events of counts that are reported no more."""
        if not self._policy.takes_back:
            return False
        replaced, deleted = self._store.replaced(), self._store.deletions()
        for report in replaced:
            self._events.delete_stale(report.url, report.replaced_at)
            self._store.forget_replaced(report)
        for number, url, deleted_at in deleted:
            self._events.delete_stale(url, deleted_at)
            self._store.forget_deletion(number)
        return bool(replaced or deleted)

    def _clean(self) -> bool:
        """Now and then delete files that no row names. Never a reason for another step."""
        now = datetime.fromisoformat(self._store.hub.now())
        if self._cleaned and now - self._cleaned < ORPHAN_AGE:
            return False
        self._cleaned = now
        for names in in_chunks(self._old_names(now), 500):
            used = self._store.bodies_among(names)
            for name in names:
                if name not in used:
                    self._store.storage.delete(name)
        return False

    def _old_names(self, now: datetime) -> Iterator[str]:
        for name in list(self._store.storage.names()):
            written = body_storage.written_at(name)
            if written and now - written > ORPHAN_AGE:
                yield name

    def _datasets(self, file: BinaryIO) -> Iterator[Any]:
        for name, value in json_stream.members(file):
            if name in json_stream.DATASETS:
                yield lenient.adapt(value)[0] if self._policy.lenient else value

    @contextmanager
    def _inflated(self, part: StoredPart) -> Iterator[BinaryIO]:
        with self._store.storage.open(part.body) as body, gzip.GzipFile(fileobj=body, mode="rb") as file:
            yield cast(BinaryIO, file)

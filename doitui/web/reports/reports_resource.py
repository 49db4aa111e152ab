"""`/reports`, `/reports/{uid}` and `/report-subsets/{number}`: Sashimi, the store of usage reports (usage.md 1)."""

from __future__ import annotations

import falcon

from doitui.web.common import paging
from doitui.web.common.refusals import answer_json, refusal
from doitui.web.reports import report_answers, report_query
from doitui.web.reports.report_input import Submission, read_submission
from doitui.web.reports.report_store import ReportStore
from doitui.web.reports.report_writes import ReportWriter


class ReportsResource:
    """`POST /reports`, `GET /reports`."""

    def __init__(self, store: ReportStore, writer: ReportWriter) -> None:
        self._store = store
        self._writer = writer

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """201, also when the month's report was there; 409 when it is another repository's."""
        rights = req.context.usage_rights
        self._writer.require_right(rights)
        with self._writer.lock:
            submission = read_submission(req)
            report = self._writer.post(rights, submission, req.prefix)
        resp.status = _status(self._writer, submission, falcon.HTTP_201)
        answer_json(resp, report_answers.single(self._store, report))

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page of headers, for everybody."""
        size, number = paging.read_size(req), paging.read_number(req)
        clause, values = report_query.where(req)
        reports = self._store.page(clause, values, report_query.order(req), size, (number - 1) * size)
        total = self._store.count(clause, values)
        meta = {"total": total, "total-pages": -(-total // size) if size else 0, "page": number}
        listed = [report_answers.listed(report, self._store.state(report)) for report in reports]
        answer_json(resp, {"reports": listed, "meta": meta})


class ReportResource:
    """One report. `uid` is chosen by whoever puts it, else by the server."""

    def __init__(self, store: ReportStore, writer: ReportWriter) -> None:
        self._store = store
        self._writer = writer

    def on_get(self, _req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """200, or 404."""
        report = self._store.find(uid)
        if report is None:
            raise refusal(404)
        answer_json(resp, report_answers.single(self._store, report))

    def on_put(self, req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """200 when it existed, and is replaced with all its parts; 201 when it is new."""
        rights = req.context.usage_rights
        self._writer.require_right(rights)
        with self._writer.lock:
            submission = read_submission(req)
            report, created = self._writer.put(rights, uid, submission, req.prefix)
        resp.status = _status(self._writer, submission, falcon.HTTP_201 if created else falcon.HTTP_200)
        answer_json(resp, report_answers.single(self._store, report))

    on_patch = on_put

    def on_delete(self, req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """204; staff only."""
        self._writer.delete(req.context.usage_rights, uid)
        resp.status = falcon.HTTP_204


class SubsetResource:
    """One compressed part."""

    def __init__(self, store: ReportStore) -> None:
        self._store = store

    def on_get(self, _req: falcon.Request, resp: falcon.Response, number: int) -> None:
        """200, or 404."""
        subset = self._store.subset(number)
        if subset is None:
            raise refusal(404)
        (part,) = report_answers.parts([subset])
        answer_json(resp, {"report-subset": part})


def _status(writer: ReportWriter, submission: Submission, usual: str) -> str | int:
    compressed = submission.compressed is not None
    return writer.manners.compressed if compressed and writer.manners.compressed else usual

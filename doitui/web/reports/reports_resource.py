"""`/reports`, `/reports/{uid}` and `/report-subsets/{number}`: Sashimi, the store of usage reports (usage.md 1)."""

from __future__ import annotations

import falcon

from doitui.web.common import paging
from doitui.web.common.answers import answer_json
from doitui.web.common.refusals import refusal
from doitui.web.reports import report_answers, report_query
from doitui.web.reports.report_input import Submission, read_submission
from doitui.web.reports.report_store import ReportStore, StoredReport
from doitui.web.reports.report_writes import ReportWriter


class ReportsResource:
    """All reports, one of them, and its compressed parts. The client of a PUT chooses `uid`, else the server does."""

    def __init__(self, store: ReportStore, writer: ReportWriter) -> None:
        self._store = store
        self._writer = writer

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """201, also when the month's report was there; 409 when another repository has it."""
        self._writer.require_right(req.context.usage_rights)
        with self._writer.lock:
            submission = read_submission(req)
            report = self._writer.post(req.context.usage_rights, submission, req.prefix)
        self._answer(resp, report, submission, falcon.HTTP_201)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page of headers, for everybody."""
        size, number = paging.read_size(req), paging.read_number(req)
        clause, values = report_query.where(req)
        reports = self._store.page(clause, values, report_query.order(req), size, (number - 1) * size)
        total = self._store.count(clause, values)
        meta = {"total": total, "total-pages": paging.count_pages(total, size), "page": number}
        listed = [report_answers.listed(report, self._store.state(report)) for report in reports]
        answer_json(resp, {"reports": listed, "meta": meta})

    def on_get_report(self, _req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """200, or 404."""
        answer_json(resp, report_answers.single(self._store, self._store.get(uid)))

    def on_put_report(self, req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """200 when it existed, and is replaced with all its parts; 201 when it is new."""
        self._writer.require_right(req.context.usage_rights)
        with self._writer.lock:
            submission = read_submission(req)
            report, created = self._writer.put(req.context.usage_rights, uid, submission, req.prefix)
        self._answer(resp, report, submission, falcon.HTTP_201 if created else falcon.HTTP_200)

    on_patch_report = on_put_report

    def on_delete_report(self, req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """204; staff only."""
        self._writer.delete(req.context.usage_rights, uid)
        resp.status = falcon.HTTP_204

    def on_get_subset(self, _req: falcon.Request, resp: falcon.Response, number: int) -> None:
        """200 and one compressed part, or 404."""
        subset = self._store.subset(number)
        if subset is None:
            raise refusal(404)
        answer_json(resp, {"report-subset": report_answers.part(subset)})

    def _answer(self, resp: falcon.Response, report: StoredReport, submission: Submission, usual: str) -> None:
        resp.status = (submission.compressed is not None and self._writer.policy.compressed) or usual
        answer_json(resp, report_answers.single(self._store, report))

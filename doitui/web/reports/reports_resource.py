"""`/reports`, `/reports/{uid}` and `/report-subsets/{number}`: Sashimi, the store of usage reports (usage.md 1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon

from doitui.web.common import paging
from doitui.web.common.answers import MEDIA_TYPE, answer_json
from doitui.web.common.refusals import raise_titles, refusal
from doitui.web.common.rights import UsageRights
from doitui.web.reports import report_answers, report_input, report_query
from doitui_core.hub_store.event_input import UUID
from doitui_core.hub_store.report_policy import ReportPolicy
from doitui_core.hub_store.report_record import StoredReport
from doitui_core.hub_store.report_store import ReportStore
from doitui_core.hub_store.report_writing import ReportWriter

# Sashimi answers 401 with this text too, whether it knows the caller or not.
_FORBIDDEN = "You are not authorized to access this resource."


class ReportsResource:
    """All reports, one of them, and its compressed parts. The client of a PUT chooses `uid`, else the server does.

    Who may is asked before a body is read.
    """

    def __init__(self, store: ReportStore, writer: ReportWriter, policy: ReportPolicy) -> None:
        self._store = store
        self._writer = writer
        self._policy = policy

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """201, also when the month's report was there; 202 when it is validated later; 409 when another repository has
        the month.
        """
        rights = self._sender(req)
        with report_input.submission(req, self._policy) as found:
            report = self._writer.post(rights.uid or "", found, req.prefix)
            self._answer(resp, report, falcon.HTTP_201 if found.checked else falcon.HTTP_202)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page of headers, for everybody."""
        size, number = paging.read_size(req), paging.read_number(req)
        query = report_query.read(req)
        with self._store.hub.read():
            reports = self._store.page(query, size, (number - 1) * size)
            states, total = self._store.states(reports), self._store.count(query)
        meta = {"total": total, "total-pages": paging.count_pages(total, size), "page": number}
        listed = [report_answers.listed(report, states[report.number]) for report in reports]
        answer_json(resp, {"reports": listed, "meta": meta})

    def on_get_report(self, _req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """200, or 404."""
        report = self._known(uid)
        resp.etag = report_answers.tag(self._store, report)
        self._answer(resp, report, falcon.HTTP_200)

    def on_put_report(self, req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """200 when it existed, and is replaced with all its parts; 201 when it is new; 202 as for POST."""
        rights = self._sender(req)
        if not UUID.fullmatch(uid):
            raise_titles([f"{uid} is not a valid UUID"])
        known = self._store.find(uid)
        if known and not rights.may_change_report(known.client):
            raise self._refused(rights)
        with report_input.submission(req, self._policy) as found:
            report, created = self._writer.put(rights.uid or "", uid, known, found, req.prefix)
            done = falcon.HTTP_201 if created else falcon.HTTP_200
            self._answer(resp, report, done if found.checked else falcon.HTTP_202)

    on_patch_report = on_put_report

    def on_delete_report(self, req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """204; staff only."""
        rights: UsageRights = req.context.usage_rights
        if not rights.may_delete_reports():
            raise self._refused(rights)
        self._writer.delete(self._known(uid))
        resp.status = falcon.HTTP_204

    def on_get_subset(self, _req: falcon.Request, resp: falcon.Response, number: int) -> None:
        """200 and one compressed part, or 404."""
        part = self._store.part(number)
        if part is None or not part.compressed:
            raise refusal(404)
        _stream(resp, report_answers.one_subset(self._store, part))

    def _known(self, uid: str) -> StoredReport:
        report = self._store.find(uid) if UUID.fullmatch(uid) else None
        if report is None:
            raise refusal(404)
        return report

    def _sender(self, req: falcon.Request) -> UsageRights:
        rights: UsageRights = req.context.usage_rights
        if not rights.may_create_reports():
            raise self._refused(rights)
        return rights

    def _refused(self, rights: UsageRights) -> falcon.HTTPError:
        """The answer to a caller who may not."""
        return refusal(self._policy.forbidden if rights.uid else 401, _FORBIDDEN)

    def _answer(self, resp: falcon.Response, report: StoredReport, status: str) -> None:
        resp.status = status
        _stream(resp, report_answers.single(self._store, report))


def _stream(resp: falcon.Response, pieces: Iterator[bytes]) -> None:
    resp.content_type = MEDIA_TYPE
    resp.stream = pieces


def add_routes(app: falcon.App[Any, Any], resource: ReportsResource) -> None:
    """The routes of usage reports, also with a slash at their end."""
    for end in ("", "/"):
        app.add_route(f"/reports{end}", resource)
        app.add_route(f"/reports/{{uid}}{end}", resource, suffix="report")
        subset = f"/report-subsets/{{number:int(min=1, max=1000000000000)}}{end}"
        app.add_route(subset, resource, suffix="subset")

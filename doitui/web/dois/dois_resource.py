"""`/dois`: create one, list many; and the two helpers beside it, `/dois/validate` and `/dois/random`."""

from __future__ import annotations

from typing import Any

import falcon

from doitui.web.common import bodies, paging
from doitui.web.common.refusals import Problem, answer_json, problems_body, refusal
from doitui.web.dois import doi_answers, doi_list
from doitui.web.dois.doi_answers import Flags
from doitui.web.dois.doi_input import read_doi_input
from doitui.web.dois.doi_list import DoiFilter
from doitui.web.dois.doi_record import Doi
from doitui.web.dois.doi_writes import Writer
from doitui.web.dois.store import Store


class DoisResource:
    """`POST /dois`, `GET /dois`."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """201 with `Location`; 422 when the DOI exists, whoever has it."""
        document = _read(req)
        if req.auth is None:
            raise refusal(401)
        request = read_doi_input(bodies.data_in(document))
        doi = self._writer.create(req.context.rights, request, request.doi, req.context.ignore_event)
        req.context.doi = doi.uid
        resp.status = falcon.HTTP_201
        resp.location = f"{req.prefix}/dois/{doi.uid}"
        answer_json(resp, doi_answers.single(doi, Flags.from_request(req), owner=True))

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page; strangers see findable DOIs only."""
        chosen = DoiFilter.from_request(req)
        page = paging.read_page(req)
        dois = doi_list.select_page(self._store, chosen, page, oldest_first=req.get_param("sort") == "created")
        counts = doi_list.totals(self._store, chosen)
        flags = Flags.from_request(req)
        answer_json(
            resp,
            {
                "data": [doi_answers.listed(doi, flags) for doi in dois],
                "meta": _meta(page, counts),
                "links": _links(req, page, dois),
            },
        )


class ValidateResource:
    """`POST /dois/validate`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """200 also when the document is invalid: then the body has `errors` (1.2)."""
        request = read_doi_input(bodies.data_in(_read(req)))
        doi, problems = self._writer.validate(req.context.rights, request)
        answer_json(resp, _verdict(doi, problems, Flags.from_request(req)))


class RandomResource:
    """`GET /dois/random?prefix=`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One unused DOI under the prefix."""
        prefix = req.get_param("prefix")
        if not prefix:
            raise refusal(422, "Parameter prefix is required")
        answer_json(resp, {"dois": [self._writer.random_name(prefix)]})


def _read(req: falcon.Request) -> Any:
    document = bodies.read_json(req)
    req.context.doi = bodies.doi_in(document)
    return document


def _verdict(doi: Doi, problems: list[Problem], flags: Flags) -> dict[str, Any]:
    return problems_body(doi.uid, problems) if problems else doi_answers.single(doi, flags, owner=False)


def _meta(page: paging.PageRequest, counts: Any) -> dict[str, Any]:
    total = sum(counts.values())
    meta = {"total": total, "totalPages": page.total_pages(total)}
    if page.cursor is None:
        meta["page"] = page.number
    facets = {"states": "state", "prefixes": "prefix", "clients": "client"}
    return meta | {name: doi_list.facet(counts, field) for name, field in facets.items()}


def _links(req: falcon.Request, page: paging.PageRequest, dois: list[Doi]) -> dict[str, str]:
    """A full page always names a next one, also when it was the last (1.12)."""
    links = {"self": req.uri}
    if page.size and len(dois) == page.size:
        last = dois[-1]
        cursor = None if page.cursor is None else paging.write_cursor(doi_list.created_ms(last), last.number)
        links["next"] = paging.next_link(req, page, cursor)
    return links

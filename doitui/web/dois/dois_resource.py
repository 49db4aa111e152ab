"""`/dois`: create one, list many; and `/dois/validate` and `/dois/random`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import falcon

from doitui.web.common import bodies, paging
from doitui.web.common.answers import answer_json
from doitui.web.common.refusals import problem_errors, refusal
from doitui.web.dois import doi_answers, doi_list
from doitui.web.dois.doi_answers import CountsFor, Flags, LinksFor
from doitui.web.dois.doi_input import read_doi_input
from doitui.web.dois.doi_list import DoiFilter
from doitui.web.dois.doi_writes import Writer
from doitui.web.dois.doi_xml import doi_as_xml
from doitui.web.dois.store import CountKey, Store
from doitui.web.dois.store_resource import StoreResource


class DoisResource(StoreResource):
    """`/dois`, `/dois/validate` and `/dois/random`."""

    def __init__(self, store: Store, writer: Writer, counts: CountsFor, links: LinksFor) -> None:
        super().__init__(store, writer)
        self._counts, self._links = counts, links

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """201 with `Location`; 422 when the DOI exists, whoever has it."""
        document = bodies.read_json(req)
        if req.auth is None:
            raise refusal(401)
        request = read_doi_input(bodies.data_in(document))
        doi = self._writer.create(req.context.rights, request, request.doi, req.context.ignore_event)
        req.context.doi = doi.uid
        resp.status = falcon.HTTP_201
        resp.location = f"{req.prefix}/dois/{doi.uid}"
        answer_json(resp, doi_answers.single(doi, Flags.from_request(req), owner=True))

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page; strangers see findable DOIs only. With `detail`, each is shown as alone: its XML too (1.4)."""
        chosen = DoiFilter.from_request(req)
        page = paging.read_page(req)
        dois = doi_list.select_page(self._store, chosen, page, oldest_first=req.get_param("sort") == "created")
        counts = doi_list.totals(self._store, chosen)
        numbers = self._counts([doi.uid for doi in dois])
        flags = Flags.from_request(req)
        if req.get_param("detail"):
            owns, links = req.context.rights.owns, self._links([doi.uid for doi in dois])
            data = [
                doi_answers.single(doi, flags, owns(doi.client), doi_as_xml(doi), numbers[doi.uid], links[doi.uid])[
                    "data"
                ]
                for doi in dois
            ]
        else:
            data = [doi_answers.listed(doi, flags, numbers[doi.uid]) for doi in dois]
        answer_json(resp, {"data": data, "meta": _meta(page, counts), "links": paging.links(req, page, dois)})

    def on_post_validate(self, req: falcon.Request, resp: falcon.Response) -> None:
        """200 also when the document is invalid: then the body has `errors` (1.2)."""
        request = read_doi_input(bodies.data_in(bodies.read_json(req)))
        doi, problems = self._writer.validate(req.context.rights, request)
        valid = doi_answers.single(doi, Flags.from_request(req), owner=False)
        answer_json(resp, {"errors": problem_errors(doi.uid, problems)} if problems else valid)

    def on_get_random(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One unused DOI under the parameter `prefix`."""
        prefix = req.get_param("prefix")
        if not prefix:
            raise refusal(422, "Parameter prefix is required")
        answer_json(resp, {"dois": [self._writer.random_name(prefix)]})


def _meta(page: paging.PageRequest, counts: Counter[CountKey]) -> dict[str, Any]:
    total = sum(counts.values())
    meta = {"total": total, "totalPages": page.total_pages(total)}
    if page.cursor is None:
        meta["page"] = page.number
    facets = {"states": "state", "prefixes": "prefix", "clients": "client"}
    return meta | {name: doi_list.facet(counts, field) for name, field in facets.items()}

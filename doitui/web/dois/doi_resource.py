"""`/dois/{doi}`: read, change, delete one DOI; and `/dois/{doi}/get-url`."""

from __future__ import annotations

import falcon

from doitui.web.common import bodies
from doitui.web.common.answers import answer_json
from doitui.web.common.refusals import refusal
from doitui.web.dois import doi_answers
from doitui.web.dois.doi_answers import CountsFor, Flags, LinksFor
from doitui.web.dois.doi_input import read_doi_input
from doitui.web.dois.doi_writes import Writer
from doitui.web.dois.doi_xml import doi_as_xml
from doitui.web.dois.store import Store
from doitui.web.dois.store_resource import StoreResource

#: A suffix may contain slashes, so the route takes the whole rest of the path and this is cut off afterwards.
GET_URL = "/get-url"


class DoiResource(StoreResource):
    """One DOI. `doi` is the rest of the path, percent-decoded, in any case."""

    def __init__(self, store: Store, writer: Writer, counts: CountsFor, links: LinksFor) -> None:
        super().__init__(store, writer)
        self._counts, self._links = counts, links

    def on_get(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200, or 404 for an unknown DOI and for one hidden from the caller alike (1.10)."""
        if asks_for_url(req):
            self._get_url(req, resp, doi.removesuffix(GET_URL))
            return
        found = self.visible(req, doi)
        owner = req.context.rights.owns(found.client)
        counts, links = self._counts([found.uid])[found.uid], self._links([found.uid])[found.uid]
        answer_json(resp, doi_answers.single(found, Flags.from_request(req), owner, doi_as_xml(found), counts, links))

    def on_put(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 for a change, 201 when the DOI did not exist: PUT is an upsert (1.2)."""
        request = read_doi_input(bodies.data_in(bodies.read_json(req)))
        changed, created = self._writer.update(req.context.rights, request, doi, req.context.ignore_event)
        resp.status = falcon.HTTP_201 if created else falcon.HTTP_200
        counts = doi_answers.NO_COUNTS if created else self._counts([changed.uid])[changed.uid]
        answer_json(resp, doi_answers.single(changed, Flags.from_request(req), owner=True, counts=counts))

    on_patch = on_put  # the same action in lupo

    def on_delete(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """204 for a draft, 405 for anything that was ever registered."""
        if not self._writer.delete(req.context.rights, doi):
            raise refusal(405, headers={"Allow": "HEAD, GET, POST, PATCH, PUT, OPTIONS"})
        resp.status = falcon.HTTP_204

    def _get_url(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        """The landing page: of a draft as stored (204 without one), of others as the Handle system has it."""
        if url := self.landing_page(req, name):
            answer_json(resp, {"url": url})
        else:
            resp.status = falcon.HTTP_204


def asks_for_url(req: falcon.Request) -> bool:
    """Whether it is `/dois/{doi}/get-url`. An escaped slash belongs to the DOI: `10.5072%2Fx%2Fget-url` is one."""
    written: str = req.env.get("REQUEST_URI", req.path)
    return req.path.startswith("/dois/") and written.partition("?")[0].endswith(GET_URL)

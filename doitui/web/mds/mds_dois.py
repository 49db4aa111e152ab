"""MDS `/doi`: landing pages, the list of one's DOIs, and deleting drafts (datacite-api.md 2)."""

from __future__ import annotations

import falcon

from doitui.web.common import bodies, doi_states
from doitui.web.common.answers import answer_text
from doitui.web.common.refusals import refusal
from doitui.web.dois import doi_rules
from doitui.web.dois.doi_input import DoiInput
from doitui.web.dois.doi_list import DoiFilter, known_until
from doitui.web.dois.store_resource import StoreResource
from doitui.web.mds import mds_bodies
from doitui.web.mds.mds_refusals import require_account

_IN_HANDLE = frozenset((doi_states.REGISTERED, doi_states.FINDABLE))


@falcon.before(require_account)
class MdsDoiResource(StoreResource):
    """`/doi/{doi}`, and `/doi` for the DOI in the body."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and the landing page, 204 without one."""
        _answer_if_any(resp, self.landing_page(req, doi))

    on_head = on_get

    def on_get_root(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The caller's DOIs in the Handle system, one a line, of the first prefix only; 204 when there are none."""
        account = req.context.rights.account
        if not account.is_repository:
            raise req.context.rights.refused()
        chosen = DoiFilter(
            rights=req.context.rights,
            clients=frozenset((account.uid,)),
            prefixes=frozenset(sorted(account.prefixes)[:1]),
            states=_IN_HANDLE,
            query="",
            until=known_until(req),
        )
        _answer_if_any(resp, "\n".join(found.doi for found in self._store.after(0) if chosen.takes(found)))

    on_head_root = on_get_root

    def on_put(self, req: falcon.Request, resp: falcon.Response, doi: str = "") -> None:
        """201 and `OK`, for an update too. It always publishes: MDS cannot change a URL and stay hidden (2, 3)."""
        body = bodies.read(req)
        if not body.strip():
            resp.status = falcon.HTTP_400
            return
        name, url = mds_bodies.doi_lines(body)
        _check(doi, name, url)
        self._writer.update(req.context.rights, DoiInput.from_mds("publish", url=url), name, req.context.ignore_event)
        resp.status = falcon.HTTP_201
        answer_text(resp, "OK")

    on_post = on_put_root = on_post_root = on_put

    def on_delete(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and `OK` for a draft, 405 for anything that was ever registered."""
        if not self._writer.delete(req.context.rights, doi):
            raise refusal(405)
        answer_text(resp, "OK")


def _check(asked: str, name: str, url: str) -> None:
    """Raises 400 for incomplete lines. A path that is no DOI is ignored, as in poodle."""
    if not name:
        raise refusal(400, "param 'doi' required")
    if doi_rules.looks_like_doi(asked) and asked.lower() != name.lower():
        raise refusal(400, "doi parameter does not match doi of resource")
    if not url:
        raise refusal(400, "param 'url' required")


def _answer_if_any(resp: falcon.Response, text: str | None) -> None:
    if text:
        answer_text(resp, text)
    else:
        resp.status = falcon.HTTP_204

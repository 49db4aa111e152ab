"""MDS `/media/{doi}`: addresses of a DOI's content, one for each media type (datacite-api.md 2)."""

from __future__ import annotations

import falcon

from doitui.web.common import bodies
from doitui.web.common.answers import answer_text
from doitui.web.common.refusals import refusal
from doitui.web.dois.store_resource import StoreResource
from doitui.web.mds import mds_bodies
from doitui.web.mds.mds_refusals import UNKNOWN, require_account


@falcon.before(require_account)
class MdsMediaResource(StoreResource):
    """Lines of `media/type=URL`."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and the lines; 404 for an unknown DOI and, with another text, for one without media."""
        media = self.visible(req, doi, UNKNOWN).attributes.get("media")
        if not media:
            raise refusal(404, "No media for the DOI")
        answer_text(resp, "\n".join(f"{kind}={url}" for kind, url in media.items()))

    def on_post(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and `OK`; a media type sent again gets the new address."""
        media = mds_bodies.lines(bodies.read(req).strip())
        self._store.get(doi, UNKNOWN)
        self._writer.add_media(req.context.rights, doi, media)
        answer_text(resp, "OK")

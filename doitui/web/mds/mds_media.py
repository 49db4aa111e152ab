"""MDS `/media/{doi}`: addresses of a DOI's content, one for each media type (datacite-api.md 2)."""

from __future__ import annotations

import falcon

from doitui.web.common import bodies
from doitui.web.common.refusals import refusal
from doitui.web.dois.doi_writes import Writer
from doitui.web.dois.store import Store
from doitui.web.mds import mds_bodies
from doitui.web.mds.mds_refusals import UNKNOWN, require_account


@falcon.before(require_account)
class MdsMediaResource:
    """Lines of `media/type=URL`."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    def on_get(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and the lines; 404 for an unknown DOI and, in other words, for one without media."""
        found = self._store.find(doi)
        if found is None or not req.context.rights.may_see(found.client, found.state):
            raise refusal(404, UNKNOWN)
        media = found.attributes.get("media")
        if not media:
            raise refusal(404, "No media for the DOI")
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "\n".join(f"{kind}={url}" for kind, url in media.items())

    def on_post(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and `OK`; a media type sent again gets the new address."""
        media = mds_bodies.lines(bodies.read(req).strip())
        if self._store.find(doi) is None:
            raise refusal(404, UNKNOWN)
        self._writer.add_media(req.context.rights, doi, media)
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "OK"

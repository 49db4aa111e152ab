"""`/openapi.json`: what the hub's routes take and answer."""

from __future__ import annotations

import json

import falcon

from doitui.web.hub.openapi import document


class OpenApiResource:
    """The document, with the address it was asked at."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """200."""
        resp.content_type = falcon.MEDIA_JSON
        resp.data = json.dumps(document(req.prefix)).encode()

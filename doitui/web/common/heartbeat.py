"""`/heartbeat`: whether the server answers."""

from __future__ import annotations

import falcon


class HeartbeatResource:
    """The same for sandbox and hub."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """200 and `OK`, as DataCite's."""
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "OK"

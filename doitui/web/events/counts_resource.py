"""`/counts/{doi}`: how often a DOI is cited, viewed, downloaded …"""

from __future__ import annotations

import falcon

from doitui.web.common.answers import answer_json
from doitui_core.hub_store.doi_counts import count_for
from doitui_core.hub_store.hub_database import HubDatabase


class CountsResource:
    """The counts of one DOI, from its events; the DOI may have slashes."""

    def __init__(self, hub: HubDatabase) -> None:
        self._hub = hub

    def on_get(self, _req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200, also for a DOI without events: its counts are 0."""
        counts = count_for(self._hub, doi.replace("\0", "?"))
        answer_json(resp, {"data": {"id": doi.lower(), "type": "dois", "attributes": counts}})

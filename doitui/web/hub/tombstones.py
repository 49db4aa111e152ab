"""`/tombstones/{doi}`: the page of a deactivated DOI of the archive, in HTML."""

from __future__ import annotations

import falcon

from doitui.web.common.answers import answer_html, html_page
from doitui_core.db import database
from doitui_core.dois import doi_rows, tombstone_page
from doitui_core.errors import BadInput, Refused


class HubTombstoneResource:
    """For the address in the setting `tombstone_page_base`. For everybody."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and the page; 404 for a DOI that is not one of our tombstones.

        Not 410: a DOI has to lead to a page, and checks of links, also ours, take 404 and 410 for a lost one.
        """
        try:
            with database.read():
                page = tombstone_page.render(tombstone_page.from_row(doi_rows.find(doi)))
        except (BadInput, Refused):
            resp.status = falcon.HTTP_404
            page = html_page("No tombstone", f"{doi} is not a withdrawn DOI of this archive.")
        answer_html(resp, page)

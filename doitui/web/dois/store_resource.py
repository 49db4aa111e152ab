"""What the resources of DOIs share, those of REST and of MDS."""

from __future__ import annotations

import falcon

from doitui.web.common.refusals import refusal
from doitui.web.dois.doi_record import Doi
from doitui.web.dois.doi_writes import Writer
from doitui.web.dois.store import Store


class StoreResource:
    """A resource that reads from `store` and writes with `writer`."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    def visible(self, req: falcon.Request, name: str, title: str | None = None) -> Doi:
        """The DOI `name`. Raises 404 when it is unknown and when it is hidden from the caller alike (1.10)."""
        found = self._store.get(name, title)
        if not req.context.rights.may_see(found.client, found.state):
            raise refusal(404, title)
        return found

    def landing_page(self, req: falcon.Request, name: str) -> str | None:
        """The landing page of `name`, if it has one. Raises 404, or 401 or 403 when it is hidden from the caller."""
        found = self._store.get(name)
        if not req.context.rights.may_see(found.client, found.state):
            raise req.context.rights.refused()
        return found.attributes.get("url")

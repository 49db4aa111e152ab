"""A resolver like doi.org, and the pages it leads to, so that checks can be rehearsed offline."""

from __future__ import annotations

import re
from datetime import datetime

import falcon
from falcon.routing import BaseConverter

from doitui.web.common import doi_states
from doitui.web.common.answers import answer_html, html_page
from doitui.web.dois.store import Store
from doitui_core.dois import tombstone_page
from doitui_core.dois.tombstone_page import Tombstone

_PREFIX = re.compile(r"10\.[\d.]+", re.ASCII)


class PrefixConverter(BaseConverter):
    """For routes: one segment that is a DOI prefix; everything else stays an unknown path."""

    def convert(self, value: str) -> str | None:
        """The prefix, or None when it is none."""
        return value if _PREFIX.fullmatch(value) else None


class ResolverResource:
    """`/{prefix}/{suffix}`, in any case and for everybody."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def on_get(self, _req: falcon.Request, resp: falcon.Response, prefix: str, suffix: str) -> None:
        """302 to the landing page of a registered or findable DOI; to the Handle system a draft is unknown: 404."""
        name = f"{prefix}/{suffix}"
        found = self._store.find(name)
        if found is not None and doi_states.is_public(found.state):
            resp.status = falcon.HTTP_302
            resp.location = found.attributes["url"]
        else:
            resp.status = falcon.HTTP_404
            answer_html(resp, html_page("DOI Not Found", f"{name} cannot be found in the DOI system."))

    on_head = on_get


class LandingPageResource:
    """`/landing/{name}`: a page for every name, usually a DOI."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response, name: str) -> None:
        """200 and a page that shows `name`."""
        answer_html(resp, html_page(name, "A landing page of the sandbox."))

    on_head = on_get


class TombstoneResource:
    """`/tombstones/{doi}`: what a repository would serve under `tombstone_page_base`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def on_get(self, _req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """The page of a hidden DOI, from its metadata; 404 for any other. DataCite stores no successor to link to."""
        found = self._store.find(doi)
        if found is None or found.state != doi_states.REGISTERED:
            resp.status = falcon.HTTP_404
            answer_html(resp, html_page("No tombstone", f"{doi} is not hidden."))
            return
        reason, since = str(found.attributes.get("reason") or ""), datetime.fromisoformat(found.updated)
        answer_html(resp, tombstone_page.render(Tombstone(found.uid, found.attributes, reason, "", since)))

    on_head = on_get

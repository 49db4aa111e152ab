"""MDS `/metadata`: XML in, XML out, hide (datacite-api.md 2).

A translator onto the same rules as `/dois`, as poodle is onto lupo, and with poodle's traps: every upload sends
`show`, which un-hides, and every deletion is an upsert, which may create.
"""

from __future__ import annotations

import re

import falcon

from doitui.web.common import bodies
from doitui.web.common.answers import answer_text
from doitui.web.common.refusals import refusal
from doitui.web.dois import doi_rules
from doitui.web.dois.doi_input import DoiInput
from doitui.web.dois.doi_xml import doi_as_xml
from doitui.web.dois.store_resource import StoreResource
from doitui.web.mds import mds_bodies
from doitui.web.mds.mds_refusals import UNKNOWN, require_account

_FORM = "application/x-www-form-urlencoded"
_PREFIX = re.compile(r"10\.\d{4,5}", re.ASCII)


@falcon.before(require_account)
class MdsMetadataResource(StoreResource):
    """`/metadata/{doi}`, and `/metadata` for the DOI in the XML."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and the XML, empty for a draft without metadata; 404 with one of two texts."""
        if not doi_rules.looks_like_doi(doi):
            raise refusal(404)
        resp.data = doi_as_xml(self.visible(req, doi, UNKNOWN)) or b""
        resp.content_type = falcon.MEDIA_XML

    on_head = on_get

    def on_put(self, req: falcon.Request, resp: falcon.Response, doi: str = "") -> None:
        """201, also for an update. `doi` may be a prefix, for a random suffix; it wins over the XML's."""
        xml = bodies.read(req).strip()
        name = self._name(doi, xml)
        req.context.doi = name.lower() or None
        _check_format(req, xml)
        request = DoiInput.from_mds("show", xml=xml or None)
        changed, _ = self._writer.update(req.context.rights, request, name, req.context.ignore_event)
        resp.status = falcon.HTTP_201
        resp.location = f"{req.prefix}/metadata/{changed.uid}"
        answer_text(resp, f"OK ({changed.doi})")

    on_post = on_post_root = on_put

    def on_delete(self, req: falcon.Request, resp: falcon.Response, doi: str) -> None:
        """200 and `OK`; an unknown DOI becomes an empty draft, with 201 and no text."""
        request = DoiInput.from_mds("hide", should_validate=False)
        _, created = self._writer.update(req.context.rights, request, doi, req.context.ignore_event)
        resp.status = falcon.HTTP_201 if created else falcon.HTTP_200
        answer_text(resp, "" if created else "OK")

    def _name(self, asked: str, xml: bytes) -> str:
        if _PREFIX.fullmatch(asked):
            return self._writer.random_name(asked)
        return asked if doi_rules.looks_like_doi(asked) else mds_bodies.identifier(xml) or ""


def _check_format(req: falcon.Request, xml: bytes) -> None:
    if (req.content_type or "").startswith(_FORM):
        raise refusal(415, f"Content type {_FORM} is not supported")
    if xml and not mds_bodies.is_datacite_xml(xml):
        raise refusal(415, "Metadata format not recognized")

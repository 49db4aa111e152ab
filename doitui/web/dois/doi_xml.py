"""XML in a request: the attributes in it, and the XML that is stored (datacite-api.md 1.3, 1.8)."""

from __future__ import annotations

import re
from typing import Any

from doitui.web.common.refusals import Invalid, Problem, problem_errors
from doitui.web.dois.doi_input import DoiInput, has_metadata, permitted
from doitui.web.dois.doi_record import Doi
from doitui_core.errors import UnreadableDocument

_IDENTIFIER = re.compile(r"(<(?:\w+:)?identifier\b[^>]*>)[^<]*(</)")
_OLD_KERNEL = re.compile(rb"http://datacite\.org/schema/kernel-[23]")


def xml_attributes(xml: bytes, uid: str) -> dict[str, Any]:
    """The metadata in `xml`, as attributes. Raises Invalid (source `xml`) for what cannot be read."""
    from doitui_core.metadata import from_xml  # lxml loads only where XML comes in

    if _OLD_KERNEL.search(xml):
        return {}  # stored as it is; the rules reject it once the DOI is to be public
    try:
        return permitted(from_xml.parse(xml))
    except UnreadableDocument as error:
        raise Invalid(problem_errors(uid, [Problem("xml", f"DOI {uid}: {error}")])) from None


def doi_as_xml(doi: Doi) -> bytes | None:
    """The XML of `doi`: as stored, else generated from the JSON; None when there is no metadata to generate it from."""
    if doi.xml is not None:
        return doi.xml.encode()
    if not has_metadata(doi.attributes):
        return None
    from doitui_core.metadata import to_xml  # lxml, as above

    return to_xml.render(doi.attributes, doi=doi.doi, joined=False)


def stored_xml(request: DoiInput, name: str, known: str | None) -> str | None:
    """The XML to store for the DOI `name`; None when it is to be generated from the JSON.

    XML alone is stored as sent, with the DOI of the request in upper case in its identifier. A metadata attribute or a
    schemaVersion in the request makes DataCite generate it anew.
    """
    if request.touches_metadata:
        return None
    if request.xml is None:
        return known
    if request.changes.get("schemaVersion"):
        return None
    return _IDENTIFIER.sub(rf"\g<1>{name}\g<2>", request.xml.decode("utf-8", "replace"), count=1)

"""Which answers of a site count, and which DOI an answer names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from doitui_middleware.spool_line import DOWNLOAD, VIEW

Headers = Iterable[tuple[str, str]]

#: 200 and 304: COUNTER CoP RD 10.1. A cached copy that is still good was looked at all the same. By the code, and by
#: the words that most sites send, which then need not be cut.
COUNTED = {"200": "200", "304": "304", "200 OK": "200", "304 Not Modified": "304"}

#: `Content-Range: bytes 0-499/1234` (RFC 9110, 14.4). A reader of PDF asks for many ranges of one download.
_FROM_THE_START = re.compile(r"\s*bytes\s+0-", re.IGNORECASE)

#: What browsers say when they fetch a page that nobody has asked for yet.
PREFETCH_HEADERS = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
_PREFETCHED = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)

#: RFC 8288: a target, and its parameters up to the next target. A `<` in a quoted string belongs to the parameters.
_LINK = re.compile(r'<([^<>]*)>((?:[^<"]|"[^"]*")*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)
_ANCHOR = re.compile(r";\s*anchor\s*=", re.IGNORECASE)
#: The resolvers of DOIs: doi.org, the Handle system's own, and DataCite's two for test DOIs.
_DOI_URL = re.compile(
    r"https?://(?:(?:dx\.|www\.)?doi\.org|hdl\.handle\.net|handle\.(?:test|stage)\.datacite\.org)/(10\.[^\s?#]+)",
    re.IGNORECASE,
)


def is_prefetch(environ: Mapping[str, Any]) -> bool:
    """Whether a browser only guesses that somebody will want the page."""
    if (  # one by one: nearly all requests end here, and a loop takes twice as long
        "HTTP_SEC_PURPOSE" in environ
        or "HTTP_PURPOSE" in environ
        or "HTTP_X_PURPOSE" in environ
        or "HTTP_X_MOZ" in environ
    ):
        return any(_PREFETCHED.search(environ.get(name, "")) for name in PREFETCH_HEADERS)
    return False


def is_first_part(status: str, headers: Headers) -> bool:
    """Whether it is a 206 that begins at byte 0: of the many parts of one download, the one that every download has."""
    return status.startswith("206") and any(
        name.lower() == "content-range" and _FROM_THE_START.match(value) for name, value in headers
    )


def cited(headers: Headers) -> tuple[str, str] | None:
    """(kind, DOI) of an answer that names its DOI by `Link: <https://doi.org/…>; rel="cite-as"` (RFC 8574), else None.

    Told apart from a landing page as in FAIR Signposting: content links to its page with `rel="collection"`.
    Links with an `anchor` speak of another resource. Of several DOIs the first is taken.
    """
    links = ""
    for name, value in headers:
        if len(name) == 4 and name.lower() == "link":  # the length first: most headers are something else
            links = f"{links},{value}"
    return _cited(links) if links and "cite-as" in links.lower() else None


def _cited(links: str) -> tuple[str, str] | None:
    doi, kind = None, VIEW
    for target, parameters in _LINK.findall(links):
        relations = _relations(parameters)
        if "collection" in relations:
            kind = DOWNLOAD
        if doi is None and "cite-as" in relations and (found := _DOI_URL.match(target)):
            doi = unquote(found[1])
    return (kind, doi) if doi else None


def _relations(parameters: str) -> list[str]:
    found = _REL.search(parameters)
    if not found or _ANCHOR.search(parameters):
        return []
    return (found[1] or found[2] or "").lower().split()

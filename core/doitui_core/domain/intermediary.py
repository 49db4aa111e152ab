"""Did the service itself answer, or something on the way to it? Pure.

DataCite's own errors are JSON with `errors[]` (datacite-api 1.9), MDS's are plain text (datacite-api 2). A firewall's
page, a gateway's `{"message": "Forbidden"}`, a proxy's 502 and a captive portal's login page are none of these: they
say nothing about the account, the DOI or the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer

#: The causes of an answer that is not the service's own.
FIREWALL, PROXY = "firewall", "proxy"

#: Whoever asks to wait means it: DataCite's own 429 comes from its firewall (datacite-api 1.9).
WAIT = frozenset({408, 425, 429})

#: The proxy wants credentials; a captive portal says 511 where it is honest (RFC 6585 6).
PROXY_REFUSES, PORTAL = 407, 511

#: A redirect that holds for good and stays on the host: the address in the settings is wrong, nothing is in the way.
MOVED = frozenset({301, 308})

_PAGE = re.compile(r"\s*<")

#: MDS answers these without a body (datacite-api 2; 410 and 412 by the Java MDS).
_WITHOUT_BODY = frozenset({400, 410, 412})

#: For these it has sentences, none of which is the name of the status.
_SENTENCES = frozenset({401, 403, 404})


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """Who should answer: its `name`, the setting that holds its address, and whether an error is in its `own` words."""

    name: str
    setting: str
    own: Callable[[Answer], bool]


def error_list(answer: Answer) -> bool:
    """DataCite's JSON: `{"errors": [{"title": …}]}`. A gateway's `errors` have no titles."""
    listed = answer.document.get("errors")
    return isinstance(listed, list) and any(isinstance(error, dict) and "title" in error for error in listed)


def report_errors(answer: Answer) -> bool:
    """The same, or what the store finds wrong with a report: `{"created_by": ["can't be blank"]}` (usage.md 1.1)."""
    found: dict[str, Any] = answer.document
    of_the_model = bool(found) and "errors" not in found and all(isinstance(value, list) for value in found.values())
    return error_list(answer) or (answer.status == 422 and of_the_model)


def mds_text(answer: Answer) -> bool:
    """MDS's words: plain text. No page, no JSON, and where MDS has a sentence of its own not just the name of the
    status, which is how servers in between answer in text ("Forbidden", "403 Forbidden").
    """
    text = answer.text.strip()
    if not text:
        return answer.status in _WITHOUT_BODY
    return not (is_page(answer) or _is_json(text) or (answer.status in _SENTENCES and _is_name(text, answer.status)))


DATACITE = ServiceProfile("DataCite", "datacite_url", error_list)
MDS = ServiceProfile("MDS", "mds_url", mds_text)
EVENTS = ServiceProfile("the Events API", "events_url", error_list)
REPORTS = ServiceProfile("the report store", "reports_url", report_errors)


def interferer(answer: Answer, service: ServiceProfile) -> str:
    """Who answered instead of `service`: FIREWALL or PROXY; empty for the service itself."""
    if answer.ok:
        return FIREWALL if is_page(answer) else ""
    if answer.status in WAIT or (answer.status == 503 and "retry-after" in answer.headers):
        return ""
    if 300 <= answer.status < 400:
        return "" if _moved(answer) else FIREWALL
    if answer.status == PROXY_REFUSES:
        return PROXY
    if service.own(answer):
        return ""
    return FIREWALL if 400 <= answer.status < 500 or answer.status == PORTAL else PROXY


def is_page(answer: Answer) -> bool:
    """Whether the body is HTML."""
    return "html" in answer.headers.get("content-type", "").lower() or _PAGE.match(answer.text) is not None


def _moved(answer: Answer) -> bool:
    location = answer.headers.get("location", "")
    try:
        return answer.status in MOVED and _host(urljoin(answer.url, location)) == _host(answer.url)
    except ValueError:
        return False


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_name(text: str, status: int) -> bool:
    """Whether it is the status, its name ("Forbidden"), or both."""
    return re.fullmatch(rf"({status}[\s:-]*)?({HTTPStatus(status).phrase})?[.!]?", text, re.IGNORECASE) is not None

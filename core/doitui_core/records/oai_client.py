"""ListRecords over OAI-PMH, page by page, with oaipmh-scythe. Requests, retries, limits and XML are ours: the library
repairs broken XML, which loses records silently, and has no limit for the size of a response.

Import this module only where a harvest begins: it needs the extra `harvest`.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import quote, urlencode, urljoin

from lxml import etree
from oaipmh_scythe import Scythe
from oaipmh_scythe.exceptions import BadResumptionToken, NoRecordsMatch
from oaipmh_scythe.iterator import OAIResponseIterator
from oaipmh_scythe.response import OAIResponse

from doitui_core.datacite import transport
from doitui_core.datacite.pace import Pace
from doitui_core.domain.answer import Answer, line
from doitui_core.errors import BadAnswer, BadInput, NotSent, RemoteFailed

log = logging.getLogger("doitui.wait")

NAMESPACE = "{http://www.openarchives.org/OAI/2.0/}"

#: Statuses after which the same request may succeed.
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})

#: What to do about an error of the protocol (OAI-PMH 2.0, section 3.6). The other codes concern other requests.
ADVICE = {
    "badArgument": "check --set and --from",
    "cannotDisseminateFormat": "try another --prefix",
    "noSetHierarchy": "leave out --set",
}

#: Control characters, which XML does not allow and titles copied from PDF files contain.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """How pages are requested. All times in seconds.

    `waits`: before each further attempt at a page. `longest_wait`: the most that a Retry-After is followed.
    `deadline`: for a whole response, of at most `largest` bytes.
    """

    waits: tuple[float, ...] = (2, 8, 30, 120)
    longest_wait: float = 600
    deadline: float = 180
    largest: int = transport.LARGEST_BODY
    pace: Callable[[str], None] = field(default_factory=lambda: Pace(calls=1))
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class OaiPage:
    """The records of one response, its time by the server's clock, and the token of the next page; empty on the
    last.
    """

    records: list[etree._Element]
    response_date: str
    token: str


class RejectedRequest(BadAnswer):
    """A response that another attempt would not change."""


class BusyServer(BadAnswer):
    """A response after which the same request may succeed, in `retry_after` seconds if the server says so."""

    def __init__(self, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Response(OAIResponse):
    """A response whose XML is parsed once, by us."""

    def __init__(self, root: etree._Element, query: dict[str, str]) -> None:
        super().__init__(None, query)  # type: ignore[arg-type] # only its `raw` would read the HTTP response
        self.root = root

    @property
    def xml(self) -> etree._Element:
        return self.root


class _Body(BytesIO):
    """The body of a response, up to `largest` bytes."""

    def __init__(self, largest: int) -> None:
        super().__init__()
        self._largest = largest

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(chunk) > self._largest:
            raise ValueError(f"it is larger than {self._largest} bytes")
        return super().write(chunk)


class OaiClient(Scythe):
    """Requests to one OAI-PMH server. Not for several threads."""

    def __init__(self, url: str, user_agent: str, policy: RequestPolicy) -> None:
        super().__init__(url)
        self._policy = policy
        self._session = transport.anonymous(user_agent)
        self._reached = False

    def pages(self, query: Mapping[str, str]) -> Iterator[OaiPage]:
        """The pages of a list, from the one that `query` asks for.

        Raises `NoRecordsMatch` and `BadResumptionToken` of the library, `BadInput` for a request that the server
        rejects, `RemoteFailed` where it cannot be reached or its response cannot be used.
        """
        found = OAIResponseIterator(self, dict(query))
        asked, before = query.get("resumptionToken", ""), ""
        for response in found:
            assert isinstance(response, _Response)
            token = ((found.resumption_token and found.resumption_token.token) or "").strip()
            records = response.root.findall(f"{NAMESPACE}ListRecords/{NAMESPACE}record")
            first = records[0].findtext(f"{NAMESPACE}header/{NAMESPACE}identifier", "") if records else ""
            if token and token == asked and first == before:
                raise RejectedRequest(f"{self.endpoint} answers the resumption token {token[:60]!r} with itself")
            yield OaiPage(records, _response_date(response.root), token)
            asked, before = token, first

    def harvest(self, query: dict[str, str]) -> OAIResponse:
        """The response to one request, after as many attempts as the policy has. The library calls it."""
        url = self._address(query)
        for wait in self._policy.waits:
            try:
                return self._attempt(url, query)
            except RejectedRequest:
                raise
            except RemoteFailed as error:
                if isinstance(error, NotSent) and not self._reached:
                    raise  # more likely a wrong address than an outage
                seconds = min(max(wait, getattr(error, "retry_after", 0)), self._policy.longest_wait)
                log.warning("%s; next attempt in %g s", error, seconds)
                self._policy.sleep(seconds)
        return self._attempt(url, query)

    def _address(self, query: Mapping[str, str]) -> str:
        joint = "&" if "?" in self.endpoint else "?"
        return f"{self.endpoint}{joint}{urlencode(query, quote_via=quote)}"

    def _attempt(self, url: str, query: dict[str, str]) -> OAIResponse:
        self._policy.pace(url)
        body = _Body(self._policy.largest)
        headers = {"Accept": "text/xml, application/xml"}
        answer = transport.exchange(
            self._session, "GET", url, deadline=self._policy.deadline, headers=headers, exact=False, into=body
        )
        self._reached = True
        root = parse(body.getvalue(), url) if answer.ok else _error_document(answer)
        _raise_protocol_error(root, url)
        if root.find(f"{NAMESPACE}ListRecords") is None:
            raise BadAnswer(f"{url} answers without a list of records")
        return _Response(root, query)


def parse(body: bytes, url: str) -> etree._Element:
    """The root of an OAI-PMH response, without entities or network. Raises `BadAnswer`."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(_CONTROL.sub(b" ", body), parser)
    except etree.XMLSyntaxError as error:
        raise BadAnswer(f"{url} answers with invalid XML: {line(error.msg)}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadAnswer(f"{url} answers with a document type (<!DOCTYPE ...>), which is not OAI-PMH")
    if root.tag != f"{NAMESPACE}OAI-PMH":
        raise BadAnswer(f"{url} answers with <{etree.QName(root).localname}>, not with OAI-PMH: check the address")
    return root


def _error_document(answer: Answer) -> etree._Element:
    """The OAI-PMH error that some servers send with an HTTP error. Raises `BadAnswer` for any other body."""
    try:
        root = parse(answer.text.encode(), answer.url)
    except BadAnswer:
        root = None
    if root is None or root.find(f"{NAMESPACE}error") is None:
        raise _http_error(answer)
    return root


def _http_error(answer: Answer) -> BadAnswer:
    location = answer.headers.get("location", "")
    if 300 <= answer.status < 400:
        target = line(urljoin(answer.url, location)).partition("?")[0]
        return RejectedRequest(f"{answer.url} redirects to {target}: use that address")
    message = f"{answer.url} answers HTTP {answer.status}: {answer.summary}"
    if answer.status not in TRANSIENT:
        return RejectedRequest(message)
    after = answer.headers.get("retry-after", "")
    return BusyServer(message, int(after) if after.isascii() and after.isdigit() else 0)


def _raise_protocol_error(root: etree._Element, url: str) -> None:
    error = root.find(f"{NAMESPACE}error")
    if error is None:
        return
    code, message = error.get("code", ""), line(error.text or "no reason given")
    if code == "noRecordsMatch":
        raise NoRecordsMatch(message)
    if code == "badResumptionToken":
        raise BadResumptionToken(message)
    if code in ADVICE:
        raise BadInput(f"{url} rejects the request: {message} ({code}): {ADVICE[code]}")
    raise RejectedRequest(f"{url} answers with an error: {message} ({line(code)})")


def _response_date(root: etree._Element) -> str:
    return line(root.findtext(f"{NAMESPACE}responseDate", ""))

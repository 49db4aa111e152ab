"""Reading a list of a JSON:API server page by page, without trusting its shape.

Only the cursor is taken from `links.next`: the rest of that address loses filters (datacite#2465), and nothing, above
all no password, is ever sent to another host because an answer says so. A list that could be read for ever, or only in
part, ends with `BadAnswer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from doitui_core.domain.answer import Answer
from doitui_core.domain.environments import HOSTS
from doitui_core.errors import BadAnswer, RemoteFailed

#: Where a list begins: what cannot be decoded means the first page (datacite-api 1.12).
FIRST = "1"

#: Ports that need not be written.
DEFAULT_PORTS = (80, 443)


def items(answer: Answer, url: str, what: str = "list", needed: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The members of `data`, each with a dict of `attributes`, of which those `needed` are texts.

    Raises `RemoteFailed` for an answer that is none to the question, `BadAnswer` for a list of another shape.
    """
    found = answer.document.get("data")
    if answer.status != 200 or not isinstance(found, list):
        raise RemoteFailed(f"{url} answered {answer.status}, which is no {what}: {answer.summary}")
    for at, item in enumerate(found, start=1):
        attributes = item.get("attributes") if isinstance(item, dict) else None
        if not isinstance(attributes, dict):
            raise bad(url, f"item {at} of a page has no attributes")
        for name in needed:
            if not isinstance(attributes.get(name), str) or not attributes[name]:
                raise bad(url, f"item {at} of a page has no {name}")
    return found


def total(answer: Answer, url: str, fewest: int) -> int:
    """How many there are in all; where the server does not say, as many as have come. Raises `BadAnswer`."""
    meta = answer.document.get("meta")
    number = meta.get("total") if isinstance(meta, dict) else None
    if number is None:
        return fewest
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**62:
        raise bad(url, f"meta.total is {str(number)[:40]!r}")
    return number


def bad(url: str, what: str) -> BadAnswer:
    """The error for an answer of a shape that its API does not have."""
    return BadAnswer(
        f"{url} sent an invalid response: {what}; check that this is the address of the API, or retry later"
    )


class Reading:
    """One reading of the list at `url`, by cursor."""

    def __init__(self, url: str, cursor: str = FIRST) -> None:
        self.cursor = cursor
        self._url = url
        self._asked = {cursor}
        self._pages: set[int] = set()

    def advance(self, answer: Answer, names: Sequence[str]) -> bool:
        """Move on to the page after the one that came with `names`; False at the end. Raises `BadAnswer`."""
        following = self._following(answer)
        if names:
            self._refuse_repeated(names)
        if not names or not following:
            return False
        if following in self._asked:
            raise bad(self._url, "its pages lead back to one that was read")
        self._asked.add(following)
        self.cursor = following
        return True

    def _refuse_repeated(self, names: Sequence[str]) -> None:
        page = hash(tuple(sorted(names)))
        if page in self._pages:
            raise bad(self._url, "a page came a second time")
        self._pages.add(page)

    def _following(self, answer: Answer) -> str:
        """The cursor of `links.next`; empty at the end."""
        links = answer.document.get("links")
        address = links.get("next") if isinstance(links, dict) else links
        if address in (None, ""):
            return ""
        if not isinstance(address, str):
            raise bad(self._url, f"links.next is {str(address)[:40]!r}")
        try:
            parts = urlsplit(address)
            elsewhere = bool(parts.netloc) and not same_host(address, self._url)
        except ValueError:
            raise bad(self._url, f"links.next is {address[:60]!r}") from None
        if elsewhere:
            raise bad(self._url, f"links.next leads to {parts.netloc[:60]}, where nothing is sent")
        return (parse_qs(parts.query).get("page[cursor]") or [""])[0]


def same_host(address: str, url: str) -> bool:
    """Whether both are of one server. DataCite's own names are right behind a gateway too."""
    return _server(address) == _server(url) or (urlsplit(address).hostname or "") in HOSTS


def _server(address: str) -> tuple[str, int | None]:
    parts = urlsplit(address)
    port = parts.port if parts.port not in DEFAULT_PORTS else None
    return (parts.hostname or "").lower(), port

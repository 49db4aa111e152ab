"""DataCite's REST API for DOIs: create, replace, read, delete a draft, list. One object serves all threads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from doitui_core import outcomes
from doitui_core.datacite.account import Account
from doitui_core.datacite.answer import Answer
from doitui_core.errors import CredentialsRefused, RemoteFailed
from doitui_core.own_words import DATACITE

MEDIA_TYPE = "application/vnd.api+json"

#: Without both, DataCite leaves out the identifiers of affiliations and publisher, and a PUT of what a GET gave
#: destroys them (lupo#764). The words must be lower case (lupo#1440).
WHOLE = "?affiliation=true&publisher=true"


class RestClient(Account):
    """One account at one server.

    Methods return the `Answer`, whatever its status; they raise `NotSent`, `NoAnswer` or `Misconfigured`.
    """

    #: The most DataCite gives on one page of a list.
    PAGE = 1000

    def create(self, attributes: Mapping[str, Any]) -> Answer:
        """POST: makes the DOI that `attributes` name, or is refused because it exists. Never overwrites."""
        return self._send("POST", f"/dois{WHOLE}", _envelope(attributes))

    def replace(self, doi: str, attributes: Mapping[str, Any]) -> Answer:
        """PUT: blocks that are there are replaced, absent ones kept. 201: the DOI was not there, and now it is."""
        return self._send("PUT", _path(doi) + WHOLE, _envelope(attributes))

    def get(self, doi: str) -> Answer:
        """The DOI from DataCite's database, not its lagging index. 404: absent, or hidden from this account.

        Raises `CredentialsRefused` when the account was not recognised: then a 404 would prove nothing; and
        `ForeignAnswer`.
        """
        answer = self._send("GET", _path(doi) + WHOLE)
        self._require_recognised(answer)
        return answer

    def delete_draft(self, doi: str) -> Answer:
        """204; 405 for anything that is not a draft; 404 when it is gone already."""
        return self._send("DELETE", _path(doi))

    def list(self, **filters: str) -> Iterator[dict[str, Any]]:
        """The attributes of every DOI that the search index finds (`prefix=`, `client_id=`, `state=` …), by cursor.

        Only the cursor is taken from `links.next`: the rest of that address loses filters (datacite#2465).
        Raises `RemoteFailed` for anything but 200.
        """
        cursor = "1"
        query = {name.replace("_", "-"): value for name, value in filters.items()}
        while cursor:
            asked = urlencode(
                {**query, "affiliation": "true", "publisher": "true", "page[size]": self.PAGE, "page[cursor]": cursor}
            )
            answer = self._listed(f"/dois?{asked}")
            found = answer.document["data"]
            yield from (item["attributes"] for item in found)
            following = _cursor(answer) if found else ""
            # The same one again would begin from the start for ever (datacite-api 1.12).
            cursor = following if following != cursor else ""

    def look(self) -> Answer:
        """What DataCite says to a harmless question, soon. Raises as `get`, but takes any answer."""
        url = f"{self.base_url}/dois?page[size]=0"
        return self.exchange("GET", url, {"Accept": MEDIA_TYPE}, None, self.look_deadline)

    def check_credentials(self) -> Answer:
        """The answer to a cheap question. Raises `CredentialsRefused` where the account is not known, else as `list`."""
        return self._listed("/dois?page[size]=0")

    def _listed(self, path: str) -> Answer:
        answer = self._send("GET", path)
        self._require_recognised(answer)
        if answer.status != 200 or not isinstance(answer.document.get("data"), list):
            raise RemoteFailed(f"{self.base_url}/dois answered {answer.status}, which is no list: {answer.summary}")
        return answer

    def _require_recognised(self, answer: Answer) -> None:
        """What an anonymous caller is told proves nothing. What a firewall or proxy says does not prove even that."""
        outcomes.require_own(answer, DATACITE)
        told = answer.status == 404 or (answer.ok and answer.document)
        if answer.status == 401 or (told and not answer.known_credentials):
            raise CredentialsRefused(
                f"{self.base_url} does not know account {self.account} with this password: check both, and whether they"
                " belong to this environment (test or production)"
            )

    def _send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {"Accept": MEDIA_TYPE} | ({"Content-Type": MEDIA_TYPE} if body is not None else {})
        url = self.base_url + path
        answer = self.exchange(method, url, headers, body)
        # An error page may show the request it is about.
        return answer if answer.ok and answer.document else replace(answer, text=self.masked(answer.text))


def _envelope(attributes: Mapping[str, Any]) -> bytes:
    return json.dumps({"data": {"type": "dois", "attributes": attributes}}, ensure_ascii=False).encode()


def _path(doi: str) -> str:
    return f"/dois/{quote(doi, safe='/')}"


def _cursor(answer: Answer) -> str:
    address = (answer.document.get("links") or {}).get("next") or ""
    return (parse_qs(urlsplit(address).query).get("page[cursor]") or [""])[0]

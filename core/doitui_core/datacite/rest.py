"""DataCite's REST API for DOIs: create, replace, read, delete a draft, list. One object serves all threads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from doitui_core.datacite import list_pages
from doitui_core.datacite.account import Account
from doitui_core.domain import doi_paths, outcomes
from doitui_core.domain.answer import Answer
from doitui_core.domain.intermediary import DATACITE
from doitui_core.domain.repository_account import KEY_PREFIX
from doitui_core.errors import CredentialsRefused

MEDIA_TYPE = "application/vnd.api+json"

#: Without both, DataCite leaves out the identifiers of affiliations and publisher, and a PUT of what a GET gave
#: destroys them (lupo#764). The words must be lower case (lupo#1440).
WHOLE = "?affiliation=true&publisher=true"

#: Longer bodies go out gzipped: DataCite lets 10 MiB through, and there are documents of 15 MB (lupo#712). Bytes.
PACKED_FROM = 1024 * 1024


class RestClient(Account):
    """One account at one server.

    Methods return the `Answer`, whatever its status; they raise `NotSent`, `NoAnswer` or `Misconfigured`, and
    `InvalidDoi` for a DOI that no request can name for sure: then nothing was sent.
    """

    #: The most DataCite gives on one page of a list.
    PAGE = 1000

    def create(self, attributes: Mapping[str, Any]) -> Answer:
        """POST: makes the DOI that `attributes` name, or is refused because it exists. Never overwrites."""
        if "doi" in attributes:
            doi_paths.escaped(str(attributes["doi"]))
        return self._send("POST", f"/dois{WHOLE}", _envelope(attributes))

    def replace(self, doi: str, attributes: Mapping[str, Any]) -> Answer:
        """PUT: blocks of `attributes` are replaced, others stay. 201: the DOI was not there, and now it is."""
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
        """The attributes of every DOI that the search index finds (`prefix=`, `client_id=`, `state=` …), by cursor;
        `doi` is among them.

        Raises `RemoteFailed` for anything but 200, `BadAnswer` for a list that is none.
        """
        url, more = f"{self.base_url}/dois", True
        reading = list_pages.Reading(url)
        while more:
            answer = self.list_page(reading.cursor, **filters)
            found = [item["attributes"] for item in list_pages.items(answer, url, needed=["doi"])]
            more = reading.advance(answer, [attributes["doi"] for attributes in found])
            yield from found

    def list_page(self, cursor: str, **filters: str) -> Answer:
        """The answer to one page of `list`, whatever its status. Raises as `get`."""
        query = {name.replace("_", "-"): value for name, value in filters.items()}
        query |= {"affiliation": "true", "publisher": "true", "page[size]": str(self.PAGE), "page[cursor]": cursor}
        answer = self._send("GET", f"/dois?{urlencode(query)}")
        self._require_recognised(answer)
        return answer

    def look(self) -> Answer:
        """What DataCite says to a harmless question, soon. Raises as `get`, but takes any answer."""
        return self.look_at(f"{self.base_url}/dois?page[size]=0", MEDIA_TYPE)

    def check_credentials(self) -> Answer:
        """The answer to a cheap question. Raises `CredentialsRefused` for an unknown account, else as `list`."""
        return self._listed("/dois?page[size]=0")

    def account_facts(self) -> Answer:
        """What DataCite says of our account (`domain.repository_account`), whatever the status."""
        return self._send("GET", f"/clients/{quote(self.account.lower(), safe='')}")

    def api_keys(self) -> Answer:
        """The API keys of our account; 403 for who comes with one."""
        return self._send("GET", "/credentials/api-keys")

    def _listed(self, path: str) -> Answer:
        answer = self._send("GET", path)
        self._require_recognised(answer)
        list_pages.items(answer, f"{self.base_url}/dois")
        return answer

    def _require_recognised(self, answer: Answer) -> None:
        """Raise `CredentialsRefused` for an answer to an anonymous caller, which proves nothing; `ForeignAnswer`."""
        outcomes.require_own(answer, DATACITE)
        about_us = answer.status == 404 or (answer.ok and answer.document)
        if answer.status == 401 or (about_us and not answer.known_credentials):
            raise CredentialsRefused(f"{self.base_url} rejects account {self.account} {self._advice}")

    @property
    def _advice(self) -> str:
        if self._password.startswith(KEY_PREFIX):
            return (
                "with this API key: it was revoked, belongs to another account, or to the other environment (test or"
                " production)"
            )
        return "with this password: check both, and whether they belong to this environment (test or production)"

    def _send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {"Accept": MEDIA_TYPE} | ({"Content-Type": MEDIA_TYPE} if body is not None else {})
        url = self.base_url + path
        if body is not None and len(body) > PACKED_FROM:
            body, headers = gzip.compress(body, mtime=0), headers | {"Content-Encoding": "gzip"}
        answer = self.exchange(method, url, headers, body)
        # An error page may show the request it is about.
        return answer if answer.ok and answer.document else replace(answer, text=self.masked(answer.text))


def _envelope(attributes: Mapping[str, Any]) -> bytes:
    return json.dumps({"data": {"type": "dois", "attributes": attributes}}, ensure_ascii=False).encode()


def _path(doi: str) -> str:
    """The slashes are escaped too, which DataCite takes: `/dois/10.5072/x/media/1` is a route of its own, to a file of
    `10.5072/x`.
    """
    return f"/dois/{doi_paths.escaped(doi, safe='')}"

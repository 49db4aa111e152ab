"""DataCite's MDS: metadata as XML, addresses as two lines of text. One object serves all threads.

It has no call that only creates and none that reads a state; what each does to a DOI is written in `mds_states`, what
its answers mean in `mds_outcomes`. From datacite-api 2 (poodle, and the Java MDS before it).
"""

from __future__ import annotations

import re
import threading
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote

import requests

from doitui_core import __version__, identifiers
from doitui_core.datacite import transport
from doitui_core.datacite.answer import Answer
from doitui_core.datacite.rest import MASK
from doitui_core.errors import BadInput, InvalidDoi
from doitui_core.mds_outcomes import readable
from doitui_core.mds_states import Call

XML = "application/xml;charset=UTF-8"
TEXT = "text/plain;charset=UTF-8"

_REQUESTS = {
    Call.PUT_METADATA: ("PUT", "metadata", XML),
    Call.PUT_URL: ("PUT", "doi", TEXT),
    Call.GET_METADATA: ("GET", "metadata", XML),
    Call.GET_URL: ("GET", "doi", TEXT),
    Call.DELETE_METADATA: ("DELETE", "metadata", TEXT),
    Call.DELETE_DOI: ("DELETE", "doi", TEXT),
}

#: MDS unescapes the values of its text bodies (poodle's doiable.rb): a `+` would come out as a space, `%20` too.
_ESCAPES = str.maketrans({"%": "%25", "+": "%2B"})


class MdsClient:
    """One account at one server; the same arguments as `RestClient`.

    Methods return the `Answer`, whatever its status; they raise `NotSent`, `NoAnswer` or `Misconfigured`, and before
    anything is sent `InvalidDoi` or `BadInput` for what would reach another DOI than the one that is meant.
    """

    def __init__(self, base_url: str, account: str, password: str, *, deadline: float, contact_email: str = "") -> None:
        self.base_url = base_url.rstrip("/")
        self.account = account
        self.deadline = deadline
        self._password = password
        self._user_agent = f"doitui/{__version__}" + (
            f" (mailto:{quote(contact_email, safe='@+')})" if contact_email else ""
        )
        self._local = threading.local()

    def put_metadata(self, doi: str, xml: bytes) -> Answer:
        """Make the DOI as a draft, or replace its metadata. Brings a hidden DOI back: never for a tombstone."""
        return self._send(Call.PUT_METADATA, doi, xml)

    def put_url(self, doi: str, url: str) -> Answer:
        """Set the address and publish, whatever the state was. Wants the metadata to be there."""
        if re.search(r"\s", url) or not url:
            raise BadInput(f"{url!r} cannot be an address at MDS: it must have no spaces or line breaks")
        lines = (f"doi={doi.translate(_ESCAPES)}", f"url={url.translate(_ESCAPES)}")
        return self._send(Call.PUT_URL, doi, "\n".join(lines).encode())

    def get_metadata(self, doi: str) -> Answer:
        """The XML; 404 when there is none, 410 from the Java MDS when it is deactivated."""
        return self._send(Call.GET_METADATA, doi)

    def get_url(self, doi: str) -> Answer:
        """The address as text; 204 when there is none or the Handle system does not show it yet."""
        return self._send(Call.GET_URL, doi)

    def delete_metadata(self, doi: str) -> Answer:
        """Hide a findable DOI. Only for one: of what is not there MDS makes a draft, what is hidden may come back."""
        return self._send(Call.DELETE_METADATA, doi)

    def delete_doi(self, doi: str) -> Answer:
        """Delete a draft; 405 for any other."""
        return self._send(Call.DELETE_DOI, doi)

    def _send(self, call: Call, doi: str, body: bytes | None = None) -> Answer:
        method, resource, media_type = _REQUESTS[call]
        headers = {"Accept": media_type.partition(";")[0]} | ({"Content-Type": media_type} if body is not None else {})
        url = f"{self.base_url}/{resource}/{_path(doi)}"
        answer = transport.exchange(self._session(), method, url, deadline=self.deadline, headers=headers, data=body)
        # An error page may show the request it is about.
        return answer if readable(answer, call) else replace(answer, text=self._masked(answer.text))

    def _masked(self, text: str) -> str:
        sent = b64encode(f"{self.account}:{self._password}".encode()).decode()
        return text.replace(sent, MASK).replace(self._password, MASK)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = transport.session(self._user_agent, self.account, self._password)
        session: requests.Session = self._local.session
        return session


def _path(doi: str) -> str:
    """The DOI in an address. `PUT /metadata/10.5072` makes a DOI of MDS's own choice, and clients shorten `/../`."""
    prefix, _, suffix = doi.partition("/")
    if not identifiers.PREFIX.fullmatch(prefix) or not suffix or {".", ".."} & set(suffix.split("/")):
        raise InvalidDoi(f"{doi!r} cannot be addressed at MDS: it must be 10.NNNN/suffix, without /./ and /../")
    return quote(doi, safe="/")

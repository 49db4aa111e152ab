"""DataCite's MDS: metadata as XML, addresses as two lines of text. One object serves all threads.

It has no call that only creates and none that reads a state; what each does to a DOI is written in `mds_states`, what
its answers mean in `mds_outcomes`. From datacite-api 2 (poodle, and the Java MDS before it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from doitui_core.datacite.account import Account
from doitui_core.datacite.mds_outcomes import readable
from doitui_core.datacite.mds_states import Call
from doitui_core.domain import doi_paths
from doitui_core.domain.answer import Answer
from doitui_core.errors import BadInput, InvalidDoi

XML = "application/xml;charset=UTF-8"
TEXT = "text/plain;charset=UTF-8"

_REQUESTS = {
    Call.PUT_METADATA: ("PUT", "metadata", XML),
    Call.PUT_URL: ("PUT", "doi", TEXT),
    Call.DELETE_METADATA: ("DELETE", "metadata", TEXT),
    Call.DELETE_DOI: ("DELETE", "doi", TEXT),
}

#: MDS unescapes the values of its text bodies (poodle's doiable.rb): a `+` would come out as a space, `%20` too.
_ESCAPES = str.maketrans({"%": "%25", "+": "%2B"})


@dataclass(frozen=True, slots=True)
class MdsRequest:
    """One call as it goes out. `body` is empty for a call that has none."""

    call: Call
    method: str
    url: str
    body: str


class MdsClient(Account):
    """One account at one server; the same arguments as `RestClient`."""

    def request(self, call: Call, doi: str, content: str = "") -> MdsRequest:
        """`call` for a DOI. `content`: the XML of PUT_METADATA, the address of PUT_URL, nothing for the others.

        Raises `InvalidDoi` or `BadInput` for what would reach another DOI than the one that is meant.
        """
        method, resource, _ = _REQUESTS[call]
        body = _lines(doi, content) if call is Call.PUT_URL else content
        return MdsRequest(call, method, f"{self.base_url}/{resource}/{doi_paths.escaped(doi)}", body)

    def send(self, request: MdsRequest) -> Answer:
        """The answer, whatever its status. Raises `NotSent`, `NoAnswer` or `Misconfigured`."""
        media_type = _REQUESTS[request.call][2]
        headers = {"Accept": media_type.partition(";")[0]} | ({"Content-Type": media_type} if request.body else {})
        answer = self.exchange(request.method, request.url, headers, request.body.encode() if request.body else None)
        # An error page may show the request it is about.
        return answer if readable(answer, request.call) else replace(answer, text=self.masked(answer.text))

    def look(self) -> Answer:
        """What MDS says to a harmless question, soon: where a DOI leads that nobody has. Raises as `send`."""
        return self.look_at(f"{self.base_url}/doi/10.5072/doitui-asks-whether-mds-answers", "text/plain")


def _lines(doi: str, url: str) -> str:
    if re.search(r"\s", url) or not url:
        raise BadInput(f"{url!r} cannot be an address at MDS: it must have no spaces or line breaks")
    if re.search(r"[\s\x00-\x1f]", doi):
        raise InvalidDoi(f"{doi!r} cannot be sent to MDS: it must have no spaces or line breaks")
    return f"doi={doi.translate(_ESCAPES)}\nurl={url.translate(_ESCAPES)}"

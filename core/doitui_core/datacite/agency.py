"""Which registration agency a DOI prefix belongs to: doi.org's "Which RA?" service, `GET {resolver}/ra/{prefix}`.

It answers `[{"DOI": "10.1038", "RA": "Crossref"}]`, or a `status` in place of the agency: "DOI does not exist",
"Invalid DOI", "Unknown" (DOI Handbook, Which RA? Service). No credentials go out.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from doitui_core.datacite import transport
from doitui_core.datacite.pace import PACE
from doitui_core.domain import strict_json
from doitui_core.domain.answer import Answer, line
from doitui_core.errors import BadAnswer, RemoteFailed
from doitui_core.text import user_agent


class AgencyClient:
    """One resolver. `deadline`: seconds for each question."""

    def __init__(self, base: str, *, deadline: float = 30, email: str = "", pace: Callable[[str], None] = PACE) -> None:
        self.base = base.rstrip("/")
        self._deadline = deadline
        self._pace = pace
        self._headers = {"User-Agent": user_agent(email), "Accept": "application/json"}
        self._session = transport.anonymous("doitui")

    def ask(self, prefix: str) -> str:
        """The agency of `prefix`, as the resolver writes it; empty where it names none.

        Raises `RemoteFailed`, `NotSent`, `NoAnswer`, or `BadAnswer` for an answer of another shape.
        """
        url = f"{self.base}/ra/{quote(prefix, safe='')}"
        self._pace(url)
        answer = transport.exchange(self._session, "GET", url, deadline=self._deadline, headers=self._headers)
        if answer.status == 404:
            return ""
        if answer.status != 200:
            raise RemoteFailed(f"{url} answered {answer.status}: {answer.summary}")
        return _agency(answer, url)


def _agency(answer: Answer, url: str) -> str:
    try:
        found = strict_json.loads(answer.text)
    except ValueError:
        found = None
    first = found[0] if isinstance(found, list) and found else None
    if isinstance(first, dict) and isinstance(first.get("RA"), str):
        return str(first["RA"]).strip()
    if isinstance(first, dict) and isinstance(first.get("status"), str):
        return ""
    raise BadAnswer(f"{url} answered no registration agency: {line(answer.text)[:200]}")

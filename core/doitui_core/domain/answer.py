"""What a DataCite server answered, read once, whatever it was: JSON, an HTML error page, or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from doitui_core import clock
from doitui_core.domain import strict_json
from doitui_core.domain.states import Remote
from doitui_core.errors import BadInput

#: A stored body is cut here, in characters (DESIGN: 64 kB of whatever was not 2xx).
LONGEST_BODY = 65_536

#: A line for people is cut here, in characters: the XSD's words about one document can fill pages.
LONGEST_LINE = 2000

#: The states a DOI can be in, as far as DataCite's documentation and events go.
STATES = frozenset({"draft", "registered", "findable"})


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body text of one response to a request for `url`."""

    status: int
    headers: Mapping[str, str]
    text: str = ""
    url: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @cached_property
    def document(self) -> dict[str, Any]:
        """The JSON object of the body; {} where there is none."""
        try:
            found = strict_json.tolerant_loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def attributes(self) -> dict[str, Any]:
        """`data.attributes` of a JSON:API document; {} where there are none."""
        return _dict(_dict(self.document.get("data")).get("attributes"))

    @property
    def dois(self) -> tuple[str, ...]:
        """The DOI that a JSON:API document is about, each time it is named."""
        named = _dict(self.document.get("data")).get("id"), self.attributes.get("doi")
        return tuple(str(name) for name in named if name)

    @property
    def owner(self) -> str:
        """The repository account the DOI belongs to, lower case; empty when the server does not say."""
        relationships = _dict(_dict(self.document.get("data")).get("relationships"))
        return str(_dict(_dict(relationships.get("client")).get("data")).get("id", "")).lower()

    @property
    def state(self) -> str:
        """The state DataCite says the DOI is in now: draft, registered, findable; empty when it does not say."""
        return str(self.attributes.get("state") or "")

    def time(self, name: str) -> datetime | None:
        """The attribute `name` (created, registered, updated) as a time; None where there is none."""
        try:
            return clock.parse(str(self.attributes.get(name) or ""))
        except BadInput:
            return None

    @property
    def remote(self) -> Remote:
        """The state of the DOI that was asked for, `NONE` where DataCite does not have it (404)."""
        return Remote(self.state) if self.status == 200 else Remote.NONE

    @property
    def unreadable(self) -> bool:
        """A success that should tell the DOI's state and does not (204 has no body by right)."""
        return self.ok and self.status != 204 and self.state not in STATES

    @property
    def stored_text(self) -> str:
        """What is stored of the body, for people to read: nothing of a success that could be read."""
        return "" if self.ok and not self.unreadable else self.text[:LONGEST_BODY].replace("\x00", "")

    @property
    def known_credentials(self) -> bool:
        """Whether the server took our credentials. Wrong ones do not fail on a public read (datacite-api 1.1, 1.4)."""
        return bool(self.headers.get("x-credential-username"))

    @cached_property
    def errors(self) -> list[tuple[str, str]]:
        """(source, title) of each error. The source is a plain word, not a JSON pointer; often there is none."""
        listed = self.document.get("errors")
        if not isinstance(listed, list):
            return []
        return [(str(e.get("source") or ""), str(e.get("title") or "")) for e in listed if isinstance(e, dict)]

    @property
    def summary(self) -> str:
        """The errors in one line; for a body that is no JSON its first words, without markup."""
        if self.errors:
            return line("; ".join(f"{source}: {title}" if source else title for source, title in self.errors))
        bare = line(re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", self.text[:LONGEST_BODY]))
        return bare[:200] or "no reason given"


def line(text: object) -> str:
    """Text of a server as one line of at most 2,000 characters that can be stored and shown anywhere."""
    plain = str(text)[:LONGEST_BODY].encode("utf-8", "replace").decode()
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", plain).split())[:LONGEST_LINE]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

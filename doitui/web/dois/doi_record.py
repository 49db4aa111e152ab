"""One DOI as the sandbox stores it. A record is never changed in place: a write makes a new one."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Any

from doitui.web.common import doi_states

_TO_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


@dataclass(frozen=True, slots=True)
class Doi:
    """`number` is the order of creation; times are ISO 8601 in UTC; `attributes` hold no blank values."""

    number: int
    doi: str  # upper case, as DataCite stores it (1.4)
    client: str  # lower case
    state: str
    attributes: dict[str, Any]
    created: str
    updated: str
    registered: str | None = None
    metadata_version: int = 0
    xml: str | None = None

    @property
    def uid(self) -> str:
        """The DOI as DataCite prints it: lower case."""
        return self.doi.lower()

    @property
    def prefix(self) -> str:
        """The part before the first slash."""
        return self.doi.partition("/")[0]

    @property
    def is_draft(self) -> bool:
        """Only a draft can be deleted and is never validated."""
        return self.state == doi_states.DRAFT


def stored_name(name: str) -> str:
    """`name` as DataCite stores it: A-Z for a-z and nothing else, or another DOI could answer to it (ß is no SS)."""
    return name.translate(_TO_UPPER)

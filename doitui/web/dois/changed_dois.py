"""DOIs whose metadata others may link to: those that became public, or changed, since their links were last made."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from doitui.web.common import doi_states
from doitui.web.dois.doi_record import Doi

# What links are made of. A change of anything else makes none (datacite-api.md 5, lupo `indexable.rb`).
_LINKING = ("relatedIdentifiers", "creators", "fundingReferences")


def changes_links(known: Doi | None, doi: Doi) -> bool:
    """Whether saving `doi` over `known` makes DataCite look for links: only a findable DOI has any."""
    if doi.state != doi_states.FINDABLE:
        return False
    if known is None or known.state != doi.state:
        return True
    return any(known.attributes.get(name) != doi.attributes.get(name) for name in _LINKING)


class ChangedDois:
    """The newest record of each such DOI, until it is taken. For every thread."""

    def __init__(self, dois: Iterable[Doi] = ()) -> None:
        self._lock = threading.Lock()
        self._dois = {doi.number: doi for doi in dois}

    def __contains__(self, number: object) -> bool:
        return number in self._dois

    def add(self, doi: Doi) -> None:
        """Note a change of `doi`."""
        with self._lock:
            self._dois[doi.number] = doi

    def take(self, most: int) -> list[Doi]:
        """Up to `most` DOIs, those waiting longest first; they are not among the changed ones any more."""
        with self._lock:
            numbers = list(self._dois)[:most]
            return [self._dois.pop(number) for number in numbers]

    def put_back(self, dois: Iterable[Doi]) -> None:
        """Return what was taken in vain; a newer record of the same DOI stays."""
        with self._lock:
            for doi in dois:
                self._dois.setdefault(doi.number, doi)

"""The ids of hits that do not count yet, so that people learn which: no record here, or no minted DOI."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from doitui_core.usage.counter import Reason

#: Reasons whose ids are remembered.
REASONS = frozenset({Reason.UNKNOWN_ID.value, Reason.NOT_MINTED.value})

#: Ids remembered for each reason: anybody may request any address of a site.
MOST = 1_000


@dataclass
class Unmatched:
    """`ids`: by reason, how many hits each id has."""

    ids: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, reason: str, key: str) -> None:
        """Remember the id of a hit, if `reason` is one of `REASONS`."""
        if reason in REASONS:
            found = self.ids.setdefault(reason, Counter())
            if key in found or len(found) < MOST:
                found[key] += 1

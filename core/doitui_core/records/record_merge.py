"""What a document says of a record, what a person decided, and what is stored: which of them counts. Pure.

What a document does not say stays as it is. What a person set stays too: a document that says something else is
reported, not followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Columns of a record that a document may fill and a person may set.
FIELDS = ("url", "owner_name", "owner_email", "published")

#: How they are called in a message.
LABELS = {
    "url": "landing page",
    "owner_name": "owner's name",
    "owner_email": "owner's address",
    "published": "publication state",
}

#: What is said, by column; what is not said is not in it.
Said = Mapping[str, str | bool]


@dataclass(frozen=True, slots=True)
class ProtectedField:
    """A value that a person set and that stays, although the document says something else."""

    field: str
    value: str | bool
    document: str | bool

    @property
    def message(self) -> str:
        stays = f"keeps its {LABELS[self.field]} {_shown(self.value)}, set by hand"
        return f"{stays}; the document says {_shown(self.document)}"


@dataclass(frozen=True, slots=True)
class Merged:
    """Columns to write, `set_by_hand` among them, and what a person set that the document does not agree with."""

    values: dict[str, Any]
    kept: tuple[ProtectedField, ...] = ()


def merge(stored: Mapping[str, Any], document: Said, decided: Said) -> Merged:
    """`stored`: the columns of the record as it is, empty for a new one. `decided`: what a person or a script says now:
    it counts, whatever the document says, and stays from then on. An empty text takes back what was set by hand.
    """
    by_hand = set(names(stored.get("set_by_hand", "")))
    values: dict[str, Any] = {}
    kept = []
    for name in FIELDS:
        said = document.get(name)
        if name in decided:
            taken_back = decided[name] == ""
            values[name] = (said or "") if taken_back else decided[name]
            (by_hand.discard if taken_back else by_hand.add)(name)
        elif said is None:
            continue
        elif name not in by_hand:
            values[name] = said
        elif said != stored[name]:
            kept.append(ProtectedField(name, stored[name], said))
    if by_hand or stored.get("set_by_hand"):
        values["set_by_hand"] = joined(by_hand)
    return Merged(values, tuple(kept))


def names(set_by_hand: str) -> list[str]:
    """The columns that a person set, as the column `set_by_hand` lists them."""
    return set_by_hand.split()


def joined(by_hand: set[str]) -> str:
    """As it is stored."""
    return " ".join(name for name in FIELDS if name in by_hand)


def with_hand(set_by_hand: str, name: str) -> str:
    """`set_by_hand` with one name more."""
    return joined({*names(set_by_hand), name})


def _shown(value: str | bool) -> str:
    if isinstance(value, bool):
        return "published" if value else "unpublished"
    return value or "(none)"

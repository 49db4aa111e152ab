"""Which value of a column counts: that of the document, that set by hand, or the stored one. Pure.

What a document does not contain stays as it is. What was set by hand stays too: if a document has another value, that
is reported, not stored.
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

#: Values by column; a column that is not in it has none.
Columns = Mapping[str, str | bool]


@dataclass(frozen=True, slots=True)
class ProtectedField:
    """A value set by hand that stays, although the document has another one."""

    field: str
    value: str | bool
    document: str | bool

    @property
    def message(self) -> str:
        """The rest of a sentence that begins with the record."""
        stays = f"keeps its {LABELS[self.field]} {_shown(self.value)}, set by hand"
        return f"{stays}; the document says {_shown(self.document)}"


@dataclass(frozen=True, slots=True)
class Merged:
    """Columns to write, `set_by_hand` among them, and the fields protected from the document."""

    columns: dict[str, Any]
    protected: tuple[ProtectedField, ...] = ()


def merge(stored: Mapping[str, Any], document: Columns, by_hand: Columns) -> Merged:
    """`stored`: the columns of the record, empty for a new one. `by_hand`: what a person or a script sets now: it
    counts, whatever the document has, and stays from then on. An empty text undoes what was set by hand.
    """
    set_by_hand = set(names(stored.get("set_by_hand", "")))
    columns: dict[str, Any] = {}
    protected = []
    for name in FIELDS:
        value = document.get(name)
        if name in by_hand:
            undone = by_hand[name] == ""
            columns[name] = (value or "") if undone else by_hand[name]
            (set_by_hand.discard if undone else set_by_hand.add)(name)
        elif value is None:
            continue
        elif name not in set_by_hand:
            columns[name] = value
        elif value != stored[name]:
            protected.append(ProtectedField(name, stored[name], value))
    if set_by_hand or stored.get("set_by_hand"):
        columns["set_by_hand"] = joined(set_by_hand)
    return Merged(columns, tuple(protected))


def names(set_by_hand: str) -> list[str]:
    """The names of columns in a value of `set_by_hand`."""
    return set_by_hand.split()


def joined(names: set[str]) -> str:
    """The value of `set_by_hand` for these columns."""
    return " ".join(name for name in FIELDS if name in names)


def with_hand(set_by_hand: str, name: str) -> str:
    """`set_by_hand` with one more column."""
    return joined({*names(set_by_hand), name})


def _shown(value: str | bool) -> str:
    if isinstance(value, bool):
        return "published" if value else "unpublished"
    return value or "(none)"

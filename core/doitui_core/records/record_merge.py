"""Which value of a column counts: that of the document, that set by hand, or the stored one. Pure.

What a document does not contain stays as it is. What was set by hand stays too: if a document has another value, that
is reported, and stored only by an import with `overwrite`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Columns of a record that a document may fill and a person may set.
FIELDS = ("url", "owner_name", "owner_email", "published", "auto_create")

#: The DOI of somebody else that a record has: a document names it, or a person assigned it.
FOREIGN_DOI = "foreign_doi"

#: How they are called in a message.
LABELS = {
    "url": "landing page",
    "owner_name": "owner's name",
    "owner_email": "owner's address",
    "published": "publication state",
    "auto_create": "auto_create",
    FOREIGN_DOI: "foreign DOI",
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
class OverwrittenField:
    """A value set by hand that an import with `overwrite` replaced with that of the document."""

    field: str
    value: str | bool
    document: str | bool

    @property
    def message(self) -> str:
        """The rest of a sentence that begins with the record."""
        was = f"had the {LABELS[self.field]} {_shown(self.value)}, set by hand"
        return f"{was}; it is now {_shown(self.document)}, as in the document"


@dataclass(frozen=True, slots=True)
class Merged:
    """Columns to write, `set_by_hand` among them; the fields protected from the document, and the overwritten ones."""

    columns: dict[str, Any]
    protected: tuple[ProtectedField, ...] = ()
    overwritten: tuple[OverwrittenField, ...] = ()


def merge(stored: Mapping[str, Any], document: Columns, by_hand: Columns, *, overwrite: bool = False) -> Merged:
    """`stored`: the columns of the record, empty for a new one. `by_hand`: what a person or a script sets now: it
    counts, whatever the document has, and stays from then on. An empty text undoes what was set by hand. `overwrite`:
    the document counts also where a person set another value, and does from then on.
    """
    set_by_hand = set(names(stored.get("set_by_hand", "")))
    columns: dict[str, Any] = {}
    protected, overwritten = [], []
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
        elif value != stored[name] and overwrite:
            columns[name] = value
            set_by_hand.discard(name)
            overwritten.append(OverwrittenField(name, stored[name], value))
        elif value != stored[name]:
            protected.append(ProtectedField(name, stored[name], value))
    if set_by_hand or stored.get("set_by_hand"):
        columns["set_by_hand"] = joined(set_by_hand)
    return Merged(columns, tuple(protected), tuple(overwritten))


def names(set_by_hand: str) -> list[str]:
    """The names of columns in a value of `set_by_hand`."""
    return set_by_hand.split()


def joined(names: set[str]) -> str:
    """The value of `set_by_hand` for these columns."""
    return " ".join(name for name in LABELS if name in names)


def with_hand(set_by_hand: str, name: str) -> str:
    """`set_by_hand` with one more column."""
    return joined({*names(set_by_hand), name})


def without_hand(set_by_hand: str, name: str) -> str:
    """`set_by_hand` without a column."""
    return joined({*names(set_by_hand)} - {name})


def _shown(value: str | bool) -> str:
    if isinstance(value, bool):
        return "published" if value else "unpublished"
    return value or "(none)"

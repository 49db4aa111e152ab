"""The life of a DOI at DataCite: which event leads from which state to which. Values in, values out.

Source: datacite-api.md 1.5 (lupo `app/models/doi.rb`, AASM with `whiny_transitions: false`).
"""

from __future__ import annotations

DRAFT, REGISTERED, FINDABLE = "draft", "registered", "findable"

# What is not in this table changes nothing and is no error: DataCite answers 200 or 201 and leaves the state alone.
_TRANSITIONS = {
    ("publish", DRAFT): FINDABLE,
    ("publish", REGISTERED): FINDABLE,
    ("register", DRAFT): REGISTERED,
    ("hide", FINDABLE): REGISTERED,
    ("show", REGISTERED): FINDABLE,
}


def after(state: str, event: object) -> str:
    """The state a DOI in `state` has once `event` came in; an illegal, unknown or absent event changes nothing."""
    return _TRANSITIONS.get((event, state), state) if isinstance(event, str) else state


def is_public(state: str) -> bool:
    """Whether a DOI in `state` is known to the Handle system; from then on it is checked and cannot be deleted."""
    return state in (REGISTERED, FINDABLE)

"""What people write for on and off, in settings and in the environment."""

from __future__ import annotations

ON = frozenset({"1", "true", "yes", "on"})
OFF = frozenset({"0", "false", "no", "off", ""})

WORDS = "use 1, true, yes or on; 0, false, no or off"


def parse(text: str) -> bool:
    """Whether `text` means on. Raises `ValueError` for any other word: a typing error must not mean off."""
    word = text.strip().lower()
    if word not in ON | OFF:
        raise ValueError(WORDS)
    return word in ON

"""What a report store does where Sashimi has faults: the sandbox has them too, a hub does not (usage.md 5.10)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StorePolicy:
    """`replaces`: a plain report posted again for a month replaces the stored one, else it is dropped silently.

    `keeps_duplicates`: a compressed part that was posted before is stored a second time.
    """

    forbidden: int  # status for a caller who is known and may not
    compressed: int | None  # status of an accepted compressed report, whose datasets are yet to be validated
    replaces: bool
    keeps_duplicates: bool


SASHIMI = StorePolicy(forbidden=401, compressed=None, replaces=False, keeps_duplicates=True)
HUB = StorePolicy(forbidden=403, compressed=202, replaces=True, keeps_duplicates=False)

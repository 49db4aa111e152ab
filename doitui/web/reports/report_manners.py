"""How a report store answers where Sashimi has faults: the sandbox has them too, a hub mends them (usage.md 5.10)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manners:
    """`replaces`: a plain report posted for a month that is there takes its place, else it is dropped without a word.

    `keeps_doubles`: a compressed part that was posted before is kept a second time.
    """

    forbidden: int  # status for a caller who is known and may not
    compressed: int | None  # status of an accepted compressed report, whose datasets are yet to be validated
    replaces: bool
    keeps_doubles: bool


SASHIMI = Manners(forbidden=401, compressed=None, replaces=False, keeps_doubles=True)
HUB = Manners(forbidden=403, compressed=202, replaces=True, keeps_doubles=False)

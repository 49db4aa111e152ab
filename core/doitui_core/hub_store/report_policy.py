"""What a report store does where Sashimi has faults: the sandbox has them too, a hub does not (usage.md 5.10)."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ReportPolicy:
    """The rules of one report store. `forbidden`: the status for a caller who is known and may not."""

    forbidden: int

    #: Reports that are compressed or large get 202 and are validated by `ReportValidator`; else all is done at once.
    background: bool

    #: A plain report posted again for a month replaces the stored one; else it is dropped silently.
    replaces: bool

    #: A compressed part that was posted before is stored a second time.
    keeps_duplicates: bool

    #: A report that is replaced with fewer counts, or deleted, takes the events of the others back.
    takes_back: bool

    #: Names at the top and in the header may be written with underscores.
    underscores: bool

    #: Reports are taken that existing clients send and DataCite's store takes, with warnings.
    lenient: bool = False


SASHIMI = ReportPolicy(
    forbidden=401, background=False, replaces=False, keeps_duplicates=True, takes_back=False, underscores=True
)
HUB = ReportPolicy(
    forbidden=403, background=True, replaces=True, keeps_duplicates=False, takes_back=True, underscores=False
)
LENIENT_HUB = replace(HUB, underscores=True, lenient=True)

"""Whose usage is counted and reported, and until when: one rule for hits, usage events and usage reports. Pure.

A DOI's usage counts while DataCite has it registered or findable and its record is published. It ends when a tombstone
is requested: from then on visitors see the tombstone page, which is no use of the dataset. What was counted before
stays: in the month's report, and in the totals of its events.
"""

from __future__ import annotations

from doitui_core.domain.states import MINTED, Wanted

#: Later than every hit, in microseconds since 1970.
NEVER = 2**63 - 1


def is_reported(wanted: str, remote: str, published: bool) -> bool:
    """Whether the counts of a DOI are reported. Deleting a record makes its DOI a tombstone and unpublishes it, so a
    tombstone's counts need no published record.
    """
    return remote in MINTED and (published or wanted == Wanted.TOMBSTONE)


def counts_until(wanted: str, tombstone_requested_at: int | None) -> int:
    """The time from which on hits of a reported DOI do not count, in microseconds since 1970; `NEVER` where they do.

    `tombstone_requested_at`: None if nobody knows, as of a tombstone that was adopted: then no hit counts.
    """
    return tombstone_requested_at or 0 if wanted == Wanted.TOMBSTONE else NEVER

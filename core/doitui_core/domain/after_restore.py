"""What is true of a DOI whose row comes from a backup, once DataCite has said what it has. Pure.

The row is as old as the backup; what was sent since is only known to DataCite. So nothing that the backup wants is sent
before DataCite was asked, and a DOI that was hidden since is a tombstone, whatever the backup wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from doitui_core.domain import states
from doitui_core.domain.states import Certainty, Facts, Remote, Wanted

#: How far DataCite's clock and ours may be apart.
SKEW = timedelta(minutes=10)

#: The reason of a tombstone that DataCite gives none for.
HIDDEN = "hidden at DataCite after the backup that was restored"


@dataclass(frozen=True, slots=True)
class RemoteDoi:
    """What DataCite has. `reason`: that of the last hiding; `created` and `updated`: None where it does not say."""

    state: Remote
    reason: str = ""
    created: datetime | None = None
    updated: datetime | None = None

    def created_since(self, backed_up_at: datetime) -> bool:
        """Whether it was made after the backup, so that the lost database may have made it."""
        return self.created is not None and self.created >= backed_up_at - SKEW

    def updated_since(self, backed_up_at: datetime) -> bool:
        """Whether it may have been written to after the backup. Counts of views do that too."""
        return self.updated is None or self.updated >= backed_up_at - SKEW


def is_hidden(facts: Facts, found: RemoteDoi) -> bool:
    """Whether the DOI became a tombstone after the backup. A DOI that is wanted findable is made findable by its first
    request: registered, and not known to be, it was hidden.
    """
    if found.state is not Remote.REGISTERED or facts.wanted in (Wanted.TOMBSTONE, Wanted.ABANDONED):
        return False
    was_findable = facts.remote is Remote.FINDABLE
    made_findable = facts.wanted is Wanted.FINDABLE and facts.remote in states.ABSENT
    return bool(found.reason) or was_findable or made_findable


def settled(facts: Facts, found: RemoteDoi) -> Facts:
    """`facts` of the backup after DataCite's answer. What nobody wanted is wanted if it is there."""
    if is_hidden(facts, found):
        return Facts(Wanted.TOMBSTONE, Remote.REGISTERED)
    new = states.answered(facts, found.state)
    return states.cancelled(new) if new.wanted is Wanted.NONE else new


def unchanged(facts: Facts) -> Facts:
    """`facts` of the backup, where what DataCite has is not ours: they hold."""
    return replace(facts, certainty=Certainty.CONFIRMED)

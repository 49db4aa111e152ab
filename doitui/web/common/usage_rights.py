"""Who may write events and usage reports: datacite-api.md 3.2 and 3.6 as one policy object, for sandbox and hub."""

from __future__ import annotations

from dataclasses import dataclass

STAFF = "staff_admin"
REPOSITORY = "client_admin"


@dataclass(frozen=True, slots=True)
class UsageRights:
    """What the caller may do. Without a `uid`: anonymous, also when the credentials were wrong.

    Reading is everybody's. Only DataCite's staff writes events; `events_granted` gives that to a caller who is not.
    """

    uid: str | None = None
    role: str | None = None
    events_granted: bool = False

    def may_write_events(self) -> bool:
        """Create, change and delete them."""
        return self.role == STAFF or self.events_granted

    def may_create_reports(self) -> bool:
        """A repository sends its own; a member never does."""
        return self.role in (STAFF, REPOSITORY)

    def may_change_report(self, owner: str) -> bool:
        """The repository `owner` its own, staff every one."""
        return self.role == STAFF or (self.role == REPOSITORY and self.uid == owner)

    def may_delete_reports(self) -> bool:
        """Staff only."""
        return self.role == STAFF

"""Who may do what: to DOIs (datacite-api.md 1.1, 1.10), and to events and usage reports (3.2, 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import falcon

from doitui.web.common import doi_states
from doitui.web.common.accounts import Account
from doitui.web.common.refusals import refusal

if TYPE_CHECKING:
    from doitui.web.dois.doi_record import Doi

STAFF = "staff_admin"
REPOSITORY = "client_admin"


@dataclass(frozen=True, slots=True)
class Rights:
    """What the caller may do to DOIs. Without an account: anonymous, also when the credentials were wrong.

    `by_key`: signed in with an API key.
    """

    account: Account | None
    by_key: bool = False

    def owns(self, client: str) -> bool:
        """Whether `client` is the caller's own repository, or one of the caller's as a member."""
        account = self.account
        return account is not None and (client == account.uid or client.startswith(account.uid + "."))

    def may_see(self, client: str, state: str) -> bool:
        """Findable DOIs are everybody's; the others are their owner's."""
        return state == doi_states.FINDABLE or self.owns(client)

    def may_create(self, prefix: str, client: str) -> bool:
        """A repository, for itself, under a prefix assigned to it."""
        account = self.account
        return self._writes() and account is not None and client == account.uid and prefix in account.prefixes

    def may_change(self, doi: Doi) -> bool:
        """The repository that owns it."""
        return self._writes() and self.account is not None and doi.client == self.account.uid

    def keys_of(self) -> str:
        """The repository whose API keys the caller may list. Raises 403 for one who came with a key himself, and for an
        account without keys; 401 for nobody.
        """
        if self.account is None or self.by_key or not self.account.is_repository:
            raise self.refused()
        return self.account.uid

    def refused(self) -> falcon.HTTPError:
        """The answer to a caller who may not: 403, or 401 for one without a valid account (1.9)."""
        return refusal(403 if self.account else 401)

    def _writes(self) -> bool:
        return self.account is not None and self.account.is_repository and self.account.active


@dataclass(frozen=True, slots=True)
class UsageRights:
    """What the caller may do to events and usage reports. Everybody may read them.

    Without a `uid`: anonymous, also when the credentials were wrong. Only DataCite's staff writes events;
    `events_granted` gives that right to another caller.
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

"""Who may do what to a DOI: the rows of datacite-api.md 1.1 and 1.10 as one policy object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import falcon

from doitui.web.common import doi_states
from doitui.web.common.accounts import Account
from doitui.web.common.refusals import refusal

if TYPE_CHECKING:
    from doitui.web.dois.doi_record import Doi


@dataclass(frozen=True, slots=True)
class Rights:
    """What the caller may do. Without an account: anonymous, also when the credentials were wrong."""

    account: Account | None

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

    def refused(self) -> falcon.HTTPError:
        """The answer to a caller who may not: 403, or 401 for one without a valid account (1.9)."""
        return refusal(403 if self.account else 401)

    def _writes(self) -> bool:
        return self.account is not None and self.account.is_repository and self.account.active

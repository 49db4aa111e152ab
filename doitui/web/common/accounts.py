"""Who may sign in to the sandbox: repositories, and members if a test wants one."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from doitui_core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Account:
    """One account. A name with a dot is a repository, one without is a member, which never creates DOIs (1.1)."""

    name: str
    password: str = field(repr=False)
    prefixes: frozenset[str] = frozenset()
    active: bool = True  # a deactivated repository may read but not write (1.1)
    staff: bool = False  # DataCite's own people write events and delete reports (3.2, 3.6)

    @property
    def uid(self) -> str:
        """The account's id in answers; names are case-insensitive."""
        return self.name.lower()

    @property
    def is_repository(self) -> bool:
        """Repositories carry a dot: `MEMBER.REPO`."""
        return "." in self.name


def parse_account(text: str, prefixes: Iterable[str]) -> Account:
    """`NAME:PASSWORD` with `prefixes`. Raises BadInput, which names the account but never the password."""
    name, colon, password = text.partition(":")
    if not (name and colon and password):
        raise BadInput(f"account {name!r} cannot be used: write NAME:PASSWORD")
    return Account(name, password, frozenset(prefixes))


class Accounts:
    """All accounts, found by name whatever its case."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_uid = {account.uid: account for account in accounts}

    def sign_in(self, name: str, password: str) -> Account | None:
        """The account, or None when the name is unknown or the password wrong: DataCite does not say which."""
        account = self._by_uid.get(name.lower())
        if account and hmac.compare_digest(account.password.encode(), password.encode()):
            return account
        return None

    def with_token(self, token: str) -> Account | None:
        """The account whose password `token` is: an API key is a password and a bearer token alike (1.1)."""
        sought = token.encode()
        matching = [one for one in self._by_uid.values() if hmac.compare_digest(one.password.encode(), sought)]
        return matching[0] if matching else None

    @property
    def prefixes(self) -> frozenset[str]:
        """The prefixes of all accounts."""
        return frozenset().union(*(account.prefixes for account in self._by_uid.values()))

    def knows(self, uid: str) -> bool:
        """Whether there is a repository `uid`."""
        account = self._by_uid.get(uid.lower())
        return account is not None and account.is_repository

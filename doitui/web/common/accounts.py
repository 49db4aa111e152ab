"""Who may sign in to the sandbox: repositories, and members if a test wants one."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from doitui.web.common.api_keys import ApiKeys
from doitui_core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Account:
    """One account. A name with a dot is a repository, one without is a member, which never creates DOIs (1.1)."""

    name: str
    password: str = field(repr=False)
    prefixes: frozenset[str] = frozenset()
    active: bool = True  # a deactivated repository may read but not write (1.1)
    staff: bool = False  # DataCite's own people write events and delete reports (3.2, 3.6)
    domains: str = "*"  # hosts of landing pages: a comma list, `*.x.org` for those below x.org, `*` for any (1.6)

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


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is calling, and whether by an API key, which may do everything but manage API keys (1.1)."""

    account: Account
    by_key: bool = False


class Accounts:
    """All accounts, found by name whatever its case, and their API keys."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_uid = {account.uid: account for account in accounts}
        self.keys = ApiKeys()

    def replace(self, account: Account) -> None:
        """Give the account of that name another password, other prefixes …, while the server runs."""
        self._by_uid[account.uid] = account

    def find(self, uid: str) -> Account | None:
        """The account of that name."""
        return self._by_uid.get(uid.lower())

    def sign_in(self, name: str, password: str) -> SignedIn | None:
        """Who it is, or None when the name is unknown or the password wrong: DataCite does not say which. An API key is
        a repository's password too, or its name alone.
        """
        if not password and (found := self._with_key(name)):
            return found
        account = self.find(name)
        if account is None:
            return None
        if hmac.compare_digest(account.password.encode(), password.encode()):
            return SignedIn(account)
        found = self._with_key(password)
        return found if found and found.account == account else None

    def with_token(self, token: str) -> SignedIn | None:
        """The account whose API key or, since the sandbox gives no tokens, whose password `token` is."""
        sought = token.encode()
        matching = [one for one in self._by_uid.values() if hmac.compare_digest(one.password.encode(), sought)]
        return SignedIn(matching[0]) if matching else self._with_key(token)

    def _with_key(self, secret: str) -> SignedIn | None:
        key = self.keys.used(secret)
        account = self.find(key.account) if key else None
        return SignedIn(account, by_key=True) if account else None

    @property
    def prefixes(self) -> frozenset[str]:
        """The prefixes of all accounts."""
        return frozenset().union(*(account.prefixes for account in self._by_uid.values()))

    def knows(self, uid: str) -> bool:
        """Whether there is a repository `uid`."""
        account = self.find(uid)
        return account is not None and account.is_repository

    def domains(self, uid: str) -> str:
        """Where landing pages of the repository `uid` may be."""
        account = self.find(uid)
        return account.domains if account else "*"

"""Who is calling: Basic or bearer, as lupo does it. Wrong credentials make a caller anonymous, no error (1.1, 1.4).

To events and reports `X-Authorization` counts too, as in Sashimi's README, and so does a token alone (usage.md 1.8).
"""

from __future__ import annotations

import base64
import binascii

import falcon

from doitui.web.common.accounts import Account, Accounts, SignedIn
from doitui.web.common.rights import REPOSITORY, STAFF, Rights, UsageRights


class SignIn:
    """Falcon middleware: puts `rights` and `usage_rights` into `req.context`, and in the headers who was recognised.

    With `events_writable` a repository may write events too, which at DataCite only its staff may.
    """

    def __init__(self, accounts: Accounts, events_writable: bool = False) -> None:
        self._accounts = accounts
        self._events_writable = events_writable

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Recognise the caller. Neither header is set when credentials came and were wrong."""
        header, sender = req.auth, req.get_header("X-Authorization") or req.auth
        found = self._signed_in(header) if header else None
        account = found.account if found else None
        reporter = self._reporter(sender) if sender else None
        req.context.rights = Rights(account, by_key=found is not None and found.by_key)
        req.context.usage_rights = self._usage_rights(reporter)
        if known := account or reporter:
            resp.set_header("X-Credential-Username", known.uid)
        elif not sender:
            resp.set_header("X-Anonymous-Consumer", "true")

    def _reporter(self, header: str) -> Account | None:
        found = self._signed_in(header) or self._accounts.with_token(header.strip())
        return found.account if found else None

    def _signed_in(self, header: str) -> SignedIn | None:
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() == "bearer":
            return self._accounts.with_token(credentials.strip())
        if scheme.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._accounts.sign_in(name, password)

    def _usage_rights(self, account: Account | None) -> UsageRights:
        if account is None:
            return UsageRights()
        if account.staff:
            return UsageRights(account.uid, STAFF)
        if account.is_repository and account.active:
            return UsageRights(account.uid, REPOSITORY, self._events_writable)
        return UsageRights(account.uid)

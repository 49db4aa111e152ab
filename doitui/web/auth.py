"""Basic authentication as lupo does it: wrong credentials make a caller anonymous, they are not an error (1.1, 1.4)."""

from __future__ import annotations

import base64
import binascii

import falcon

from doitui.web.accounts import Account, Accounts
from doitui.web.rights import Rights


class BasicAuth:
    """Falcon middleware: puts `Rights` into `req.context.rights` and says in the headers who was recognised."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Recognise the caller. Neither header is set when credentials came and were wrong."""
        header = req.auth
        account = self._account(header) if header else None
        req.context.rights = Rights(account)
        if account:
            resp.set_header("X-Credential-Username", account.uid)
        elif not header:
            resp.set_header("X-Anonymous-Consumer", "true")

    def _account(self, header: str) -> Account | None:
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._accounts.sign_in(name, password)

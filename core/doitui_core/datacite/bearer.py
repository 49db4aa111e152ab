"""An account that may have a token: what asks for events and usage reports takes it instead of a password."""

from __future__ import annotations

import re
from typing import Any

import requests

from doitui_core.datacite import transport
from doitui_core.datacite.account import Account
from doitui_core.errors import Misconfigured
from doitui_core.text import MASK

#: A bearer token (RFC 6750 2.1). Anything else would come back in the error of an HTTP library.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class BearerAccount(Account):
    """One account at one server: by `token` where there is one, else by account and password.

    The other arguments are those of `Account`. Raises `Misconfigured` for a token that cannot be one.
    """

    def __init__(self, base_url: str, account: str, password: str, *, token: str = "", **options: Any) -> None:
        super().__init__(base_url, account, password, **options)
        if token and not _TOKEN.fullmatch(token):
            raise Misconfigured(
                "datacite_api_token contains characters that no token has: set it again, without spaces"
            )
        self._token = token

    def masked(self, text: str) -> str:
        """`text` without token and password."""
        without = text.replace(self._token, MASK) if self._token else text
        return super().masked(without) if self._password else without

    def _session(self) -> requests.Session:
        if not self._token:
            return super()._session()
        if not hasattr(self._local, "session"):
            self._local.session = transport.anonymous(self._user_agent)
            self._local.session.auth = self._bearer
        session: requests.Session = self._local.session
        return session

    def _bearer(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

"""An account at a server of DataCite's: who we are on the wire, and what of it never comes out again."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import requests

from doitui_core.datacite import transport
from doitui_core.domain import environments
from doitui_core.domain.answer import Answer
from doitui_core.text import MASK, user_agent

#: Whoever only asks whether a service answers waits so long, in seconds.
LOOK_SECONDS = 10.0


class Account:
    """One account at one server, for all threads.

    `deadline`: seconds for a whole request. `contact_email` goes into the User-Agent, which gives a higher rate limit.
    Raises `Misconfigured` for an address that would get the credentials unencrypted.
    """

    def __init__(self, base_url: str, account: str, password: str, *, deadline: float, contact_email: str = "") -> None:
        environments.check_private(base_url)
        self.base_url = base_url.rstrip("/")
        self.account = account
        self.deadline = deadline
        self._password = password
        self._user_agent = user_agent(contact_email)
        self._local = threading.local()

    @property
    def look_deadline(self) -> float:
        """Seconds for a GET that only asks whether the service answers."""
        return min(self.deadline, LOOK_SECONDS)

    def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline: float | None = None,
        **options: Any,
    ) -> Answer:
        """One request; `options` as of `transport.exchange`. Raises `NotSent`, `NoAnswer` or `Misconfigured`."""
        options |= {"deadline": deadline or self.deadline, "headers": headers, "data": body}
        return transport.exchange(self._session(), method, url, **options)

    def look_at(self, url: str, media_type: str, **options: Any) -> Answer:
        """What the server says to a harmless GET, soon. Raises as `exchange`."""
        return self.exchange("GET", url, {"Accept": media_type}, deadline=self.look_deadline, **options)

    def masked(self, text: str) -> str:
        """`text` without the password, in whatever form a server may repeat it."""
        sent = b64encode(f"{self.account}:{self._password}".encode()).decode()
        return text.replace(sent, MASK).replace(self._password, MASK)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = transport.session(self._user_agent, self.account, self._password)
        session: requests.Session = self._local.session
        return session

"""What a worker has at hand for a service beside the one that writes DOIs: by a token, or by the account's password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from doitui_core import desk, outage_check
from doitui_core.datacite.answer import Answer
from doitui_core.own_words import Service
from doitui_core.queue import Policy
from doitui_core.repositories import Config


class Client(Protocol):
    """What every service can be asked."""

    def look(self) -> Answer:
        """Whether the server answers at all."""


C = TypeVar("C", bound=Client)


@dataclass(frozen=True)
class TokenDesk(Generic[C]):
    """One repository's. `upstream` is the name of the row that all users of its token or account share."""

    service: ClassVar[Service]

    config: Config
    client: C
    policy: Policy
    upstream: str

    def answers(self) -> bool:
        """Whether the service itself answers a GET that changes nothing."""
        return outage_check.answered(self.client.look, self.service)


def account(config: Config) -> dict[str, Any]:
    """How a client introduces itself, and how long it may take. Raises `Misconfigured` without token and account."""
    token = config.settings.secret("datacite_api_token")
    name, password = ("", "") if token else config.require_account()
    return {
        "account": name,
        "password": password,
        "token": token,
        # Half a lease for a whole request: whoever takes over an expired lease must not meet the first one sending.
        "deadline": desk.policy(config).lease.total_seconds() / 2,
        "contact_email": config.text("contact_email"),
    }

"""What a worker has at hand for a service beside the one that writes DOIs: by a token, or by the account's password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from doitui_core.config.repositories import Config
from doitui_core.domain.answer import Answer
from doitui_core.domain.intermediary import ServiceProfile
from doitui_core.queue import connection
from doitui_core.queue.jobs import Policy


class Client(Protocol):
    """What every service can be asked."""

    def look(self) -> Answer:
        """Whether the server answers at all."""


C = TypeVar("C", bound=Client)


@dataclass(frozen=True)
class TokenConnection(Generic[C]):
    """One repository's. `rate_limit` is the name of the row that all users of its token or account share."""

    service: ClassVar[ServiceProfile]

    config: Config
    client: C
    policy: Policy
    rate_limit: str

    def answers(self) -> bool:
        """Whether the service itself answers a GET that changes nothing."""
        return connection.answered(self.client.look, self.service)


def account(config: Config) -> dict[str, Any]:
    """How a client introduces itself, and how long it may take. Raises `Misconfigured` without token and account."""
    token = config.settings.secret("datacite_api_token")
    name, password = ("", "") if token else config.require_account()
    return {
        "account": name,
        "password": password,
        "token": token,
        # Half a lease for a whole request: whoever takes over an expired lease must not meet the first one sending.
        "deadline": connection.policy(config).lease.total_seconds() / 2,
        "contact_email": config.text("contact_email"),
    }

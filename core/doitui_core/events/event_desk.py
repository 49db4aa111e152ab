"""What a worker has at hand for the events of one repository: its settings, a client, and the rules for its jobs."""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core import desk, repositories, upstream
from doitui_core.datacite.events import EventsClient
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.jobs import Lane
from doitui_core.models import Repository
from doitui_core.queue import Policy
from doitui_core.repositories import Config


@dataclass(frozen=True, slots=True)
class EventDesk:
    """One repository's. `upstream` is the name of the row that all users of its token or account share."""

    config: Config
    client: EventsClient
    policy: Policy
    upstream: str

    @property
    def rate(self) -> float:
        return self.config.event_rate

    @property
    def url(self) -> str:
        return self.config.events_url

    def answers(self) -> bool:
        """Whether the server is there at all: any answer that is not a fault of its own."""
        try:
            return self.client.look().status < 500
        except (RemoteFailed, Misconfigured):
            return False


def of(repository: Repository) -> EventDesk:
    """Raises `Misconfigured` where the address, or both token and account, are missing or wrong."""
    config = repositories.config(repository)
    token = config.settings.secret("datacite_api_token")
    account, password = ("", "") if token else config.require_account()
    rules = desk.policy(config)
    client = EventsClient(
        config.events_url,
        account,
        password,
        token=token,
        # Half a lease for a whole request: whoever takes over an expired lease must not meet the first one sending.
        deadline=rules.lease.total_seconds() / 2,
        contact_email=config.text("contact_email"),
    )
    return EventDesk(config, client, rules, upstream.name(config, Lane.EVENTS))

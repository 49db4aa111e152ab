"""What a worker has at hand for the events of one repository: its settings, a client, and the rules for its jobs."""

from __future__ import annotations

from doitui_core import desk, repositories, token_desk, upstream
from doitui_core.datacite.events import EventsClient
from doitui_core.jobs import Lane
from doitui_core.models import Repository
from doitui_core.own_words import EVENTS
from doitui_core.token_desk import TokenDesk


class EventDesk(TokenDesk[EventsClient]):
    """One repository's."""

    service = EVENTS

    @property
    def rate(self) -> float:
        return self.config.event_rate

    @property
    def url(self) -> str:
        return self.config.events_url


def of(repository: Repository) -> EventDesk:
    """Raises `Misconfigured` where the address, or both token and account, are missing or wrong."""
    config = repositories.config(repository)
    client = EventsClient(config.events_url, **token_desk.account(config))
    return EventDesk(config, client, desk.policy(config), upstream.name(config, Lane.EVENTS))

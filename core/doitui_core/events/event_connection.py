"""What a worker has at hand for the events of one repository: its settings, a client, and the rules for its jobs."""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core.config import repositories
from doitui_core.datacite.events import EventsClient
from doitui_core.db.models import Repository
from doitui_core.domain.intermediary import EVENTS
from doitui_core.domain.job_kinds import Service
from doitui_core.queue import connection, rate_limit
from doitui_core.queue.connection import TokenConnection
from doitui_core.text import MASK


@dataclass(frozen=True)
class EventConnection(TokenConnection[EventsClient]):
    """One repository's. `source_token` as it is sent; `shown_token` as it may be stored: a secret's reference."""

    source_token: str
    shown_token: str

    service = EVENTS

    @property
    def rate(self) -> float:
        return self.config.event_rate

    @property
    def url(self) -> str:
        return self.config.events_url

    def masked(self, text: str) -> str:
        """`text` without password, token and, where it is a secret, source token."""
        without = self.client.masked(text)
        return without if self.source_token == self.shown_token else without.replace(self.source_token, MASK)


def for_repository(repository: Repository) -> EventConnection:
    """Raises `Misconfigured` where the address, a secret, or both token and account are missing or wrong."""
    config = repositories.config(repository)
    client = EventsClient(config.events_url, **connection.client_options(config))
    tokens = config.settings.secret("event_source_token"), config.text("event_source_token")
    return EventConnection(config, client, connection.policy(config), rate_limit.name(config, Service.EVENTS), *tokens)
